"""Fermi-contact couplings of a ground state's hydrogens.

The contact term of two nuclei's spins is J/h = 4 g_A g_B alpha^4 (m_e/2 m_p)^2 h_A U_B in hartree, with h_A the
perturbation (4 pi/3) phi_a(R_A) phi_i(R_A) and U_B what the orbitals answer to h_B: Ramsey, Phys. Rev. 91, 303 (1953);
Helgaker, Jaszunski, Ruud, Chem. Rev. 99, 293 (1999), section II. One real response for each nucleus, and no other
terms: of hydrogens with each other the contact term is nearly all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import constants

from qmnmr.engines.pyscf.contact.kernel import TripletKernel
from qmnmr.engines.pyscf.field.fitting import Array
from qmnmr.engines.pyscf.field.scf import GroundState
from qmnmr.engines.pyscf.response.exchange import exchange_of
from qmnmr.engines.pyscf.response.galerkin import solve

NUCLEUS = "H"

_HZ = (
    constants.fine_structure**4
    * constants.value("hartree-hertz relationship")
    * (0.5 * constants.value("electron-proton mass ratio")) ** 2
    * constants.value("proton g factor") ** 2
)

_MEMORY_SHARE = 0.2
_MOST_BUILDS = 30


class TripletInstabilityError(Exception):
    """The closed shell is not a minimum among states with unpaired spins, or hardly one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CouplingAccuracy:
    """What trades time for digits; measured in docs/explanation/couplings.md."""

    error_hz: float = 2e-2  # bound of a coupling's error by the response
    kernel_grid_level: int = 1  # PySCF's; the ground state has a finer one
    least_eigenvalue: float = 0.05  # of the triplet response beside the orbital gap: below it, no number is given


@dataclass(frozen=True, slots=True, kw_only=True)
class CouplingResult:
    """Couplings and the quality of the response."""

    atoms: tuple[int, ...]
    couplings_hz: Array  # (n, n), symmetric, nothing on the diagonal
    error_hz: float
    builds: int
    lowest: float  # eigenvalue of the response beside the gap


def calculate_couplings(state: GroundState, *, accuracy: CouplingAccuracy) -> CouplingResult:
    """Return the contact term between all hydrogens.

    Raises ResponseNotConvergedError and TripletInstabilityError.
    """
    hydrogens = [atom for atom in range(state.mol.natm) if state.mol.atom_symbol(atom) == NUCLEUS]
    return contact_couplings(state, hydrogens, accuracy=accuracy)


def contact_couplings(state: GroundState, atoms: Sequence[int], *, accuracy: CouplingAccuracy) -> CouplingResult:
    """Return the contact term between these atoms, each counted with the proton's g factor. Raises the same."""
    occupied, virtual = state.occupied, state.orbitals[:, state.n_occupied :]
    if len(atoms) < 2 or not virtual.size:
        return CouplingResult(
            atoms=tuple(atoms), couplings_hz=np.zeros((len(atoms),) * 2), error_hz=0.0, builds=0, lowest=1.0
        )
    at_nuclei = state.mol.eval_gto("GTOval", state.mol.atom_coords()[list(atoms)])
    contact = 4.0 / 3.0 * np.pi * np.einsum("ka,ki->kai", at_nuclei @ virtual, at_nuclei @ occupied)
    gap = state.orbital_energies[state.n_occupied :, None] - state.orbital_energies[: state.n_occupied]
    exchange = exchange_of(state, is_imaginary=False, is_single=True)
    kernel = None
    if hasattr(state.mean_field, "grids"):
        kernel = TripletKernel(state.mean_field, occupied, grid_level=accuracy.kernel_grid_level)

    def apply(trial: Array) -> Array:
        perturbed = virtual @ trial
        answers = [virtual.T @ answer(perturbed) for answer in (exchange, kernel) if answer is not None]
        return np.asarray(gap * trial + sum(answers))

    def measure(errors: Array, _: Array, lowest: float) -> float:
        if lowest < accuracy.least_eigenvalue:
            raise TripletInstabilityError(
                "the closed shell is not stable against unpairing its spins (triplet instability: the lowest "
                f"eigenvalue of the response is {lowest:.3f} of the orbital gap): its couplings have no meaning"
            )
        return float(4.0 * _HZ * np.square(errors).sum(axis=1).max() / lowest)

    amplitudes, residuals = np.empty_like(contact), np.empty_like(contact)
    error, builds, lowest = 0.0, 0, 1.0
    for part in _parts(len(atoms), contact[0].nbytes, memory_mb=state.mol.max_memory):
        found = solve(
            apply, -contact[part], gap, threshold=accuracy.error_hz, most_builds=_MOST_BUILDS, measure=measure
        )
        amplitudes[part], residuals[part] = found.amplitudes, found.residuals
        error, builds, lowest = max(error, found.error), builds + found.builds, min(lowest, found.lowest)
    # Of second order in the residuals, also between nuclei that were not solved for together.
    energies = np.einsum("kai,lai->kl", contact, amplitudes) - np.einsum("kai,lai->kl", amplitudes, residuals)
    couplings = 2.0 * _HZ * (energies + energies.T)
    np.fill_diagonal(couplings, 0.0)
    return CouplingResult(atoms=tuple(atoms), couplings_hz=couplings, error_hz=error, builds=builds, lowest=lowest)


def _parts(n_nuclei: int, bytes_each: int, *, memory_mb: float) -> list[slice]:
    """Return which nuclei are solved for together, so that the subspaces and their images stay small."""
    vectors = 2 * 8  # the subspace and its images, after so many builds
    most = max(1, int(_MEMORY_SHARE * memory_mb * 1e6 / (bytes_each * vectors)))
    n_parts = -(-n_nuclei // most)
    edges = np.linspace(0, n_nuclei, n_parts + 1).astype(int)
    return [slice(int(first), int(end)) for first, end in pairwise(edges)]
