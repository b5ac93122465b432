"""Threefold barriers that a cheap surface gets wrong: of a saturated carbon's three substituents about an axis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qmnmr.engines.surfaces.internal_coordinates import (
    Array,
    Atoms,
    InternalCoordinates,
    internal_coordinates,
    torsion_values,
)
from qmnmr.units import BOHR_ANGSTROM

FOLD = 3
SATURATED = "C4"
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
            if kinds[carbon] != SATURATED:
                continue
            apart = float(np.linalg.norm(positions[axis] - positions[beside])) * BOHR_ANGSTROM
            is_double = kinds[axis] == kinds[beside] == "C3" and apart < _DOUBLE_ANGSTROM
            share = 0.5 if kinds[axis] == SATURATED else 1.0
            found[number] += share * known.get((kinds[axis], f"{'=' * is_double}{kinds[beside]}"), 0.0)
    return found


class RotorTerms:
    """Energy and gradient of the differences of all rotors; kinds of atoms are settled by `origin`."""

    def __init__(self, symbols: Sequence[str], *, origin: Array, differences: Sequence[RotorDifference]) -> None:
        self._symbols, self._differences = symbols, differences
        self._torsions, self._barriers = self._terms_at(origin)

    def __call__(self, positions: Array) -> tuple[float, Array]:
        """Return energy (hartree) and gradient (hartree/bohr, (n_atoms, 3)) at positions in bohr."""
        if not len(self._torsions):
            return 0.0, np.zeros_like(positions)
        values, derivatives = torsion_values(positions, self._torsions)
        turned = FOLD * values
        energy = float((self._barriers * (1.0 - np.cos(turned))).sum()) / 2
        slopes = FOLD / 2 * self._barriers * np.sin(turned)
        gradient = np.zeros_like(positions)
        np.add.at(gradient, self._torsions, slopes[:, None, None] * derivatives)
        return energy, gradient

    def belong_to(self, positions: Array) -> bool:
        """Return whether they are those of the kinds of atoms at these positions."""
        torsions, barriers = self._terms_at(positions)
        return np.array_equal(torsions, self._torsions) and np.array_equal(barriers, self._barriers)

    def _terms_at(self, positions: Array) -> tuple[Atoms, Array]:
        """Return the torsions that have a term, (n, 4), and its barrier, (n,)."""
        coordinates = internal_coordinates(self._symbols, positions)
        barriers = rotor_barriers(self._symbols, coordinates, positions, self._differences)
        has_one = barriers != 0.0
        return coordinates.torsions[has_one], barriers[has_one]
