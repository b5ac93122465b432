"""The Python page's examples, run in its order as they stand there."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import qmnmr

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "python.md").read_text(encoding="utf-8")


def test_the_examples_of_the_python_page_work_and_print_what_it_shows(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", PAGE, re.DOTALL)
    assert len(examples) >= 5
    names: dict[str, object] = {}
    for code, shown in examples:
        exec(compile(code, "python.md", "exec"), names)  # noqa: S102
        printed = capsys.readouterr().out
        assert not shown or printed == shown
    assert {p.name for p in tmp_path.iterdir()} == {"run", "warm"}


@pytest.mark.parametrize("name", list(inspect.signature(qmnmr.predict).parameters))
def test_the_python_page_names_every_argument(name):
    assert f"\n| `{name}` |" in PAGE
