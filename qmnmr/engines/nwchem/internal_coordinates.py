"""Whether NWChem's automatic internal coordinates (autoz) can describe a structure."""

from __future__ import annotations

import math

from qmnmr.datatypes.molecule import Geometry, Position
from qmnmr.engines.elements import is_bonded

# autoz makes no dihedral angle around a bond of a straight chain, then has too few coordinates and stops.
_STRAIGHT_DEGREES = 165.0


def has_good_internal_coordinates(geometry: Geometry) -> bool:
    """Return whether autoz will do: all atoms in one piece, and no nearly straight angle between bonded atoms."""
    neighbours = _neighbours(geometry)
    return _is_connected(neighbours) and not _has_straight_angle(geometry, neighbours)


def _neighbours(geometry: Geometry) -> list[list[int]]:
    positions, symbols = geometry.coordinates_angstrom, geometry.symbols
    neighbours: list[list[int]] = [[] for _ in positions]
    for i, first in enumerate(positions):
        for j in range(i):
            distance = math.dist(first, positions[j])
            if is_bonded(symbols[i], symbols[j], distance_angstrom=distance):
                neighbours[i].append(j)
                neighbours[j].append(i)
    return neighbours


def _is_connected(neighbours: list[list[int]]) -> bool:
    reached, waiting = {0}, [0]
    while waiting:
        fresh = set(neighbours[waiting.pop()]) - reached
        reached |= fresh
        waiting.extend(fresh)
    return len(reached) == len(neighbours)


def _has_straight_angle(geometry: Geometry, neighbours: list[list[int]]) -> bool:
    positions = geometry.coordinates_angstrom
    return any(
        _angle_degrees(positions[first], positions[centre], positions[second]) > _STRAIGHT_DEGREES
        for centre, bonded in enumerate(neighbours)
        for i, first in enumerate(bonded)
        for second in bonded[:i]
    )


def _angle_degrees(first: Position, centre: Position, second: Position) -> float:
    to_first = [a - b for a, b in zip(first, centre, strict=True)]
    to_second = [a - b for a, b in zip(second, centre, strict=True)]
    cosine = sum(a * b for a, b in zip(to_first, to_second, strict=True)) / (
        math.hypot(*to_first) * math.hypot(*to_second)
    )
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
