"""First-order orbitals of a closed shell in a magnetic field: the coupled-perturbed equations.

(e_a - e_i) U_ai + X_ai[U] = -(h_ai - S_ai e_i + X_ai[occupied part]) with U_ij = -S_ij/2, all of them the imaginary
parts. The field induces no density of first order, so neither Coulomb term nor local functional nor continuum
responds; X is the exchange alone, and a pure functional needs no iteration at all (Schreckenbach, Ziegler 1995).
The three components of the field share one Galerkin subspace, since their equations have the same matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

from qmnmr.engines.pyscf.field.fitting import Array
from qmnmr.engines.pyscf.response.exchange import Exchange
from qmnmr.engines.pyscf.response.galerkin import solve


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """The solution, and how good it is."""

    first_order_density: Array  # (3, n_ao, n_ao), antisymmetric
    residual: float  # largest error of a U_ai, estimated with the orbital energies' differences
    builds: int  # of the exchange


def solve_response(
    *,
    orbitals: Array,
    energies: Array,
    n_occupied: int,
    fock: Array,
    overlap: Array,
    exchange: Exchange | None,
    threshold: float,
    max_builds: int = 30,
) -> Response:
    """Return the first-order density for first-order Fock (without its response) and overlap matrices in AOs."""
    occupied, virtual = orbitals[:, :n_occupied], orbitals[:, n_occupied:]
    gap = energies[n_occupied:, None] - energies[:n_occupied]
    overlap_io = occupied.T @ overlap @ occupied
    fixed = -0.5 * occupied @ overlap_io  # (3, n_ao, n_occ)
    right = -(virtual.T @ fock @ occupied - (virtual.T @ overlap @ occupied) * energies[:n_occupied])
    solution, residual, builds = right / gap, 0.0, 0
    if exchange is not None:
        right = right - virtual.T @ exchange(fixed)

        def apply(trial: Array) -> Array:
            return gap * trial + virtual.T @ exchange(virtual @ trial)

        solved = solve(apply, right, gap, threshold=threshold, most_builds=max_builds)
        solution, residual, builds = solved.amplitudes, solved.error, solved.builds + 1
    perturbed = fixed + virtual @ solution
    density = 2.0 * perturbed @ occupied.T
    return Response(first_order_density=density - density.transpose(0, 2, 1), residual=residual, builds=builds)
