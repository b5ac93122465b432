"""A cheap surface with a term that is linear in internal coordinates, so that its slope at one place is that of DFT.

E(R) = E_cheap(R) + f . (q(R) - q(R0)), where B^t f is the difference of the gradients at R0. The cheap surface's own
curvature carries rotors and rings; the linear term holds along torsions, where one in Cartesian coordinates would not.
Where the two methods' bonds are known to differ in stiffness, 1/2 dk (q - q0)^2 is added for each bond: the way gets
shorter or longer, the place where it ends when all gradients are zero stays the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from qmnmr.engines.surfaces.internal_coordinates import Array, InternalCoordinates, internal_coordinates
from qmnmr.engines.surfaces.minimization import Surface


class ShiftedSurface:
    """Energy and gradient of the sum; the energy of the linear term is zero at `origin`."""

    def __init__(
        self,
        symbols: Sequence[str],
        surface: Surface,
        *,
        origin: Array,
        gradient: Array,
        stiffening: Mapping[str, float] | None = None,
    ) -> None:
        """Give the surface the slope `gradient` (hartree/bohr, (n_atoms, 3)) at `origin` (bohr, (n_atoms, 3)).

        `stiffening` is dk of bonds in hartree/bohr^2, by their elements in alphabetical order: "CN".
        """
        self.coordinates = internal_coordinates(symbols, origin)
        self.origin = origin
        self.energy_at_origin, slope = surface(origin)
        self.forces = _internal_forces(self.coordinates, origin, gradient - slope)
        self._surface = surface
        self._values = self.coordinates.values(origin)
        self._stiffening = np.zeros(len(self.coordinates))
        for number, bond in enumerate(self.coordinates.bonds):
            pair = "".join(sorted(symbols[atom] for atom in bond))
            self._stiffening[number] = (stiffening or {}).get(pair, 0.0)

    def __call__(self, positions: Array) -> tuple[float, Array]:
        """Return energy (hartree) and gradient (hartree/bohr, (n_atoms, 3)) at positions in bohr."""
        energy, gradient = self._surface(positions)
        values, matrix = self.coordinates.values_and_matrix(positions)
        moved = self.coordinates.difference(values, self._values)
        forces = self.forces + self._stiffening * moved
        energy += float((self.forces + forces) @ moved) / 2
        return energy, gradient + (matrix.T @ forces).reshape(-1, 3)


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
