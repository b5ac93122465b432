"""`make demo`: its command, with no other program than Python, prints the table of the README."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.support.printed_table import numbers, words
from tests.system.conftest import run_qmnmr

ROOT = Path(__file__).parents[2]


def test_the_demo_needs_no_program_and_prints_the_table_of_the_readme(tmp_path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    command = re.search(r"^demo:.*\n\t\$\(BIN\)/qmnmr (.*)$", makefile, re.MULTILINE)
    table = re.search(r"```text\n(CCO.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert command
    assert table
    done = run_qmnmr(*shlex.split(command[1]), "--cores", "1", folder=tmp_path, PATH="/nowhere")
    assert done.code == 0, done.stderr
    assert "engine pyscf" in done.stderr
    assert "to open in a browser: demo-run/report.html" in done.stderr
    assert "<h1>CCO" in (tmp_path / "demo-run" / "report.html").read_text(encoding="utf-8")
    shifts = re.split(r"\n  (?:note|step) ", done.stdout)[0]
    assert words(shifts) == words(table[1])
    assert numbers(shifts) == pytest.approx(numbers(table[1]), abs=0.0101)
