"""First-order orbitals of a closed shell in a magnetic field: the coupled-perturbed equations.

(e_a - e_i) U_ai + X_ai[U] = -(h_ai - S_ai e_i + X_ai[occupied part]) with U_ij = -S_ij/2, all of them the imaginary
parts. The field induces no density of first order, so neither Coulomb term nor local functional nor continuum
responds; X is the exchange alone, and a pure functional needs no iteration at all (Schreckenbach, Ziegler 1995).
The three components of the field share one Galerkin subspace, since their equations have the same matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from qmnmr.engines.pyscf.field.fitting import Array

Exchange = Callable[[Array], Array]
"""From first-order orbitals (k, n_ao, n_occ), the perturbed occupied ones, to X (k, n_ao, n_occ) with one index in the
occupied space; see exchange.py."""


_NOTHING = 1e-12
"""Length of a vector that the field does not couple."""


class ResponseNotConvergedError(Exception):
    """The coupled-perturbed equations did not reach the residual that was asked for."""


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

        solution, residual, builds = _galerkin(apply, right, gap, threshold, max_builds)
        builds += 1
    perturbed = fixed + virtual @ solution
    density = 2.0 * perturbed @ occupied.T
    return Response(first_order_density=density - density.transpose(0, 2, 1), residual=residual, builds=builds)


def _galerkin(
    apply: Callable[[Array], Array], right: Array, gap: Array, threshold: float, max_builds: int
) -> tuple[Array, float, int]:
    """Solve apply(U) = right for a symmetric operator near `gap`; return U, the residual and the number of builds.

    Trial vectors are the residuals over the gap, orthonormal in the metric of the gap.
    """
    shape = right.shape
    root = np.sqrt(gap).ravel()
    targets = right.reshape(len(right), -1) / root
    if not np.linalg.norm(targets, axis=1).max() > _NOTHING:  # an atom, or H2 without p functions
        return np.zeros(shape), 0.0, 0
    basis = np.empty((0, targets.shape[1]))
    images = np.empty_like(basis)
    new = targets
    for build in range(1, max_builds + 1):
        new = _orthonormal(new, basis)
        image = apply((new / root).reshape(-1, *gap.shape)).reshape(len(new), -1) / root
        basis, images = np.vstack([basis, new]), np.vstack([images, image])
        weights = scipy.linalg.solve(basis @ images.T, basis @ targets.T, assume_a="sym")
        error = targets - weights.T @ images
        residual = float(np.abs(error / root).max())
        if residual < threshold:
            return (weights.T @ basis / root).reshape(shape), residual, build
        new = error
    raise ResponseNotConvergedError(
        f"the coupled-perturbed equations stand at a residual of {residual:.1e} after {max_builds} exchange builds; "
        f"{threshold:.0e} is asked for"
    )


def _orthonormal(new: Array, basis: Array) -> Array:
    """Return the new directions, orthonormal to each other and to the basis."""
    for _ in range(2):
        new = new - (new @ basis.T) @ basis
        lengths = np.linalg.norm(new, axis=1)
        new = new[lengths > _NOTHING] / lengths[lengths > _NOTHING, None]
    vectors, triangle = np.linalg.qr(new.T)
    return np.asarray(vectors.T[np.abs(np.diag(triangle)) > 1e-10])
