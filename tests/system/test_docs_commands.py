"""What the documentation shows is what happens: console blocks that their page marks as run, in its order."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from qmnmr.datatypes.protocol import DEFAULT_PROTOCOL
from qmnmr.runs.request import AUTO
from tests.support.console_blocks import PAGES, ROOT, ConsoleBlock, console_blocks, files_to_write
from tests.support.printed_table import numbers, words
from tests.system.conftest import run_qmnmr

MARKS = {
    "docs/tutorials/first-prediction.md": [pytest.mark.nwchem],  # of `doctor --run`
    "docs/tutorials/which-structure.md": [pytest.mark.slow],
}
TOLERANCES = {"docs/tutorials/which-structure.md": 1.0}  # per cent, of probabilities
AS_INSTALLED = {"QMNMR_ENGINE": AUTO, "QMNMR_PROTOCOL": DEFAULT_PROTOCOL}
RUN = [page for page in PAGES if any(block.is_run for block in console_blocks(page))]


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", [pytest.param(p, marks=MARKS.get(_name(p), []), id=_name(p)) for p in RUN])
def test_the_commands_of_a_page_work_and_print_what_it_shows(page, tmp_path, cores):
    """With the engine and the protocol that are taken where none is named."""
    for name, content in files_to_write(page).items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    for block in console_blocks(page):
        if not block.is_run:
            continue
        for command in block.commands:
            _, *arguments = shlex.split(command)
            done = run_qmnmr(*arguments, folder=tmp_path, **AS_INSTALLED, QMNMR_CORES=str(cores))
            assert done.code == 0, f"{block}: {command}\n{done.stderr}"
        _compare(block, done.stdout, tolerance=TOLERANCES.get(_name(page), 0.05))


def _compare(block: ConsoleBlock, printed: str, *, tolerance: float) -> None:
    """The lines that a page shows are there, one after the other."""
    shown, lines = block.shown.splitlines(), printed.splitlines()
    if not shown:
        return
    starts = [number for number, line in enumerate(lines) if words(line) == words(shown[0])]
    assert starts, f"{block}: nothing printed begins with {shown[0]!r}\n{printed}"
    found = "\n".join(lines[starts[0] : starts[0] + len(shown)])
    assert words(found) == words(block.shown), f"{block}\n{found}"
    assert numbers(found) == pytest.approx(numbers(block.shown), abs=tolerance), f"{block}\n{found}"
