"""A cheap surface with a term in internal coordinates, so that its slope at one place is that of DFT.

E(R) = E_cheap(R) + f . m(R), where m is q(R) - q(R0), and B^t f is the difference of the gradients at R0. The cheap
surface's own curvature carries rotors and rings; the term holds along torsions, where one that is linear in Cartesian
coordinates would not. For torsions m is sin(3 (q - q0))/3, as threefold rotors are: a straight line has no end, and a
methyl group whose barrier is lower than what the line gains in a turn would turn for ever.
Where they are known to differ in stiffness, 1/2 dk m^2 is added for each coordinate: the way gets
shorter or longer, the place where it ends when all gradients are zero stays the same. DFT's gradients at earlier places
correct the stiffness further, so that the surface's slopes there are DFT's as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qmnmr.engines.surfaces.internal_coordinates import Array, InternalCoordinates, internal_coordinates
from qmnmr.engines.surfaces.minimization import Surface
from qmnmr.engines.surfaces.rotors import FOLD
from qmnmr.units import BOHR_ANGSTROM

_FARTHEST = np.radians(25.0)  # of a torsion: beyond it a place says nothing of the stiffness here
_SOFTER, _STIFFER = -0.5, 2.0
"""Times a force field's stiffness: an update that changes it by more along its way has learned from noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BondStiffening:
    """That of a pair of elements, for bonds of each length: multiple ones differ from single ones."""

    elements: str  # in alphabetical order: "CN"
    shortest_angstrom: float  # until the next longer entry of the pair
    constant: float  # hartree/bohr^2


@dataclass(frozen=True, slots=True, kw_only=True)
class Stiffening:
    """How much stiffer DFT's coordinates are than the cheap surface's; torsions are taken as they are."""

    bonds: tuple[BondStiffening, ...]
    angles: tuple[float, float, float]  # hartree/radian^2, with no, one and two hydrogen atoms at the ends
    bends: float  # hartree, of straight angles, whose coordinates are projections of unit vectors

    def of(self, symbols: Sequence[str], coordinates: InternalCoordinates, positions: Array) -> Array:
        """Return that of each coordinate, (n,), for a structure, (n_atoms, 3) in bohr."""
        found = np.zeros(len(coordinates))
        bonds, angles = len(coordinates.bonds), len(coordinates.angles)
        for number, (first, second) in enumerate(coordinates.bonds):
            length = float(np.linalg.norm(positions[first] - positions[second])) * BOHR_ANGSTROM
            found[number] = self._of_bond("".join(sorted((symbols[first], symbols[second]))), length)
        found[bonds : bonds + angles] = [
            self.angles[(symbols[first] == "H") + (symbols[last] == "H")] for first, _, last in coordinates.angles
        ]
        found[bonds + angles : coordinates.torsion_part.start] = self.bends
        return found

    def _of_bond(self, elements: str, length_angstrom: float) -> float:
        suitable = [b for b in self.bonds if b.elements == elements and b.shortest_angstrom <= length_angstrom]
        return max(suitable, key=lambda b: b.shortest_angstrom).constant if suitable else 0.0


class ShiftedSurface:
    """Energy and gradient of the sum; the energy of the added terms is zero at `origin`."""

    def __init__(
        self,
        symbols: Sequence[str],
        surface: Surface,
        *,
        origin: Array,
        gradient: Array,
        stiffening: Stiffening | None = None,
        earlier: Sequence[tuple[Array, Array]] = (),
    ) -> None:
        """Give the surface the slope `gradient` (hartree/bohr, (n_atoms, 3)) at `origin` (bohr, (n_atoms, 3)).

        `earlier` are places with their gradients, oldest first. Raises what the surface raises.
        """
        self.coordinates = internal_coordinates(symbols, origin)
        self.origin = origin
        self._surface = surface
        self.energy_at_origin, slope = surface(origin)
        self.forces = _internal_forces(self.coordinates, origin, gradient - slope)
        self._values = self.coordinates.values(origin)
        self._stiffness = np.zeros(len(self.coordinates))
        if stiffening is not None:
            self._stiffness = stiffening.of(symbols, self.coordinates, origin)
        self._updates: list[tuple[Array, float]] = []
        for positions, found in earlier:
            self._learn(positions, found - surface(positions)[1])

    def __call__(self, positions: Array) -> tuple[float, Array]:
        """Return energy (hartree) and gradient (hartree/bohr, (n_atoms, 3)) at positions in bohr."""
        energy, gradient = self._surface(positions)
        values, matrix = self.coordinates.values_and_matrix(positions)
        moved, slopes = self._moved(values)
        forces = self.forces + self._change(moved)
        energy += float((self.forces + forces) @ moved) / 2
        return energy, gradient + (matrix.T @ (slopes * forces)).reshape(-1, 3)

    def _moved(self, values: Array) -> tuple[Array, Array]:
        """Return how far the coordinates are from their values at the origin, in what the terms use, and its slope."""
        moved, slopes = self.coordinates.difference(values, self._values), np.ones(len(values))
        part = self.coordinates.torsion_part
        slopes[part] = np.cos(FOLD * moved[part])
        moved[part] = np.sin(FOLD * moved[part]) / FOLD
        return moved, slopes

    def _change(self, moved: Array) -> Array:
        """Return by how much the forces change with the coordinates."""
        change = self._stiffness * moved
        for vector, divisor in self._updates:
            change = change + vector * float(vector @ moved) / divisor
        return change

    def _learn(self, positions: Array, difference: Array) -> None:
        """Update the stiffness by what the gradients' difference is elsewhere (symmetric rank one: Broyden 1967)."""
        values = self.coordinates.values(positions)
        turned = self.coordinates.difference(values, self._values)[self.coordinates.torsion_part]
        if np.abs(turned).max(initial=0.0) > _FARTHEST:
            return
        moved, slopes = self._moved(values)
        wanted = _internal_forces(self.coordinates, positions, difference) / slopes - self.forces
        missing = wanted - self._change(moved)
        divisor = float(missing @ moved)
        change = float((missing**2 / self.coordinates.force_constants).sum()) / divisor if divisor else 0.0
        if _SOFTER < change < _STIFFER and change:
            self._updates.append((missing, divisor))


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
