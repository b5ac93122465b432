"""Energies: how near fitted ones come to four-centre integrals, and ions in a continuum."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import numpy as np
import pytest

pytest.importorskip("pyscf")

from qmnmr.datatypes.calculation import Calculation
from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.pyscf.field.scf import SINGLE_POINT, Accuracy, solve_ground_state
from qmnmr.engines.pyscf.molecule import build_molecule
from qmnmr.units import HARTREE_KCAL_PER_MOL
from tests.unit.engines.pyscf.molecules import DMSO, calculation

pytestmark = pytest.mark.long


def energy(asked: Calculation, **accuracy) -> float:
    mol = build_molecule(asked, memory_mb=1000, is_centred=False)
    return solve_ground_state(mol, asked.level, accuracy=Accuracy(**accuracy)).reported_energy_hartree


def turned(asked: Calculation, degrees: float) -> Calculation:
    """Return ethanol with its hydroxyl group turned about the C-O bond."""
    positions = np.array(asked.geometry.coordinates_angstrom)
    symbols = asked.geometry.symbols
    oxygen = symbols.index("O")
    near = np.argsort(np.linalg.norm(positions - positions[oxygen], axis=1))
    hydrogen, carbon = (next(int(k) for k in near if symbols[k] == symbol) for symbol in "HC")
    axis = positions[oxygen] - positions[carbon]
    axis /= np.linalg.norm(axis)
    arm, angle = positions[hydrogen] - positions[oxygen], math.radians(degrees)
    around = arm * math.cos(angle) + np.cross(axis, arm) * math.sin(angle) + axis * (axis @ arm) * (1 - math.cos(angle))
    positions[hydrogen] = positions[oxygen] + around
    return replace(asked, geometry=replace(asked.geometry, coordinates_angstrom=tuple(map(tuple, positions.tolist()))))


@pytest.mark.parametrize("basis", ["6-31g*", "vdzp"])
def test_differences_of_fitted_energies_are_those_of_exact_integrals(basis: str) -> None:
    one = calculation("ethanol", "b3lyp", basis, solvent=DMSO)
    other = turned(one, 120.0)
    fitted, exact = (
        HARTREE_KCAL_PER_MOL * (energy(other, is_fitted=is_fitted) - energy(one, is_fitted=is_fitted))
        for is_fitted in (True, False)
    )
    assert abs(exact) > 0.05
    assert fitted == pytest.approx(exact, abs=0.02)


def test_the_energy_of_ethanol_in_a_continuum_is_nwchems() -> None:
    asked = calculation("ethanol", "b3lyp", "6-31g*", solvent=DMSO)
    assert energy(asked) == pytest.approx(-155.038585, abs=3e-4)  # NWChem 7.0.2, ificos 1, grid fine


def test_elements_that_the_auxiliary_basis_lacks_get_another_without_a_warning() -> None:
    asked = calculation("formaldehyde", "hf", "6-31g*")
    bromide = replace(asked.geometry, symbols=("H", "Br"), coordinates_angstrom=((0.0, 0.0, 0.0), (0.0, 0.0, 1.414)))
    asked = replace(asked, geometry=bromide)
    assert energy(asked) == pytest.approx(energy(asked, is_fitted=False), abs=1e-3)


OZONE = Geometry(symbols=("O", "O", "O"), coordinates_angstrom=((0.0, 0.0, 0.0), (1.09, 0.67, 0.0), (-1.09, 0.67, 0.0)))


@pytest.mark.parametrize("functional", ["lda", "pbe", "wb97x-d3"])
def test_cycles_on_a_coarse_grid_end_in_the_field_of_the_final_one(functional: str) -> None:
    """Of a molecule whose field converges badly."""
    asked = replace(calculation("water", functional, "def2-svp", solvent=DMSO), geometry=OZONE)
    assert energy(asked) == pytest.approx(energy(asked, first_grid_level=2), abs=2e-9)


@pytest.mark.parametrize("geometry", [None, OZONE])
def test_an_energy_alone_stops_earlier_with_the_same_energy(geometry: Geometry | None) -> None:
    asked = calculation("ethanol", "wb97x-d3", "vdzp", solvent=DMSO)
    asked = replace(asked, geometry=geometry or asked.geometry)
    assert energy(asked, **asdict(SINGLE_POINT)) == pytest.approx(energy(asked), abs=1e-6)


def test_the_energy_of_the_final_grid_is_pyscfs_own() -> None:
    from pyscf import dft

    asked = calculation("formaldehyde", "pbe", "6-31g*")
    mol = build_molecule(asked, memory_mb=1000, is_centred=False)
    plain = dft.RKS(mol, xc="pbe")
    plain.grids.level = 2
    assert energy(asked, is_fitted=False) == pytest.approx(plain.run(conv_tol=1e-11).e_tot, abs=2e-8)
