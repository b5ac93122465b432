"""Whether a converged ground state is the one of the molecule: figures that the engine's own code has no part in.

They are written beside a result, and judged where it is read (output_file.py). Every operator is held against
four-centre integrals over one atom: the way through PySCF that the self-consistent field takes, and the factors that
response and GIAO terms use. The energy with exact integrals of the whole molecule would find as much, but takes a
sixth of a shielding's time; energies that weigh conformers have it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from qmnmr.engines.pyscf.field.fitting import COULOMB, Array, Fits, Terms, operator_name
from qmnmr.engines.pyscf.field.scf import GroundState
from qmnmr.engines.pyscf.pyscf_types import Mole

_MOST_FUNCTIONS = 60
_LEAST_OCCUPATION = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorCheck:
    """One operator's energy of a probe in hartree: as the field used it, as the factors have it, and exactly."""

    name: str
    field_hartree: float
    factors_hartree: float
    exact_hartree: float


def ground_state_checks(state: GroundState) -> dict[str, Any]:
    """Return the figures as plain values: electrons, virial ratio (-V/T), operators."""
    mol, density = state.mol, state.density
    kinetic = float(np.vdot(mol.intor("int1e_kin"), density))
    return {
        "electrons": float(np.vdot(mol.intor("int1e_ovlp"), density)),
        "virial_ratio": 1.0 - state.energy_hartree / kinetic,
        "operators": [asdict(check) for check in operator_checks(state)],
    }


def operator_checks(state: GroundState) -> tuple[OperatorCheck, ...]:
    """Return one check for each fitted operator; none with exact integrals.

    The probe is what the density has on the heaviest atom: as Coulomb energy of 1/r, as exchange energy of the exact
    exchange's operator.
    """
    if state.fits is None:
        return ()
    functions = _heaviest_atom(state.mol)
    probe = _probe(state, functions)
    density = 2.0 * probe @ probe.T
    coulomb = state.mean_field.get_j(state.mol, density)
    projected = state.fits.coulomb.project_density(density)
    exact = _exact_integrals(state.mol, functions, COULOMB)
    own = density[functions, functions]
    checks = [
        OperatorCheck(
            name="Coulomb term of 1/r",
            field_hartree=0.5 * float(np.vdot(density, coulomb)),
            factors_hartree=0.5 * float(projected @ projected),
            exact_hartree=0.5 * float(np.einsum("ij,ijkl,kl", own, exact, own, optimize=True)),
        )
    ]
    if state.exchange:
        checks.append(_exchange_check(state, state.fits, functions, probe))
    return tuple(checks)


def _exchange_check(state: GroundState, fits: Fits, functions: slice, probe: Array) -> OperatorCheck:
    from pyscf import lib

    density = 2.0 * probe @ probe.T
    tagged = lib.tag_array(density, mo_coeff=probe, mo_occ=np.full(probe.shape[1], 2.0))
    exchange = state.mean_field.get_k(state.mol, tagged)
    own = density[functions, functions]
    exact = _exact_integrals(state.mol, functions, state.exchange)
    return OperatorCheck(
        name=f"exchange of {operator_name(state.exchange)}",
        field_hartree=0.25 * float(np.vdot(density, exchange)),
        factors_hartree=fits.exchange_energy(probe),
        exact_hartree=0.25 * float(np.einsum("ik,ijkl,jl", own, exact, own, optimize=True)),
    )


def _heaviest_atom(mol: Mole) -> slice:
    """Return basis functions of the atom with the largest nuclear charge: whole shells, at most _MOST_FUNCTIONS."""
    atom = int(np.argmax(mol.atom_charges()))
    first_shell, last_shell, first, _ = mol.aoslice_by_atom()[atom]
    ends = [int(end) for end in mol.ao_loc[first_shell + 1 : last_shell + 1] if end - first <= _MOST_FUNCTIONS]
    return slice(int(first), ends[-1])


def _probe(state: GroundState, functions: slice) -> Array:
    """Return orbitals, (n_ao, n), whose double occupation is the density's block on these functions."""
    occupations, vectors = np.linalg.eigh(state.density[functions, functions] / 2)
    kept = occupations > _LEAST_OCCUPATION
    probe = np.zeros((state.mol.nao, int(kept.sum())))
    probe[functions] = vectors[:, kept] * np.sqrt(occupations[kept])
    return probe


def _exact_integrals(mol: Mole, functions: slice, operator: Terms) -> Array:
    """Return (ij|kl) over some functions, (n, n, n, n)."""
    first, last = (int(np.searchsorted(mol.ao_loc, edge)) for edge in (functions.start, functions.stop))
    total = np.zeros(())
    for factor, omega in operator:
        with mol.with_range_coulomb(omega):
            total = total + factor * mol.intor("int2e", shls_slice=(first, last) * 4)
    return total
