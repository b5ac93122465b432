"""Redundant internal coordinates: bond lengths, angles, torsions, and what they become with a change of positions.

Positions are in bohr, (n_atoms, 3); angles in radian. An angle that is nearly straight is described by two bends along
fixed directions (the derivative of the angle has no limit there), and torsions go through it from end to end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from qmnmr.engines.elements import COVALENT_RADII_ANGSTROM, is_bonded
from qmnmr.units import BOHR_ANGSTROM

Array = NDArray[np.float64]
Atoms = NDArray[np.intp]

_ATOMS_OF_TORSION = 4
_STRAIGHT = np.radians(170.0)
_FORCE_CONSTANTS = {"bond": 0.45, "angle": 0.16, "torsion": 0.023}
"""hartree per bohr^2 or radian^2 (Schlegel, Theor. Chim. Acta 66, 333 (1984), in the rounded form of Baker)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalCoordinates:
    """Which atoms form which coordinate, in one order: bonds, angles, straight bends, torsions."""

    bonds: Atoms  # (n, 2)
    angles: Atoms  # (n, 3): the middle one is the vertex
    bends: Atoms  # (n, 3): the same of nearly straight angles
    bend_directions: Array  # (n, 3): unit vectors across the angle
    torsions: Atoms  # (n, 4)

    def __len__(self) -> int:
        return len(self.bonds) + len(self.angles) + len(self.bends) + len(self.torsions)

    @property
    def force_constants(self) -> Array:
        """Return a plain force field's, (n,), in hartree per bohr^2 or radian^2."""
        numbers = (len(self.bonds), len(self.angles) + len(self.bends), len(self.torsions))
        return np.repeat(list(_FORCE_CONSTANTS.values()), numbers)

    @property
    def torsion_part(self) -> slice:
        """Return where the torsions stand."""
        return slice(len(self) - len(self.torsions), len(self))

    def values(self, positions: Array) -> Array:
        """Return the coordinates' values, (n,), in bohr and radian."""
        return self.values_and_matrix(positions)[0]

    def matrix(self, positions: Array) -> Array:
        """Return Wilson's B matrix, the derivatives of the coordinates with the positions, (n, 3 n_atoms)."""
        return self.values_and_matrix(positions)[1]

    def difference(self, later: Array, earlier: Array) -> Array:
        """Return later minus earlier values; torsions between -pi and pi."""
        change = later - earlier
        part = self.torsion_part
        change[part] = (change[part] + np.pi) % (2 * np.pi) - np.pi
        return change

    def largest_changes(self, earlier: Array, later: Array) -> tuple[float, float, float]:
        """Return the largest change of a bond (bohr), of an angle and of a torsion (radian) between positions."""
        change = np.abs(self.difference(self.values(later), self.values(earlier)))
        parts = (slice(len(self.bonds)), slice(len(self.bonds), self.torsion_part.start), self.torsion_part)
        bonds, angles, torsions = (float(change[part].max(initial=0.0)) for part in parts)
        return bonds, angles, torsions

    def values_and_matrix(self, positions: Array) -> tuple[Array, Array]:
        """Return values and B matrix."""
        kinds = (
            (self.bonds, *_bond_terms(positions, self.bonds)),
            (self.angles, *_angle_terms(positions, self.angles)),
            (self.bends, *_bend_terms(positions, self.bends, self.bend_directions)),
            (self.torsions, *torsion_values(positions, self.torsions)),
        )
        matrix = np.zeros((len(self), positions.size))
        first = 0
        for atoms, _, slopes in kinds:  # slopes (n, atoms of one, 3)
            rows = np.arange(first, first + len(atoms))
            for place in range(atoms.shape[1]):
                for axis in range(3):
                    np.add.at(matrix, (rows, 3 * atoms[:, place] + axis), slopes[:, place, axis])
            first += len(atoms)
        return np.concatenate([values for _, values, _ in kinds]), matrix


def internal_coordinates(symbols: Sequence[str], positions: Array) -> InternalCoordinates:
    """Return the coordinates of a structure; parts that no bond joins are joined by their nearest atoms."""
    bonds = _bonds(symbols, positions)
    neighbours: list[list[int]] = [[] for _ in symbols]
    for first, second in bonds:
        neighbours[first].append(second)
        neighbours[second].append(first)
    triples = [(i, j, k) for j, near in enumerate(neighbours) for i, k in combinations(sorted(near), 2)]
    values = _angle_terms(positions, _atoms(triples, 3))[0]
    straight = [t for t, value in zip(triples, values, strict=True) if value > _STRAIGHT]
    bent = [t for t in triples if t not in set(straight)]
    bent_ends = {end for i, j, k in bent for end in ((i, j, k), (k, j, i))}
    torsions = [
        (i, j, k, m)
        for j, after_j, before_k, k in _axes(bonds, straight)
        for i in neighbours[j]
        for m in neighbours[k]
        if len({i, j, k, m}) == _ATOMS_OF_TORSION and (i, j, after_j) in bent_ends and (before_k, k, m) in bent_ends
    ]
    bends = [t for t in straight for _ in range(2)]
    directions = [d for t in straight for d in _across(positions, t)]
    return InternalCoordinates(
        bonds=_atoms(bonds, 2),
        angles=_atoms(bent, 3),
        bends=_atoms(bends, 3),
        bend_directions=np.array(directions, dtype=float).reshape(-1, 3),
        torsions=_atoms(torsions, 4),
    )


