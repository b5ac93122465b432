"""Protons that move between atoms faster than NMR sees."""

from __future__ import annotations

from typing import Any

from qmnmr.exchange.sites import Site
from qmnmr.exchange.table import matches, processes


def proton_sites(mol: Any) -> tuple[Site, ...]:  # noqa: ANN401
    """Return the groups of atoms that share protons, each atom in one group at most, ascending."""
    groups: list[tuple[set[int], set[int], Any]] = []  # sharing atoms, all atoms, row
    for row in processes("proton"):
        for smarts in row.smarts:
            for match in matches(mol, smarts):
                sharing, path = set(match.named[0]), set(match.atoms)
                joined = [group for group in groups if group[0] & sharing]
                for group in joined:
                    sharing |= group[0]
                    path |= group[1]
                    groups.remove(group)
                groups.append((sharing, path, joined[0][2] if joined else row))
    found = []
    for sharing, path, row in sorted(groups, key=lambda group: min(group[0])):
        hydrogens = [
            near.GetIdx()
            for atom in sorted(sharing)
            for near in mol.GetAtomWithIdx(atom).GetNeighbors()
            if near.GetSymbol() == "H"
        ]
        found.append(
            Site(
                process=row,
                atoms=tuple(sorted(sharing)),
                path=tuple(sorted(path)),
                hydrogens=tuple(sorted(hydrogens)),
            )
        )
    return tuple(found)
