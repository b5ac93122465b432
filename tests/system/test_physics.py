"""Two roads to a number: orientation and the number of ranks change nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder

pytestmark = pytest.mark.nwchem

# Methanol, B3LYP/6-31G* optimised; no symmetry element lies along an axis.
SYMBOLS = ("C", "O", "H", "H", "H", "H")
POSITIONS = np.array(
    [
        [-0.0467, 0.6603, 0.0],
        [-0.0467, -0.7577, 0.0],
        [-1.0916, 0.9790, 0.0],
        [0.4360, 1.0740, 0.8920],
        [0.4360, 1.0740, -0.8920],
        [0.8788, -1.0450, 0.0],
    ]
)
LEVEL = LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=CHLOROFORM)


def _shieldings(
    folder: Path, positions: np.ndarray, *, ranks: int = 1, level: LevelOfTheory = LEVEL
) -> CalculationResult:
    calculation = Calculation(
        label="methanol-shielding",
        kind=CalculationKind.SHIELDING,
        geometry=Geometry(symbols=SYMBOLS, coordinates_angstrom=tuple((x, y, z) for x, y, z in positions.tolist())),
        charge=0,
        multiplicity=1,
        level=level,
    )
    with ScratchFolder.create(folder) as scratch:
        workplace = Workplace(engine=get_engine("nwchem"), scratch=scratch, programs=Programs(scratch))
        store = MoleculeFolder(folder / "store")
        outcome = run_calculation(calculation, workplace=workplace, store=store, cores=ranks, memory_mb=1000 * ranks)
    assert isinstance(outcome, CalculationResult), outcome
    return outcome


def _rotation(angle: float, direction: list[float]) -> np.ndarray:
    axis = np.array(direction) / np.linalg.norm(direction)
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


@pytest.fixture(scope="module")
def upright(tmp_path_factory) -> CalculationResult:
    return _shieldings(tmp_path_factory.mktemp("upright"), POSITIONS)


def test_two_ranks_give_the_numbers_of_one(tmp_path, upright):
    both = _shieldings(tmp_path, POSITIONS, ranks=2)
    assert both.ranks == 2
    assert both.energy_hartree == pytest.approx(upright.energy_hartree, abs=1e-7)
    assert _isotropic(both) == pytest.approx(_isotropic(upright), abs=1e-3)


def test_turning_and_moving_a_molecule_in_the_gas_phase_only_turns_its_tensors(tmp_path):
    gas = replace(LEVEL, solvent=None, cavity="klamt")
    rotation = _rotation(1.1, [1.0, 2.0, -0.5])
    before = _shieldings(tmp_path, POSITIONS, level=gas)
    after = _shieldings(tmp_path, POSITIONS @ rotation.T + [1.0, -2.0, 0.5], level=gas)
    assert _isotropic(after) == pytest.approx(_isotropic(before), abs=1e-2)
    for old, new in zip(before.shieldings, after.shieldings, strict=True):
        assert np.array(new.tensor_ppm) == pytest.approx(rotation @ np.array(old.tensor_ppm) @ rotation.T, abs=2e-2)


def test_turning_a_molecule_in_solution_moves_its_shifts_by_no_more_than_the_surface_allows(tmp_path, upright):
    # The surface of the continuum is made of patches that do not turn with the molecule.
    turned = _shieldings(tmp_path, POSITIONS @ _rotation(1.1, [1.0, 2.0, -0.5]).T)
    for before, after in zip(upright.shieldings, turned.shieldings, strict=True):
        limit = {"C": 0.01, "H": 0.01, "O": 0.15}[before.symbol]
        assert after.isotropic_ppm == pytest.approx(before.isotropic_ppm, abs=limit)


def test_the_mirror_plane_makes_two_methyl_hydrogens_equal(upright):
    values = _isotropic(upright)
    assert values[3] == pytest.approx(values[4], abs=5e-3)


def _isotropic(result: CalculationResult) -> list[float]:
    return [s.isotropic_ppm for s in result.shieldings]
