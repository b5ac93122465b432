"""A run that is killed goes on where it was."""

from __future__ import annotations

import os
import signal
import time
import zipfile
from pathlib import Path

import pytest

from tests.system.conftest import run_qmnmr, start_qmnmr

pytestmark = pytest.mark.nwchem

MOLECULES = "O water\nC methane\nN ammonia\n"


def _arguments(out: str) -> list[str]:
    return ["predict", "three.smi", "--out", out, "--cores", "1", "--solvent", "gas"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[Path, dict]:
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "three.smi").write_text(MOLECULES, encoding="utf-8")
    done = run_qmnmr(*_arguments("run"), "--json", folder=folder)
    assert done.code == 0, done.stderr
    return folder, done.molecules


def _wait_for(condition, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come so far"
        time.sleep(0.1)


def test_kill_9_in_the_middle_then_the_same_command_gives_the_same_numbers(tmp_path, undisturbed):
    _, expected = undisturbed
    (tmp_path / "three.smi").write_text(MOLECULES, encoding="utf-8")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = start_qmnmr(_arguments("run"), folder=tmp_path, SCRATCH_DIR=str(scratch))
    methane = tmp_path / "run" / "molecules" / "methane"
    finished = methane / "calculations" / "c001-optimization" / "result.json"
    _wait_for(finished.exists, seconds=300)
    _wait_for(lambda: any(scratch.glob("qmnmr-*/c001-shielding-*/calc.db")), seconds=60)
    process.kill()
    process.communicate()
    record = finished.read_bytes()
    assert any(scratch.iterdir()), "a killed process cleans nothing"

    again = run_qmnmr(*_arguments("run"), "--json", folder=tmp_path, SCRATCH_DIR=str(scratch))

    assert again.code == 0, again.stderr
    assert _numbers(again.molecules) == pytest.approx(_numbers(expected), abs=1e-3)
    with zipfile.ZipFile(methane / "calculations.zip") as archive:
        assert archive.read("c001-optimization/result.json") == record, "a finished calculation was repeated"
    assert not any(scratch.iterdir()), "the killed run's leftovers are swept, the run's own scratch is gone"
    assert not _processes_in(scratch)


def test_an_interrupt_ends_the_programs_cleans_scratch_and_says_how_to_go_on(tmp_path):
    (tmp_path / "three.smi").write_text(MOLECULES, encoding="utf-8")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = start_qmnmr(_arguments("run"), folder=tmp_path, SCRATCH_DIR=str(scratch))
    _wait_for(lambda: any(scratch.glob("qmnmr-*/*/calc.db")), seconds=120)
    os.kill(process.pid, signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert "the same command continues from there" in stderr
    assert "Traceback" not in stderr
    assert not any(scratch.iterdir())
    assert not _processes_in(scratch)


def _processes_in(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink().is_relative_to(folder):
                found.append((entry / "comm").read_text())
        except OSError:
            continue
    return found


def _numbers(molecules: dict) -> list[float]:
    return [row["shielding_ppm"] for m in molecules.values() for row in m["shifts"]]


def test_a_molecule_that_fails_is_named_and_does_not_stop_the_others(tmp_path):
    # H-F and BH3 are drawn as bound; without a solvent they are a loose complex, 2 Å apart.
    (tmp_path / "two.smi").write_text("[FH+][BH3-] complex\nO water\n", encoding="utf-8")
    words = ("--engine", "pyscf", "--cores", "1", "--solvent", "gas")
    done = run_qmnmr("predict", "two.smi", "--out", "run", *words, "--json", folder=tmp_path)
    assert done.code == 6
    assert "1 of 2 molecules have no result: complex" in done.stderr
    assert [m["status"] for m in done.molecules.values()] == ["failed", "completed"]
    assert "bond F1–B2 is broken" in done.molecules["complex"]["message"]
    assert done.molecules["complex"]["shifts"] == []
    assert done.molecules["water"]["shifts"]
    record = (tmp_path / "run/molecules/complex/prediction.json").read_text(encoding="utf-8")
    assert '"failure": "structure_changed"' in record
