from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

pytest.importorskip("pyscf")

from qmnmr.engines.pyscf.field.scf import Accuracy
from tests.unit.engines.pyscf.molecules import DMSO, calculation, shieldings

pytestmark = pytest.mark.long

EXACT = Accuracy(is_fitted=False, grid_level=1)
TIGHT = Accuracy(grid_level=1, energy_tolerance_hartree=1e-11, gradient_tolerance=1e-7, response_threshold=1e-8)
TEN_ANGSTROM = 10.0 / 0.529177 / np.sqrt(3)


@pytest.mark.parametrize("functional", ["hf", "pbe", "b3lyp", "cam-b3lyp"])
def test_moving_the_gauge_origin_by_10_angstrom_changes_nothing(functional: str) -> None:
    asked = calculation("formaldehyde", functional, "6-31g*")
    here, there = (shieldings(asked, accuracy=TIGHT, shift_bohr=shift) for shift in (0.0, TEN_ANGSTROM))
    assert np.abs(here.tensors - there.tensors).max() < 1e-3


def test_moving_the_gauge_origin_changes_nothing_with_exact_integrals() -> None:
    asked = calculation("water", "cam-b3lyp", "6-31g*")
    accuracy = Accuracy(is_fitted=False, grid_level=1, response_threshold=1e-8, energy_tolerance_hartree=1e-11)
    here, there = (shieldings(asked, accuracy=accuracy, shift_bohr=shift) for shift in (0.0, TEN_ANGSTROM))
    assert np.abs(here.isotropic - there.isotropic).max() < 1e-3


def test_moving_the_gauge_origin_changes_nothing_in_a_continuum() -> None:
    asked = calculation("formaldehyde", "b3lyp", "6-31g*", solvent=DMSO)
    here, there = (shieldings(asked, accuracy=TIGHT, shift_bohr=shift) for shift in (0.0, TEN_ANGSTROM))
    assert np.abs(here.isotropic - there.isotropic).max() < 1e-3


@pytest.mark.parametrize("functional", ["hf", "b3lyp", "wb97x-d3"])
def test_density_fitting_changes_shieldings_by_less_than_a_hundredth_ppm(functional: str) -> None:
    asked = calculation("formaldehyde", functional)
    fitted, exact = shieldings(asked), shieldings(asked, accuracy=EXACT)
    carbon, _, *hydrogens = np.abs(fitted.isotropic - exact.isotropic)
    assert carbon < 0.02
    assert max(hydrogens) < 0.002


def test_a_turned_molecule_has_turned_tensors() -> None:
    accuracy = Accuracy(grid_level=4)
    asked = calculation("water", "b3lyp", "6-31g*")
    turn = Rotation.from_euler("xyz", [20, 50, 70], degrees=True).as_matrix()
    before, after = shieldings(asked, accuracy=accuracy), shieldings(asked, accuracy=accuracy, rotation=turn)
    expected = turn @ before.tensors @ turn.T
    assert np.abs(after.tensors - expected).max() < 0.02
    assert np.abs(after.isotropic - before.isotropic).max() < 0.003


def test_equal_atoms_have_equal_shieldings() -> None:
    _, *hydrogens = shieldings(calculation("methane")).isotropic
    assert np.ptp(hydrogens) < 1e-4


def test_an_atom_on_a_symmetry_axis_has_no_antisymmetric_part() -> None:
    tensor = shieldings(calculation("methane")).tensors[0]
    assert np.abs(tensor - tensor.T).max() < 1e-3


def test_ethanol_agrees_with_nwchem() -> None:
    outcome = shieldings(calculation("ethanol"), accuracy=Accuracy())
    assert outcome.isotropic[0] == pytest.approx(169.5897, abs=0.02)
    assert outcome.residual < 1e-5
