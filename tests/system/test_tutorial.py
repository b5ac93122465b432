"""The tutorial's commands, run in its order as they stand there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.printed_table import numbers, words
from tests.system.conftest import run_qmnmr

pytestmark = pytest.mark.nwchem

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
PAGE = TUTORIALS / "first-prediction.md"


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


@pytest.mark.slow
def test_the_tutorial_of_two_isomers_prints_its_tables(tmp_path, cores):
    text = (TUTORIALS / "which-structure.md").read_text(encoding="utf-8")
    (paragraph,) = re.findall(r"into a file `paper.txt`.*?```text\n(.*?)```", text, re.DOTALL)
    (tmp_path / "paper.txt").write_text(paragraph, encoding="utf-8")
    commands = re.findall(r"^\$ qmnmr (.*)$", text, re.MULTILINE)
    tables = re.findall(r"```text\n( +candidate.*?)```", text, re.DOTALL)
    assert len(commands) == len(tables) == 2
    for command, table in zip(commands, tables, strict=True):
        done = run_qmnmr(*shlex.split(command), folder=tmp_path, QMNMR_ENGINE="pyscf", QMNMR_CORES=str(cores))
        assert done.code == 0, f"{command}\n{done.stderr}"
        printed = done.stdout.partition("\n\n")[0]
        assert words(printed) == words(table)
        assert numbers(printed) == pytest.approx(numbers(table), abs=1.0)
