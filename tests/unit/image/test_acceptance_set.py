"""The words of the acceptance set; that it computes is shown in tests/system/test_image.py."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import qmnmr
from qmnmr.cli.command_tree import command_paths
from qmnmr.cli.main import cli
from qmnmr.datatypes.molecule import Geometry
from qmnmr.image import acceptance_programs as programs
from qmnmr.image import acceptance_set
from qmnmr.image.acceptance_programs import alkane_xyz
from qmnmr.image.acceptance_set import CheckResult, State, run_acceptance, summary
from qmnmr.programs.installation import Installation, read_installation

PACKAGE = Path(qmnmr.__file__).parent
GOOD = CheckResult(name="water", state=State.PASSED, detail="")
BAD = CheckResult(name="drawing", state=State.FAILED, detail="")
ABSENT = CheckResult(name="CREST", state=State.LEFT_OUT, detail="")


def test_the_closing_line_counts_and_names() -> None:
    assert summary([GOOD, GOOD]) == "acceptance: 2 of 2 checks passed"
    assert summary([GOOD, ABSENT]) == "acceptance: 1 of 2 checks passed, left out: CREST"
    assert summary([GOOD, BAD, ABSENT]) == "acceptance: 1 of 3 checks passed, FAILED: drawing, left out: CREST"


def test_a_check_that_can_not_be_done_is_a_failed_one(tmp_path: Path, monkeypatch) -> None:
    def broken(_: Path, __: Installation) -> CheckResult:
        raise OSError("disk on fire")

    monkeypatch.setattr(acceptance_set, "_CHECKS", (("disk", broken),))
    first = next(run_acceptance(tmp_path))
    assert first == CheckResult(name="disk", state=State.FAILED, detail="OSError: disk on fire")


def only_the_command_line(scratch_root: Path, monkeypatch: pytest.MonkeyPatch) -> CheckResult:
    monkeypatch.setattr(acceptance_set, "_CHECKS", acceptance_set._CHECKS[-1:])
    (found,) = run_acceptance(scratch_root)
    assert found.name == "command line"
    return found


def test_every_commands_help_and_a_dry_submission_belong_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = only_the_command_line(tmp_path, monkeypatch)
    commands = 1 + len(list(command_paths(cli)))
    assert found.state is State.PASSED
    assert found.detail == f"{commands} commands tell their help, a dry submission writes a job script of 2 tasks"


@pytest.mark.parametrize(
    ("module", "edit", "words"),
    [
        ("commands/parse.py", ("command(", "command(add_help_option=False, "), "after qmnmr render no .*UsageRefusal"),
        ("commands/image.py", ("def verify(*, sif", "def verify(*, no sif"), "after qmnmr site show no .*SyntaxError"),
        ("main.py", ("import click", "import no_click as click"), "qmnmr --help ended with 1: .*no_click"),
    ],
)
def test_a_broken_help_fails_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, edit: tuple[str, str], words: str
) -> None:
    shutil.copytree(PACKAGE, tmp_path / "qmnmr", ignore=shutil.ignore_patterns("__pycache__"))
    path = tmp_path / "qmnmr" / "cli" / module
    text = path.read_text(encoding="utf-8")
    assert edit[0] in text
    path.write_text(text.replace(*edit), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = only_the_command_line(tmp_path, monkeypatch)
    assert found.state is State.FAILED
    assert re.search(words, found.detail)


def test_the_large_molecule_has_62_sound_atoms() -> None:
    rows = [line.split() for line in alkane_xyz(20).splitlines()[2:]]
    geometry = Geometry(
        symbols=tuple(r[0] for r in rows),
        coordinates_angstrom=tuple((float(r[1]), float(r[2]), float(r[3])) for r in rows),
    )
    assert (geometry.symbols.count("C"), geometry.symbols.count("H")) == (20, 42)
    points = geometry.coordinates_angstrom
    nearest = [
        min(sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) for q in points if q is not p) ** 0.5 for p in points
    ]
    assert all(1.05 < distance < 1.12 for distance in nearest)


def test_outside_of_an_image_there_are_no_labels(tmp_path: Path) -> None:
    assert read_installation(tmp_path / "none.json") == Installation(is_image=False)


def test_inside_of_an_image_its_labels_are_read(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_text('{"qmnmr.recipe": "debian"}')
    assert read_installation(path).label("qmnmr.recipe") == "debian"


@pytest.mark.nwchem
def test_nwchem_reads_the_basis_sets_of_all_protocols(tmp_path):
    names = programs.basis_set_names()
    assert "6-31+G**" in names
    assert programs.basis_set_problem(tmp_path, names) == ""
    assert "bas_tag_lib" in programs.basis_set_problem(tmp_path, ["6-31+g(d,p)"])
