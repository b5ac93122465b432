"""The contact term between nuclei, against what a finite perturbation gives, and the physics it has to obey."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pyscf import dft, gto, scf
from pyscf.scf import cphf
from scipy import constants
from scipy.spatial.transform import Rotation

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.pyscf.contact import coupling_task
from qmnmr.engines.pyscf.contact.coupling_task import (
    CouplingAccuracy,
    TripletInstabilityError,
    calculate_couplings,
    contact_couplings,
)
from qmnmr.engines.pyscf.field.scf import Accuracy, GroundState, solve_ground_state
from qmnmr.engines.pyscf.molecule import FUNCTIONALS, build_molecule
from qmnmr.engines.pyscf.response.galerkin import ResponseNotConvergedError
from tests.unit.engines.pyscf.molecules import calculation

CONTACT_BASIS = "6-31g(d,p)u+1s(h)"
FLUORINE_TO_PROTON = 2 * 2.628868 / constants.value("proton g factor")
"""g factors: twice the moment of 19F in nuclear magnetons (CODATA has the proton's)."""


def _asked(text: str, functional: str = "b3lyp", basis: str = CONTACT_BASIS) -> Calculation:
    rows = [row.split() for row in text.split(";")]
    geometry = Geometry(
        symbols=tuple(row[0] for row in rows),
        coordinates_angstrom=tuple((float(x), float(y), float(z)) for _, x, y, z in rows),
    )
    return replace(calculation("water", functional, basis, kind=CalculationKind.COUPLINGS), geometry=geometry)


def _ground_state(asked: Calculation, *, is_fitted: bool = True, memory_mb: int = 1000) -> GroundState:
    mol = build_molecule(asked, memory_mb=memory_mb)
    return solve_ground_state(mol, asked.level, accuracy=Accuracy(is_fitted=is_fitted))


def _couplings(asked: Calculation, **options: Any) -> np.ndarray:
    return calculate_couplings(_ground_state(asked, **options), accuracy=CouplingAccuracy()).couplings_hz


class _WithSpinField(dft.uks.UKS):  # type: ignore[misc]
    """Kohn-Sham of two spins with a potential that is added for one and taken away for the other."""

    field: np.ndarray

    def get_fock(self, h1e=None, s1e=None, vhf=None, dm=None, *rest, **options):
        vhf = self.get_veff(dm=dm) if vhf is None else vhf
        return super().get_fock(h1e, s1e, np.asarray(vhf) + np.array([self.field, -self.field]), dm, *rest, **options)


def _finite_field(mol: gto.Mole, strength: float) -> float:
    """Return the change of the spin density at nucleus 1 with the contact field of nucleus 0, by difference."""
    first, second = mol.eval_gto("GTOval", mol.atom_coords()[:2])
    spins = []
    for sign in (1.0, -1.0):
        field = _WithSpinField(mol)
        field.xc, field.grids.level, field.conv_tol, field.conv_tol_grad = "HYB_GGA_XC_B3LYP", 3, 1e-12, 1e-7
        field.field = sign * strength * 4.0 / 3.0 * np.pi * np.outer(first, first)
        field.kernel()
        assert field.converged
        up, down = field.make_rdm1()
        spins.append(4.0 / 3.0 * np.pi * second @ (up - down) @ second)
    return (spins[0] - spins[1]) / (2.0 * strength)


@pytest.mark.long
def test_the_coupling_of_hydrogen_fluoride_is_that_of_a_finite_field() -> None:
    asked = _asked("F 0 0 0; H 0 0 0.92", basis="6-31g(d,p)")
    state = _ground_state(asked)
    accuracy = CouplingAccuracy(error_hz=1e-4, kernel_grid_level=3)
    found = contact_couplings(state, [0, 1], accuracy=accuracy).couplings_hz[0, 1]
    near, far = (_finite_field(state.mol, strength) for strength in (3e-4, 6e-4))
    expected = coupling_task._HZ * (near - (far - near) / 3.0)  # the error grows with the square of the field
    assert FLUORINE_TO_PROTON * found == pytest.approx(FLUORINE_TO_PROTON * expected, abs=0.05)
    assert FLUORINE_TO_PROTON * found == pytest.approx(289.2, abs=0.1)


def test_hydrogens_s_shell_is_uncontracted_and_has_one_tighter_function() -> None:
    mol = build_molecule(_asked("O 0 0 0.1173; H 0 0.7572 -0.4692; H 0 -0.7572 -0.4692"), memory_mb=500)
    plain = build_molecule(
        _asked("O 0 0 0.1173; H 0 0.7572 -0.4692; H 0 -0.7572 -0.4692", basis="6-31g(d,p)"), memory_mb=500
    )
    s = [
        float(mol.bas_exp(shell)[0])
        for shell in range(mol.nbas)
        if mol.bas_atom(shell) == 1 and mol.bas_angular(shell) == 0
    ]
    assert s == pytest.approx([124.179, 18.7311, 2.8253937, 0.6401217, 0.1612778], rel=1e-4)
    assert mol.nao == plain.nao + 2 * 3


def test_density_fitting_changes_a_coupling_by_less_than_a_hundredth_of_a_hertz() -> None:
    asked = _asked("O 0 0 0.1173; H 0 0.7572 -0.4692; H 0 -0.7572 -0.4692")
    assert np.abs(_couplings(asked) - _couplings(asked, is_fitted=False)).max() < 0.01


@pytest.mark.long
def test_turning_moving_and_renumbering_a_molecule_changes_no_coupling() -> None:
    asked = calculation("methane", "b3lyp", CONTACT_BASIS, kind=CalculationKind.COUPLINGS)
    positions = np.array(asked.geometry.coordinates_angstrom)
    positions[4] *= 1.03  # no symmetry of all four
    rotation = Rotation.from_euler("xyz", [20, 50, 70], degrees=True)
    turned = rotation.apply(positions) + np.array([1.0, -2.0, 0.5])
    order = [3, 0, 4, 2, 1]
    first = _couplings(_at(asked, positions, range(5)))
    second = _couplings(_at(asked, turned, order))
    hydrogens = [atom - 1 for atom in order if atom]
    assert np.abs(second - first[np.ix_(hydrogens, hydrogens)]).max() < 0.005
    assert np.ptp(first[:3, 3]) < 0.005  # equal pairs
    assert -14.0 < first[0, 1] < -10.0  # measured: -12.4 Hz


def _at(asked: Calculation, positions: np.ndarray, order) -> Calculation:
    symbols = [asked.geometry.symbols[atom] for atom in order]
    points = tuple((float(x), float(y), float(z)) for x, y, z in positions[list(order)])
    return replace(asked, geometry=Geometry(symbols=tuple(symbols), coordinates_angstrom=points))


def test_nuclei_that_are_solved_for_in_parts_have_the_same_couplings(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = calculation("formaldehyde", "pbe", CONTACT_BASIS, kind=CalculationKind.COUPLINGS)
    state, accuracy = _ground_state(asked), CouplingAccuracy(error_hz=2e-3)
    whole = contact_couplings(state, [0, 1, 2, 3], accuracy=accuracy)
    monkeypatch.setattr(coupling_task, "_MEMORY_SHARE", 0.0)
    parts = contact_couplings(state, [0, 1, 2, 3], accuracy=accuracy)
    assert parts.builds > whole.builds
    assert np.abs(parts.couplings_hz - whole.couplings_hz).max() < 0.004


def test_a_closed_shell_that_would_unpair_its_spins_is_refused_by_name() -> None:
    state = _ground_state(_asked("H 0 0 0; H 0 0 2.5", functional="hf", basis="6-31g(d,p)"))
    with pytest.raises(TripletInstabilityError, match="triplet instability"):
        calculate_couplings(state, accuracy=CouplingAccuracy())


def test_a_response_that_does_not_converge_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coupling_task, "_MOST_BUILDS", 1)
    state = _ground_state(_asked("H 0 0 0; H 0 0 0.74", basis="6-31g(d,p)"))
    with pytest.raises(ResponseNotConvergedError):
        calculate_couplings(state, accuracy=CouplingAccuracy(error_hz=1e-9))


def test_a_single_hydrogen_has_nothing_to_couple_with() -> None:
    state = _ground_state(_asked("F 0 0 0; H 0 0 0.92", basis="6-31g(d,p)"))
    assert calculate_couplings(state, accuracy=CouplingAccuracy()).couplings_hz.tolist() == [[0.0]]


@pytest.mark.parametrize("functional", ["lda", "pbe", "cam-b3lyp", "hf"])
def test_every_kind_of_functional_gives_what_pyscfs_own_response_gives(functional: str) -> None:
    asked = _asked("O 0 0 0.1173; H 0 0.7572 -0.4692; H 0 -0.7572 -0.4692", functional, "6-31g")
    state = _ground_state(asked)
    field = scf.RHF(state.mol) if functional == "hf" else dft.RKS(state.mol, xc=FUNCTIONALS[functional].xc)
    field.conv_tol = 1e-11
    field.kernel()
    is_occupied = field.mo_occ > 0
    occupied, virtual = field.mo_coeff[:, is_occupied], field.mo_coeff[:, ~is_occupied]
    at_nuclei = state.mol.eval_gto("GTOval", state.mol.atom_coords()[1:])
    contact = 4.0 / 3.0 * np.pi * np.einsum("ka,ki->kai", at_nuclei @ virtual, at_nuclei @ occupied)
    potential_of = field.gen_response(singlet=False, hermi=1)

    def answer(amplitudes: np.ndarray) -> np.ndarray:
        half = 2.0 * virtual @ amplitudes.reshape(contact.shape) @ occupied.T
        return (virtual.T @ potential_of(half + half.transpose(0, 2, 1)) @ occupied).reshape(2, -1)

    solved = cphf.solve(answer, field.mo_energy, field.mo_occ, contact, tol=1e-8)[0]
    expected = 4.0 * coupling_task._HZ * np.vdot(contact[0], solved[1])
    found = calculate_couplings(state, accuracy=CouplingAccuracy()).couplings_hz[0, 1]
    assert found == pytest.approx(expected, abs=0.02)
