"""The examples of the pages on Python and notebooks, run in their order as they stand there."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import qmnmr

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PAGE = (HOW_TO / "python.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("page", "left"), [("python.md", {"run", "warm"}), ("notebooks.md", {"small", "carbon.png"})])
def test_the_examples_of_a_page_work_and_print_what_it_shows(tmp_path, monkeypatch, capsys, page, left):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    text = (HOW_TO / page).read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", text, re.DOTALL)
    assert len(examples) >= 4
    names: dict[str, object] = {}
    for code, shown in examples:
        exec(compile(code, page, "exec"), names)  # noqa: S102
        printed = capsys.readouterr().out
        assert not shown or printed == shown
    assert {p.name for p in tmp_path.iterdir()} - {"config"} == left  # matplotlib keeps its settings there


@pytest.mark.parametrize("name", list(inspect.signature(qmnmr.predict).parameters))
def test_the_python_page_names_every_argument(name):
    assert f"\n| `{name}` |" in PAGE
