"""A cheap surface with a term that is linear in internal coordinates, so that its slope at one place is that of DFT.

E(R) = E_cheap(R) + f . (q(R) - q(R0)), where B^t f is the difference of the gradients at R0. The cheap surface's own
curvature carries rotors and rings; the linear term holds along torsions, where one in Cartesian coordinates would not.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qmnmr.engines.surfaces.internal_coordinates import Array, InternalCoordinates, internal_coordinates
from qmnmr.engines.surfaces.minimization import Surface


class ShiftedSurface:
    """Energy and gradient of the sum; the energy of the linear term is zero at `origin`."""

    def __init__(self, symbols: Sequence[str], surface: Surface, *, origin: Array, gradient: Array) -> None:
        """Give the surface the slope `gradient` (hartree/bohr, (n_atoms, 3)) at `origin` (bohr, (n_atoms, 3))."""
        self.coordinates = internal_coordinates(symbols, origin)
        self.origin = origin
        self.energy_at_origin, slope = surface(origin)
        self.forces = _internal_forces(self.coordinates, origin, gradient - slope)
        self._surface = surface
        self._values = self.coordinates.values(origin)

    def __call__(self, positions: Array) -> tuple[float, Array]:
        """Return energy (hartree) and gradient (hartree/bohr, (n_atoms, 3)) at positions in bohr."""
        energy, gradient = self._surface(positions)
        values, matrix = self.coordinates.values_and_matrix(positions)
        moved = self.coordinates.difference(values, self._values)
        return energy + float(self.forces @ moved), gradient + (matrix.T @ self.forces).reshape(-1, 3)


def hessian_of(surface: Surface, positions: Array, *, step_bohr: float = 5e-3) -> Array:
    """Return the second derivatives by central differences of gradients, (3 n_atoms, 3 n_atoms), symmetric."""
    size = positions.size
    rows = np.empty((size, size))
    for place in range(size):
        moved = np.zeros(size)
        moved[place] = step_bohr
        change = surface(positions + moved.reshape(-1, 3))[1] - surface(positions - moved.reshape(-1, 3))[1]
        rows[place] = change.ravel() / (2 * step_bohr)
    return (rows + rows.T) / 2


def _internal_forces(coordinates: InternalCoordinates, positions: Array, gradient: Array) -> Array:
    """Return f with B^t f = gradient, as a plain force field would hold it: stiff coordinates take most.

    There are more coordinates than degrees of freedom; of all f that fit, this one is least in f^2/k.
    """
    matrix, constants = coordinates.matrix(positions), coordinates.force_constants
    hessian = matrix.T @ (constants[:, None] * matrix)
    step = np.linalg.pinv(hessian, rcond=1e-9, hermitian=True) @ gradient.ravel()
    return np.asarray(constants * (matrix @ step))
