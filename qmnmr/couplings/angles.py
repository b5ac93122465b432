"""Angles between bonds, in degrees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qmnmr.datatypes.rdkit_molecule import Coordinates


def bond_angle(positions: Coordinates, atoms: Sequence[int]) -> float:
    """Return the angle at the second of three atoms; positions (n, 3) in Å."""
    a, b, c = (positions[atom] for atom in atoms)
    u, v = a - b, c - b
    cosine = np.dot(u, v) / (np.linalg.norm(u) * np.linalg.norm(v))
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def dihedral_angle(positions: Coordinates, atoms: Sequence[int]) -> float:
    """Return the dihedral angle of four atoms with IUPAC's sign, -180 to 180; positions (n, 3) in Å."""
    a, b, c, d = (positions[atom] for atom in atoms)
    axis = (c - b) / np.linalg.norm(c - b)
    u = (a - b) - axis * np.dot(a - b, axis)
    v = (d - c) - axis * np.dot(d - c, axis)
    return float(np.degrees(np.arctan2(np.dot(np.cross(axis, u), v), np.dot(u, v))))