def _axes(
    bonds: Sequence[tuple[int, int]], straight: Sequence[tuple[int, int, int]]
) -> list[tuple[int, int, int, int]]:
    """Return what torsions turn about: bonds, and straight chains of them; ends, and the atoms next to them."""
    onward = {(i, j): k for triple in straight for i, j, k in (triple, triple[::-1])}
    inner = {j for _, j, _ in straight}
    axes = [(j, k, j, k) for j, k in bonds if j not in inner and k not in inner]
    for first, second in (pair for bond in bonds for pair in (bond, bond[::-1])):
        if first in inner or second not in inner:
            continue
        before, last = first, second
        while (before, last) in onward:
            before, last = last, onward[before, last]
        if last not in inner and first < last:
            axes.append((first, second, before, last))
    return axes


def _atoms(rows: Sequence[tuple[int, ...]], width: int) -> Atoms:
    return np.array(rows, dtype=np.intp).reshape(-1, width)


def _bonds(symbols: Sequence[str], positions: Array) -> list[tuple[int, int]]:
    distances = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    found = [
        (i, j)
        for i, j in combinations(range(len(symbols)), 2)
        if is_bonded(symbols[i], symbols[j], distance_angstrom=float(distances[i, j]) * BOHR_ANGSTROM)
    ]
    radii = np.array([COVALENT_RADII_ANGSTROM[s] for s in symbols])
    ratios = distances * BOHR_ANGSTROM / (radii[:, None] + radii[None])
    parts = list(range(len(symbols)))
    for i, j in found:
        _join(parts, i, j)
    while len(set(parts)) > 1:
        apart = np.where(np.equal.outer(parts, parts), np.inf, ratios)
        i, j = sorted(int(k) for k in np.unravel_index(int(apart.argmin()), apart.shape))
        found.append((i, j))
        _join(parts, i, j)
    return sorted(found)


def _join(parts: list[int], i: int, j: int) -> None:
    old, new = parts[i], parts[j]
    parts[:] = [new if part == old else part for part in parts]


def _across(positions: Array, triple: tuple[int, int, int]) -> tuple[Array, Array]:
    i, _, k = triple
    along = positions[k] - positions[i]
    along = along / np.linalg.norm(along)
    first = np.cross(along, np.eye(3)[int(np.abs(along).argmin())])
    first = first / np.linalg.norm(first)
    return first, np.cross(along, first)


def _units(positions: Array, start: Atoms, end: Atoms) -> tuple[Array, Array]:
    """Return unit vectors, (n, 3), and lengths, (n, 1)."""
    vectors = positions[end] - positions[start]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths, lengths


def _bond_terms(positions: Array, bonds: Atoms) -> tuple[Array, Array]:
    units, lengths = _units(positions, bonds[:, 0], bonds[:, 1])
    return lengths[:, 0], np.stack([-units, units], axis=1)


def _angle_terms(positions: Array, angles: Atoms) -> tuple[Array, Array]:
    u, a = _units(positions, angles[:, 1], angles[:, 0])
    v, b = _units(positions, angles[:, 1], angles[:, 2])
    cosine = np.clip((u * v).sum(axis=1, keepdims=True), -1.0, 1.0)
    sine = np.maximum(np.sqrt(1.0 - cosine**2), 1e-8)
    first = (cosine * u - v) / (a * sine)
    last = (cosine * v - u) / (b * sine)
    return np.arccos(cosine[:, 0]), np.stack([first, -first - last, last], axis=1)


def _bend_terms(positions: Array, bends: Atoms, directions: Array) -> tuple[Array, Array]:
    """Return how far the sum of the two unit vectors from the vertex reaches along the direction."""
    u, a = _units(positions, bends[:, 1], bends[:, 0])
    v, b = _units(positions, bends[:, 1], bends[:, 2])
    on_u, on_v = (u * directions).sum(axis=1, keepdims=True), (v * directions).sum(axis=1, keepdims=True)
    first, last = (directions - on_u * u) / a, (directions - on_v * v) / b
    return (on_u + on_v)[:, 0], np.stack([first, -first - last, last], axis=1)


def torsion_values(positions: Array, torsions: Atoms) -> tuple[Array, Array]:
    """Return torsions, (n,), in radian, and their derivatives with the positions of their atoms, (n, 4, 3)."""
    i, j, k, m = torsions.T
    f, g, h = positions[i] - positions[j], positions[j] - positions[k], positions[m] - positions[k]
    a, b = np.cross(f, g), np.cross(h, g)
    length = np.linalg.norm(g, axis=1, keepdims=True)
    a2, b2 = (a * a).sum(axis=1, keepdims=True), (b * b).sum(axis=1, keepdims=True)
    values = np.arctan2((np.cross(b, a) * g).sum(axis=1) / length[:, 0], (a * b).sum(axis=1))
    # Blondel, Karplus, J. Comput. Chem. 17, 1132 (1996)
    on_f, on_h = (f * g).sum(axis=1, keepdims=True), (h * g).sum(axis=1, keepdims=True)
    first, last = -length / a2 * a, length / b2 * b
    shift = on_f / (a2 * length) * a - on_h / (b2 * length) * b
    return values, np.stack([first, -first + shift, -shift - last, last], axis=1)
