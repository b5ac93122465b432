"""Pyramidal N: which ones keep their side."""

from __future__ import annotations

from typing import Any

from qmnmr.exchange.sites import Site, quad
from qmnmr.exchange.table import Process, matches, process, processes

_LARGEST_RIGID_RING = 9  # in-out isomers of larger bicycles turn inside out


def inversion_sites(mol: Any) -> tuple[Site, ...]:  # noqa: ANN401
    """Return every N with three bonds and a lone pair that may be pyramidal, and ammonium N with one H.

    The element of a three-coordinate N is the volume of its neighbours and itself, of an ammonium N that of its four
    neighbours.
    """
    rows: dict[int, Process] = dict.fromkeys(_bridgeheads(mol), process("bridgehead-nitrogen"))
    for row in processes("inversion"):
        for smarts in row.smarts:
            for match in matches(mol, smarts):
                rows.setdefault(match.named[0][0], row)
    found = []
    for index, row in sorted(rows.items()):
        around = [near.GetIdx() for near in mol.GetAtomWithIdx(index).GetNeighbors()]
        corners = around if len(around) == 4 else [*around, index]
        elements = (quad(corners),) if len(corners) == 4 else ()  # hydrogens that are no atoms
        found.append(Site(process=row, atoms=(index,), elements=elements))
    return tuple(found)


def _bridgeheads(mol: Any) -> list[int]:  # noqa: ANN401
    """Return N with three single bonds in small rings, two of which share more than one bond."""
    rings = [set(ring) for ring in mol.GetRingInfo().BondRings() if len(ring) <= _LARGEST_RIGID_RING]
    found = []
    for atom in mol.GetAtoms():
        bonds = {bond.GetIdx() for bond in atom.GetBonds()}
        if atom.GetSymbol() != "N" or len(bonds) != 3 or atom.GetIsAromatic() or atom.GetFormalCharge():
            continue
        own = [ring for ring in rings if ring & bonds]
        is_in_rings = all(any(bond in ring for ring in own) for bond in bonds)
        if is_in_rings and any(len(a & b) > 1 for i, a in enumerate(own) for b in own[:i]):
            found.append(atom.GetIdx())
    return found
