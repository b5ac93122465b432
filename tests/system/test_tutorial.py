"""The tutorial's commands, run in its order as they stand there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.printed_table import numbers, words
from tests.system.conftest import run_qmnmr

pytestmark = pytest.mark.nwchem

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "first-prediction.md"


def test_the_first_prediction_tutorial_works_and_shows_what_it_prints(tmp_path, cores):
    """With the engine that is taken where none is named."""
    text = PAGE.read_text(encoding="utf-8")
    for name, content in re.findall(r"Write a file `([^`]+)`.*?```text\n(.*?)```", text, re.DOTALL):
        (tmp_path / name).write_text(content, encoding="utf-8")
    commands = re.findall(r"^\$ qmnmr (.*)$", text, re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        done = run_qmnmr(*shlex.split(command), folder=tmp_path, QMNMR_ENGINE="auto", QMNMR_CORES=str(cores))
        assert done.code == 0, f"{command}\n{done.stderr}"
        if command.startswith("predict CCO") and "nothing to compute" not in done.stderr:
            table = re.search(r"```text\n(CCO.*?)```", text, re.DOTALL)
            assert table
            shifts, _, funnel = done.stdout.partition("\n  step ")
            assert words(shifts) == words(table[1])
            assert numbers(shifts) == pytest.approx(numbers(table[1]), abs=0.05)
            assert "\n  optimization " in funnel
