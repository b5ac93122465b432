"""Rotational constants, as a measure of shape that knows nothing of the numbering."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.rdkit_molecule import coordinates_of

TOLERANCE = 0.025
"""Relative difference below which two rotational constants are one.

CREST takes 1 % to 2.5 %, by the anisotropy (BTHR; Pracht, Bohle, Grimme, PCCP 2020, 22, 7169).
"""

_SMALLEST_MOMENT = 0.5  # u Å², below that of H2: about the axis of a linear molecule


def principal_moments(geometry: Geometry) -> NDArray[np.float64]:
    """Return the principal moments of inertia (3,) in u Å², ascending; rotational constants are h/(8 pi^2 c I)."""
    from rdkit import Chem

    table = Chem.GetPeriodicTable()
    masses = np.array([table.GetAtomicWeight(symbol) for symbol in geometry.symbols])
    points = coordinates_of(geometry)
    points = points - np.average(points, axis=0, weights=masses)
    products = np.einsum("k,ki,kj->ij", masses, points, points)
    return np.asarray(np.linalg.eigvalsh(np.trace(products) * np.eye(3) - products))


def rotates_alike(first: NDArray[np.float64], second: NDArray[np.float64], *, tolerance: float = TOLERANCE) -> bool:
    """Return whether all three rotational constants agree, given the principal moments."""
    scale = np.maximum(np.maximum(first, second), _SMALLEST_MOMENT)
    return bool((np.abs(first - second) <= tolerance * scale).all())
