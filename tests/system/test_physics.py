"""Two roads to a number: orientation and the number of ranks change nothing; agreement of NWChem with what must hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.execution.processes import Programs
from qmnmr.execution.run_calculation import Workplace, run_calculation
from qmnmr.execution.scratch import ScratchFolder
from qmnmr.workflow.molecule_folder import MoleculeFolder

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


def _shieldings(folder: Path, positions: np.ndarray, *, ranks: int) -> CalculationResult:
    calculation = Calculation(
        label="methanol-shielding",
        kind=CalculationKind.SHIELDING,
        geometry=Geometry(symbols=SYMBOLS, coordinates_angstrom=tuple(tuple(map(float, row)) for row in positions)),
        charge=0,
        multiplicity=1,
        level=LEVEL,
    )
    with ScratchFolder.create(folder) as scratch:
        workplace = Workplace(engine=get_engine("nwchem"), scratch=scratch, programs=Programs(scratch))
        outcome = run_calculation(
            calculation, workplace=workplace, store=MoleculeFolder(folder / "store"), ranks=ranks, memory_mb=1000 * ranks
        )
    assert isinstance(outcome, CalculationResult), outcome
    return outcome


@pytest.fixture(scope="module")
def upright(tmp_path_factory) -> CalculationResult:
    return _shieldings(tmp_path_factory.mktemp("upright"), POSITIONS, ranks=1)


def test_two_ranks_give_the_numbers_of_one(tmp_path, upright):
    both = _shieldings(tmp_path, POSITIONS, ranks=2)
    assert both.ranks == 2
    assert both.energy_hartree == pytest.approx(upright.energy_hartree, abs=1e-6)
    assert _isotropic(both) == pytest.approx(_isotropic(upright), abs=2e-3)


def test_turning_and_moving_the_molecule_changes_no_shielding_and_turns_the_tensors(tmp_path, upright):
    angle, axis = 1.1, np.array([1.0, 2.0, -0.5]) / np.linalg.norm([1.0, 2.0, -0.5])
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    rotation = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    turned = _shieldings(tmp_path, POSITIONS @ rotation.T + [1.0, -2.0, 0.5], ranks=1)
    heavy = [0]
    assert np.array(_isotropic(turned))[heavy] == pytest.approx(np.array(_isotropic(upright))[heavy], abs=1e-2)
    assert _isotropic(turned)[2:] == pytest.approx(_isotropic(upright)[2:], abs=1e-2)
    for before, after in zip(upright.shieldings, turned.shieldings, strict=True):
        limit = 0.3 if before.symbol == "O" else 0.05
        expected = rotation @ np.array(before.tensor_ppm) @ rotation.T
        assert np.array(after.tensor_ppm) == pytest.approx(expected, abs=limit)


def test_the_mirror_plane_makes_two_methyl_hydrogens_equal(upright):
    values = _isotropic(upright)
    assert values[3] == pytest.approx(values[4], abs=1e-3)


def _isotropic(result: CalculationResult) -> list[float]:
    return [s.isotropic_ppm for s in result.shieldings]
