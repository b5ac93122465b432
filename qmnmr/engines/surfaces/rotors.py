"""Threefold barriers that a cheap surface gets wrong: of a saturated carbon's three substituents about an axis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qmnmr.engines.surfaces.internal_coordinates import Array, InternalCoordinates, internal_coordinates
from qmnmr.engines.surfaces.minimization import Surface
from qmnmr.units import BOHR_ANGSTROM

FOLD = 3
_SATURATED = "C4"
_DOUBLE_ANGSTROM = 1.37  # below aromatic bonds, whose two sides must counteract each other


@dataclass(frozen=True, slots=True, kw_only=True)
class RotorDifference:
    """By how much the barrier is above the cheap surface's, where the carbon turns about its bond to `axis`.

    Atoms are told by element and number of bonds: "C3" is a carbon with three. The barrier counts torsions to one
    neighbour of the axis, `beside`, as a methyl group's barrier is made up of them; those to neighbours on opposite
    sides of a plane counteract each other. Where both ends are saturated carbons, each end's barrier counts half.
    """

    axis: str
    beside: str  # "=C3" is a carbon with three bonds at a double bond's distance of the axis
    barrier: float  # hartree; the substituents are eclipsed with the neighbour at the minimum where it is positive


def rotor_barriers(
    symbols: Sequence[str], coordinates: InternalCoordinates, positions: Array, differences: Sequence[RotorDifference]
) -> Array:
    """Return the barrier in hartree of each torsion's own term b (1 - cos 3q)/2, (n_torsions,): a third of a rotor's.

    Kinds of atoms are those at `positions` (bohr, (n_atoms, 3)).
    """
    bonds = Counter(int(atom) for bond in coordinates.bonds for atom in bond)
    kinds = [f"{symbol}{bonds[atom]}" for atom, symbol in enumerate(symbols)]
    known = {(d.axis, d.beside): d.barrier / FOLD for d in differences}
    found = np.zeros(len(coordinates.torsions))
    for number, torsion in enumerate(coordinates.torsions):
        for _, carbon, axis, beside in (torsion, torsion[::-1]):
            if kinds[carbon] != _SATURATED:
                continue
            apart = float(np.linalg.norm(positions[axis] - positions[beside])) * BOHR_ANGSTROM
            is_double = kinds[axis] == kinds[beside] == "C3" and apart < _DOUBLE_ANGSTROM
            share = 0.5 if kinds[axis] == _SATURATED else 1.0
            found[number] += share * known.get((kinds[axis], f"{'=' * is_double}{kinds[beside]}"), 0.0)
    return found


class RotorSurface:
    """A cheap surface with the right barriers; which atoms are of which kind is settled by `origin`."""

    def __init__(
        self, symbols: Sequence[str], surface: Surface, *, origin: Array, differences: Sequence[RotorDifference]
    ) -> None:
        self._surface = surface
        self._coordinates = internal_coordinates(symbols, origin)
        self._barriers = rotor_barriers(symbols, self._coordinates, origin, differences)

    def __call__(self, positions: Array) -> tuple[float, Array]:
        """Return energy (hartree) and gradient (hartree/bohr, (n_atoms, 3)) at positions in bohr."""
        energy, gradient = self._surface(positions)
        if not self._barriers.any():
            return energy, gradient
        values, matrix = self._coordinates.values_and_matrix(positions)
        part = self._coordinates.torsion_part
        turned = FOLD * values[part]
        energy += float((self._barriers * (1.0 - np.cos(turned))).sum()) / 2
        slopes = FOLD / 2 * self._barriers * np.sin(turned)
        return energy, gradient + (matrix[part].T @ slopes).reshape(-1, 3)
