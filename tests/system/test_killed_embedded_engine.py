"""SIGKILL in the middle of an optimisation of the embedded engine, which then goes on where it was."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder

pytest.importorskip("pyscf")
pytest.importorskip("geometric")

GLYCOL = (
    ("O", 1.72, 0.58, 0.33),
    ("C", 0.68, -0.32, -0.02),
    ("C", -0.65, 0.38, 0.14),
    ("O", -1.68, -0.47, -0.30),
    ("H", 1.62, 1.38, -0.20),
    ("H", 0.80, -0.66, -1.07),
    ("H", 0.72, -1.21, 0.64),
    ("H", -0.84, 0.61, 1.21),
    ("H", -0.66, 1.31, -0.46),
    ("H", -2.54, -0.02, -0.15),
)


def optimize(folder: Path) -> CalculationResult:
    """Do, or go on with, the optimisation in `folder`; steps are kept every tenth of a second."""
    outcome = _run(CalculationKind.OPTIMIZATION, _glycol(), folder)
    assert isinstance(outcome, CalculationResult), outcome
    return outcome


def _glycol() -> Geometry:
    return Geometry(symbols=tuple(r[0] for r in GLYCOL), coordinates_angstrom=tuple((x, y, z) for _, x, y, z in GLYCOL))


def _run(kind: CalculationKind, geometry: Geometry, folder: Path) -> CalculationResult:
    level = LevelOfTheory(functional="hf", basis="3-21g", spherical=True, solvent=None)
    asked = Calculation(label=kind.value, kind=kind, geometry=geometry, charge=0, multiplicity=1, level=level)
    (folder / "scratch").mkdir(parents=True, exist_ok=True)
    with ScratchFolder.create(folder / "scratch") as scratch:
        workplace = Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=Programs(scratch, look_seconds=0.1))
        store = MoleculeFolder(folder / "molecule")
        outcome = run_calculation(asked, workplace=workplace, store=store, cores=1, memory_mb=500)
    assert isinstance(outcome, CalculationResult), outcome
    return outcome


def _shieldings(result: CalculationResult, folder: Path) -> list[float]:
    return [s.isotropic_ppm for s in _run(CalculationKind.SHIELDING, result.geometry, folder).shieldings]


def test_kill_9_in_an_optimisation_costs_the_step_that_ran_and_changes_no_number(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from tests.system.test_killed_embedded_engine import optimize"
    caller = subprocess.Popen([sys.executable, "-c", f"{code}; optimize(Path(sys.argv[1]))", str(tmp_path / "killed")])
    calculation = tmp_path / "killed/molecule/calculations/optimization"
    steps = calculation / "restart/steps.jsonl"
    deadline = time.monotonic() + 120
    while not _has_steps(steps, 3):
        assert time.monotonic() < deadline, "it did not come so far"
        assert caller.poll() is None, "it ended too soon"
        time.sleep(0.02)
    caller.kill()
    caller.wait()
    kept = steps.read_text(encoding="utf-8").splitlines()

    further = optimize(tmp_path / "killed")
    whole = optimize(tmp_path / "whole")

    assert further.optimization_steps == whole.optimization_steps
    assert np.abs(_positions(further) - _positions(whole)).max() < 1e-4
    assert _shieldings(further, tmp_path / "killed") == pytest.approx(_shieldings(whole, tmp_path / "whole"), abs=0.01)
    first = json.loads(kept[0])["energy_hartree"]
    assert f"step 1: {first:.8f} hartree" in (calculation / "output.out").read_text(encoding="utf-8")
    assert not any((tmp_path / "killed/scratch").iterdir()), "the dead caller's worker and its files are gone"


def _has_steps(path: Path, number: int) -> bool:
    try:
        return len(path.read_text(encoding="utf-8").splitlines()) >= number
    except FileNotFoundError:  # the set is being replaced
        return False


def _positions(result: CalculationResult) -> np.ndarray:
    return np.array(result.geometry.coordinates_angstrom)
