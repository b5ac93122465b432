"""Centres with five or six ligands."""

from __future__ import annotations

from typing import Any

from qmnmr.exchange.sites import Site
from qmnmr.exchange.table import process


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
