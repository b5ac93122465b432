from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("pyscf")

from qmnmr.engines.pyscf.field.exact_energy import exact_energy
from qmnmr.engines.pyscf.field.scf import Accuracy, solve_ground_state
from qmnmr.engines.pyscf.molecule import build_molecule
from tests.unit.engines.pyscf.molecules import DMSO, calculation

pytestmark = pytest.mark.long


@pytest.mark.parametrize("functional", ["hf", "pbe", "cam-b3lyp"])
def test_exact_integrals_on_a_fitted_density_give_the_energy_of_the_exact_density(functional: str) -> None:
    asked = calculation("formaldehyde", functional, "6-31g*")
    mol = build_molecule(asked, memory_mb=500)
    fitted, exact = (
        solve_ground_state(mol, asked.level, accuracy=Accuracy(grid_level=1, is_fitted=is_fitted))
        for is_fitted in (True, False)
    )
    assert abs(fitted.energy_hartree - exact.energy_hartree) > 3e-6
    assert exact_energy(fitted) == pytest.approx(exact.energy_hartree, abs=1e-7)
    assert exact_energy(exact) == exact.energy_hartree


def test_the_energy_of_ethanol_in_a_continuum_is_nwchems() -> None:
    asked = calculation("ethanol", "b3lyp", "6-31g*", solvent=DMSO)
    mol = build_molecule(asked, memory_mb=1000, is_centred=False)
    state = solve_ground_state(mol, asked.level, accuracy=Accuracy())
    assert exact_energy(state) == pytest.approx(-155.038585, abs=1e-5)  # NWChem 7.0.2, ificos 1, grid fine


def test_elements_that_the_auxiliary_basis_lacks_get_another_without_a_warning() -> None:
    asked = calculation("formaldehyde", "hf", "6-31g*")
    bromide = replace(asked.geometry, symbols=("H", "Br"), coordinates_angstrom=((0.0, 0.0, 0.0), (0.0, 0.0, 1.414)))
    mol = build_molecule(replace(asked, geometry=bromide), memory_mb=500)
    state = solve_ground_state(mol, asked.level, accuracy=Accuracy())
    assert exact_energy(state) == pytest.approx(state.energy_hartree, abs=1e-3)
