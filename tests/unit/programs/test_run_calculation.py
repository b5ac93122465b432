"""Restarts and blame of one calculation, with a shell script as the quantum-chemistry program."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from qmnmr.datatypes.calculation import (
    Calculation,
    CalculationFailure,
    CalculationKind,
    CalculationResult,
    FailureKind,
)
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.facts import Allotment
from qmnmr.errors import InterruptedRunError
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Outcome, RestartSet, Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from tests.support.shell_engine import ShellEngine

HERE = Geometry(symbols=("H",), coordinates_angstrom=((0.0, 0.0, 0.0),))
THERE = Geometry(symbols=("H",), coordinates_angstrom=((0.0, 0.0, 1.0),))
CALCULATION = Calculation(
    label="c001-optimization",
    kind=CalculationKind.OPTIMIZATION,
    geometry=HERE,
    charge=0,
    multiplicity=1,
    level=LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=None),
)


class RestartableShell(ShellEngine):
    """Runs one script from the beginning and another one on a restart."""

    restart_files = ("orbitals",)

    def __init__(self, *, plain: str, restart: str = "cat orbitals", is_kept_while_running: bool = False) -> None:
        super().__init__(plain, failure=FailureKind.RESTART_FILES)
        self.restart, self.is_kept_while_running = restart, is_kept_while_running

    def last_step_geometry(self, output: bytes) -> Geometry | None:
        return THERE if b"step" in output else None

    def restart_input_files(self, _: Calculation, allotment: Allotment, *, geometry: Geometry) -> dict[str, str]:
        assert geometry == THERE
        return {"input.sh": self.restart}


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[ScratchFolder]:
    (tmp_path / "scratch").mkdir()
    with ScratchFolder.create(tmp_path / "scratch") as folder:
        yield folder


@pytest.fixture
def store(tmp_path: Path) -> MoleculeFolder:
    return MoleculeFolder(tmp_path / "molecule")


def run(
    engine: RestartableShell, scratch: ScratchFolder, store: MoleculeFolder, programs: Programs | None = None
) -> Outcome:
    workplace = Workplace(engine=engine, scratch=scratch, programs=programs or Programs(scratch))
    return run_calculation(CALCULATION, workplace=workplace, store=store, cores=1, memory_mb=100)


def stop_after_a_step(engine: RestartableShell, scratch: ScratchFolder, store: MoleculeFolder) -> None:
    programs = Programs(scratch)

    def stop() -> None:
        while not any("step" in p.read_text() for p in scratch.path.glob("*/output.out")):
            time.sleep(0.02)
        programs.stop()

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(InterruptedRunError):
        run(engine, scratch, store, programs)
    stopper.join()  # what it still ends in this scratch must not be the next run


def test_a_stopped_optimisation_goes_on_with_its_files(scratch: ScratchFolder, store: MoleculeFolder) -> None:
    stop_after_a_step(RestartableShell(plain="echo good > orbitals; echo step; sleep 60"), scratch, store)
    kept = store.load_restart(CALCULATION.label, digest="the same question")
    assert kept is not None
    assert kept.geometry == THERE
    assert isinstance(run(RestartableShell(plain="echo from the beginning"), scratch, store), CalculationResult)
    assert store.load_restart(CALCULATION.label, digest="the same question") is None


def test_damaged_restart_files_cost_no_more_than_a_new_beginning(scratch: ScratchFolder, store: MoleculeFolder) -> None:
    stop_after_a_step(RestartableShell(plain="echo cut > orbitals; echo step; sleep 60"), scratch, store)
    assert isinstance(run(RestartableShell(plain="echo good"), scratch, store), CalculationResult)


@pytest.mark.parametrize("is_kept", [True, False])
def test_steps_are_kept_while_the_program_runs_where_their_files_are_whole_at_any_moment(
    is_kept: bool, scratch: ScratchFolder, store: MoleculeFolder
) -> None:
    restart = store.path / "calculations" / CALCULATION.label / "restart"
    # The program itself sees whether anything was kept, as one would that is killed with its caller.
    script = f"echo 1 > orbitals; echo step; sleep 0.6; cat {restart}/orbitals"
    engine = RestartableShell(plain=script, is_kept_while_running=is_kept)
    outcome = run(engine, scratch, store, Programs(scratch, look_seconds=0.05))
    assert isinstance(outcome, CalculationFailure)
    assert outcome.evidence.startswith("step\n1\n") is is_kept


class TakenOverError(Exception):
    """Stands for another start that owns the molecule now."""


class TakenOverFolder(MoleculeFolder):
    def save_restart(self, label: str, *, digest: str, restart: RestartSet) -> None:
        raise TakenOverError


def test_a_program_whose_steps_nobody_wants_any_more_is_ended(scratch: ScratchFolder, tmp_path: Path) -> None:
    engine = RestartableShell(plain="echo 1 > orbitals; echo step; exec sleep 60", is_kept_while_running=True)
    programs = Programs(scratch, look_seconds=0.05)
    with pytest.raises(TakenOverError):
        run(engine, scratch, TakenOverFolder(tmp_path / "molecule"), programs)
    assert not any(path.name.startswith(CALCULATION.label) for path in scratch.path.iterdir())


def test_heavy_files_are_not_brought_home(scratch: ScratchFolder, store: MoleculeFolder) -> None:
    engine = RestartableShell(plain="echo good")
    engine.heavy_files = ("*.sh",)
    assert isinstance(run(engine, scratch, store), CalculationResult)
    kept = {path.name for path in store.path.rglob("*") if path.is_file()}
    assert kept == {"output.out", "result.json"}


def test_without_a_complete_step_it_starts_again(scratch: ScratchFolder, store: MoleculeFolder) -> None:
    engine = RestartableShell(plain="echo good > orbitals; echo st ep; sleep 60")
    programs = Programs(scratch)
    threading.Timer(0.5, programs.stop).start()
    with pytest.raises(InterruptedRunError):
        run(engine, scratch, store, programs)
    assert store.load_restart(CALCULATION.label, digest="the same question") is None


def test_a_failure_on_a_full_disk_is_one_of_the_disk(
    scratch: ScratchFolder, store: MoleculeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    outcome = run(RestartableShell(plain="echo nothing"), scratch, store)
    assert isinstance(outcome, CalculationFailure)
    assert outcome.failure is FailureKind.DISK
    assert "0 MB free" in outcome.evidence
