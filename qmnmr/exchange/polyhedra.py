"""Centres with five or six ligands."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmnmr.exchange.sites import Site
from qmnmr.exchange.table import process

_BOND_ANGSTROM = 1.6  # S-F


def octahedra_with_large_ligands(mol: Any) -> list[int]:  # noqa: ANN401
    """Return six-coordinate centres with two or more ligands that are no single atoms: cis or trans is not known."""
    return [centre for centre, large, _ in _octahedra(mol) if len(large) > 1]


def place_octahedra(mol: Any, points: NDArray[np.float64]) -> NDArray[np.float64]:  # noqa: ANN401
    """Return coordinates (n, 3) in Å with the single-atom ligands of six-coordinate centres on the corners.

    Distance geometry knows no such centres. One ligand may be larger; it stays, and the others turn around it.
    """
    placed = points.copy()
    for centre, large, small in _octahedra(mol):
        axis = points[large[0]] - points[centre] if large else np.array([0.0, 0.0, 1.0])
        corners = np.linalg.svd(axis[None] / np.linalg.norm(axis))[2]  # its first row is the axis, up to its sign
        corners[0] *= np.sign(corners[0] @ axis)
        ways = [*corners, *-corners]
        for ligand, way in zip(small, ways[1:] if large else ways, strict=True):
            placed[ligand] = points[centre] + _BOND_ANGSTROM * way
    return placed


def _octahedra(mol: Any) -> list[tuple[int, list[int], list[int]]]:  # noqa: ANN401
    """Return six-coordinate centres with their ligands: those with neighbours of their own, and single atoms."""
    found = []
    for atom in mol.GetAtoms():
        if atom.GetDegree() == 6:
            large = [near.GetIdx() for near in atom.GetNeighbors() if near.GetDegree() > 1]
            small = [near.GetIdx() for near in atom.GetNeighbors() if near.GetDegree() == 1]
            found.append((atom.GetIdx(), large, small))
    return found


def polyhedron_sites(mol: Any) -> tuple[Site, ...]:  # noqa: ANN401
    """Return six-coordinate centres, and five-coordinate ones whose ligands may not exchange fast."""
    found = []
    for atom in mol.GetAtoms():
        ligands = [near.GetSymbol() for near in atom.GetNeighbors()]
        if len(ligands) == 6:
            row = process("octahedron")
        elif len(ligands) == 5 and ligands.count("C") >= 2 and len(set(ligands)) > 1:
            row = process("pseudorotation")
        else:
            continue
        index = atom.GetIdx()
        found.append(Site(process=row, atoms=(index,), elements=((index, index),)))
    return tuple(found)
