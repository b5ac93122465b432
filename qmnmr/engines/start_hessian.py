"""The Hessian with which an optimiser begins, from one of a cheaper method."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qmnmr.datatypes.calculation import Matrix
from qmnmr.datatypes.molecule import Geometry

_SOFTEST = 0.005
_RIGID_BODY = 0.05
"""hartree/bohr^2. What is softer than the first would give steps that no quadratic model holds for. Translation and
rotation, whose curvature is zero, get geomeTRIC's guess: it drops a Hessian that is not positive definite."""


def start_hessian(hessian: Matrix, geometry: Geometry) -> Matrix:
    """Return a Cartesian Hessian, (3 n_atoms, 3 n_atoms) in hartree/bohr^2, with positive eigenvalues alone.

    Its internal part stays as it is where it is stiff enough.
    """
    body = rigid_body_motions(np.array(geometry.coordinates_angstrom))
    inner = np.eye(len(hessian)) - body @ body.T
    values, vectors = np.linalg.eigh(inner @ np.array(hessian) @ inner)
    mended = (vectors * np.maximum(values, _SOFTEST)) @ vectors.T
    whole = inner @ mended @ inner + _RIGID_BODY * body @ body.T
    return tuple(map(tuple, ((whole + whole.T) / 2).tolist()))


def rigid_body_motions(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an orthonormal basis of translations and rotations, (3 n_atoms, 6), 5 columns if all are in a line."""
    centred = positions - positions.mean(axis=0)
    axes = np.eye(3)
    motions = [np.tile(axis, (len(positions), 1)).ravel() for axis in axes]
    motions += [np.cross(axis, centred).ravel() for axis in axes]
    vectors, sizes, _ = np.linalg.svd(np.array(motions).T, full_matrices=False)
    return np.asarray(vectors[:, sizes > 1e-6 * sizes[0]])
