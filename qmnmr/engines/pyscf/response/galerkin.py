"""Linear equations near a diagonal matrix, for several right sides in one Galerkin subspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from qmnmr.engines.pyscf.field.fitting import Array

_NOTHING = 1e-12
"""Length of a vector that a perturbation does not couple."""


class ResponseNotConvergedError(Exception):
    """The coupled-perturbed equations did not reach the residual that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """Solutions of apply(U) = right, and how good they are."""

    amplitudes: Array  # U, of the right sides' shape
    residuals: Array  # right - apply(U)
    error: float  # as `measure` says
    builds: int  # how often `apply` was called
    lowest: float  # eigenvalue of the matrix in the subspace, in the metric of the gap: an upper bound of the true one


Measure = Callable[[Array, Array, float], float]
"""From the errors over the root of the gap (n, m), that root (m,) and `lowest` to one figure."""


def largest_amplitude(errors: Array, root: Array, _: float) -> float:
    """Return the largest error of an amplitude, estimated with the gap."""
    return float(np.abs(errors / root).max())


def solve(
    apply: Callable[[Array], Array],
    right: Array,
    gap: Array,
    *,
    threshold: float,
    most_builds: int,
    measure: Measure = largest_amplitude,
) -> Solution:
    """Solve apply(U) = right for a symmetric operator near `gap` (n_virtual, n_occupied), right (n, *gap.shape).

    Trial vectors are the residuals over the gap, orthonormal in the metric of the gap.
    Raises ResponseNotConvergedError after that many builds.
    """
    shape = right.shape
    root = np.sqrt(gap).ravel()
    targets = right.reshape(len(right), -1) / root
    if not np.linalg.norm(targets, axis=1).max() > _NOTHING:  # an atom, or H2 without p functions
        return Solution(amplitudes=np.zeros(shape), residuals=np.zeros(shape), error=0.0, builds=0, lowest=1.0)
    basis = np.empty((0, targets.shape[1]))
    images = np.empty_like(basis)
    new = targets
    for build in range(1, most_builds + 1):
        new = _orthonormal(new, basis)
        image = apply((new / root).reshape(-1, *gap.shape)).reshape(len(new), -1) / root
        basis, images = np.vstack([basis, new]), np.vstack([images, image])
        matrix = basis @ images.T
        weights = scipy.linalg.solve(matrix, basis @ targets.T, assume_a="sym")
        errors = targets - weights.T @ images
        lowest = float(scipy.linalg.eigvalsh(matrix, subset_by_index=(0, 0))[0])
        error = measure(errors, root, lowest)
        if error < threshold:
            return Solution(
                amplitudes=(weights.T @ basis / root).reshape(shape),
                residuals=(errors * root).reshape(shape),
                error=error,
                builds=build,
                lowest=lowest,
            )
        new = errors
    raise ResponseNotConvergedError(
        f"the coupled-perturbed equations stand at a residual of {error:.1e} after {most_builds} exchange builds; "
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
