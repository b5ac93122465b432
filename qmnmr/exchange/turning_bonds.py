"""Bonds that hold the sides of their substituents long enough for NMR (amides and their like), or do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmnmr.exchange.sites import Bond, Site, quad
from qmnmr.exchange.table import Kind, Process, matches, processes


def rotation_sites(mol: Any) -> tuple[Site, ...]:  # noqa: ANN401
    """Return the C-N bonds (and N-N, B-N) that the table knows, slow, fast or open; N is the second atom."""
    found = _first_rows(mol, "rotation")
    return tuple(
        Site(process=row, atoms=bond, elements=(bond,))
        for bond, row in sorted(found.items())
        if not _is_aromatic(mol, bond)
    )


def twist_sites(mol: Any) -> tuple[Site, ...]:  # noqa: ANN401
    """Return the N-S and N-N bonds whose groups lie across from each other, slow, fast or open.

    The element: the two groups on each end; an end with one group and lone pairs stands for the other one itself.
    """
    found = []
    for (x, y), row in sorted(_first_rows(mol, "twist").items(), key=lambda entry: entry[0]):
        corners = [atom for end, other in ((x, y), (y, x)) for atom in _arms(mol, end, other)]
        elements = (quad(corners),) if len(corners) == 4 else ()  # hydrogens that are no atoms
        found.append(Site(process=row, atoms=(x, y), elements=elements))
    return tuple(found)


def _arms(mol: Any, end: int, other: int) -> list[int]:  # noqa: ANN401
    near = [atom.GetIdx() for atom in mol.GetAtomWithIdx(end).GetNeighbors() if atom.GetIdx() != other]
    return near if len(near) > 1 else [*near, end]


def double_bond_sites(mol: Any) -> tuple[Site, ...]:  # noqa: ANN401
    """Return the double bonds that turn or whose N inverts, ends ascending; what is not here is held for ever."""
    return tuple(
        Site(process=row, atoms=bond, elements=(bond,))
        for bond, row in sorted(_first_rows(mol, "double_bond").items(), key=lambda entry: entry[0])
    )


def turning_double_bonds(sites: Sequence[Site]) -> frozenset[Bond]:
    """Return the double bonds among sites, and the bonds at N that shares its proton: they are single by turns.

    Ends ascending.
    """
    found = {site.atoms for site in sites if site.process.kind == "double_bond"}
    for site in sites:
        if site.process.kind == "proton":
            pairs = [(atom, other) for atom in site.atoms for other in site.path if atom != other]
            found |= {(min(pair), max(pair)) for pair in pairs}
    return frozenset((first, second) for first, second in found)


def _first_rows(mol: Any, kind: Kind) -> dict[Bond, Process]:  # noqa: ANN401
    """Return for each bond the first row that matches it."""
    found: dict[Bond, Process] = {}
    for row in processes(kind):
        for smarts in row.smarts:
            for match in matches(mol, smarts):
                first, second = match.named[0][0], match.named[1][0]
                bond = (first, second) if kind == "rotation" else (min(first, second), max(first, second))
                found.setdefault(bond, row)
    return found


def _is_aromatic(mol: Any, bond: Bond) -> bool:  # noqa: ANN401
    """Return whether the bond belongs to an aromatic ring."""
    return bool(mol.GetBondBetweenAtoms(*bond).GetIsAromatic())
