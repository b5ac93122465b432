"""Rings whose conformation is a configuration: strained trans alkenes, cyclophanes, bowls, helices."""

from __future__ import annotations

from typing import Any

from qmnmr.exchange.sites import Element, Site, quad
from qmnmr.exchange.table import matches, process, processes

_HELD_TRANS_RINGS = (8, 9)
_HELD_BRIDGE = {"para": 10, "meta": 6}  # atoms; a second ring in the bridge of [2.2]metacyclophane: see _bridge_row
_OPEN_BRIDGE = {"para": 12, "meta": 8}


def ring_sites(mol: Any) -> tuple[Site, ...]:  # noqa: ANN401
    """Return the rings that are held as the table says."""
    return (*_patterned(mol), *_trans_alkenes(mol), *_cyclophanes(mol))


def _patterned(mol: Any) -> list[Site]:  # noqa: ANN401
    """Return one site for each pattern of a row, with the torsions of all its fits."""
    found = []
    for row in processes("ring"):
        for smarts in row.smarts:
            elements: set[Element] = {quad([atoms[0] for atoms in match.named[:4]]) for match in matches(mol, smarts)}
            if elements:
                atoms = tuple(sorted({atom for element in elements for atom in element}))
                found.append(Site(process=row, atoms=atoms, elements=tuple(sorted(elements))))
    return found


def _trans_alkenes(mol: Any) -> list[Site]:  # noqa: ANN401
    """Return double bonds that lie trans in a small ring: the torsion along the ring keeps its sign."""
    found = []
    rings = mol.GetRingInfo()
    for bond in mol.GetBonds():
        sizes = [len(ring) for ring in rings.BondRings() if bond.GetIdx() in ring]
        if not sizes or min(sizes) not in _HELD_TRANS_RINGS or str(bond.GetStereo()) in ("STEREONONE", "STEREOANY"):
            continue
        ring = next(atoms for atoms in rings.AtomRings() if len(atoms) == min(sizes) and _holds(atoms, bond))
        ends = (bond.GetBeginAtom(), bond.GetEndAtom())
        inner = [
            next(n.GetIdx() for n in end.GetNeighbors() if n.GetIdx() in ring and n.GetIdx() != other.GetIdx())
            for end, other in (ends, ends[::-1])
        ]
        references = list(bond.GetStereoAtoms())
        is_trans = str(bond.GetStereo()) in ("STEREOE", "STEREOTRANS")
        turned = sum(reference != atom for reference, atom in zip(references, inner, strict=True))
        if is_trans == (turned % 2 == 0):
            atoms = (ends[0].GetIdx(), ends[1].GetIdx())
            found.append(Site(process=process("trans-cyclooctene"), atoms=atoms, elements=(quad([*inner, *atoms]),)))
    return found


def _holds(atoms: tuple[int, ...], bond: Any) -> bool:  # noqa: ANN401
    return bond.GetBeginAtomIdx() in atoms and bond.GetEndAtomIdx() in atoms


def _cyclophanes(mol: Any) -> list[Site]:  # noqa: ANN401
    """Return aromatic six-membered rings whose bridge is too short to let them turn.

    The element of each bridged atom: its two ring neighbours, itself, and the second atom of the bridge, which lies on
    one face of the ring.
    """
    found = []
    for ring in mol.GetRingInfo().AtomRings():
        if len(ring) != 6 or not all(mol.GetAtomWithIdx(atom).GetIsAromatic() for atom in ring):
            continue
        for steps, place in ((3, "para"), (2, "meta")):
            for start in range(6 if place == "meta" else 3):
                first, last = ring[start], ring[(start + steps) % 6]
                bridge = _bridge(mol, ring, first, last)
                key = _bridge_row(mol, bridge, place)
                if key is None:
                    continue
                elements = tuple(
                    quad([*_ring_neighbours(mol, ring, atom), atom, second])
                    for atom, second in ((first, bridge[1]), (last, bridge[-2]))
                )
                found.append(Site(process=process(key), atoms=(first, last), elements=elements))
    return found


def _ring_neighbours(mol: Any, ring: tuple[int, ...], atom: int) -> list[int]:  # noqa: ANN401
    return [near.GetIdx() for near in mol.GetAtomWithIdx(atom).GetNeighbors() if near.GetIdx() in ring]


def _bridge_row(mol: Any, bridge: list[int], place: str) -> str | None:  # noqa: ANN401
    """Return the key of the row for a bridge, None where the ring turns, or there is no bridge over a face."""
    length = len(bridge)
    if length < 4:  # none, or a ring fused to this one
        return None
    has_ring = any(mol.GetAtomWithIdx(atom).GetIsAromatic() for atom in bridge)
    held = _HELD_BRIDGE[place] + (1 if has_ring and place == "meta" else 0)
    if length <= held:
        return "cyclophane"
    return "wide-cyclophane" if length <= _OPEN_BRIDGE[place] and not has_ring else None


def _bridge(mol: Any, ring: tuple[int, ...], first: int, last: int) -> list[int]:  # noqa: ANN401
    """Return the shortest way of atoms outside a ring from one of its atoms to another, both left out."""
    ways = [[near.GetIdx()] for near in mol.GetAtomWithIdx(first).GetNeighbors() if near.GetIdx() not in ring]
    seen = set(ring) | {way[0] for way in ways}
    while ways:
        way = ways.pop(0)
        for near in mol.GetAtomWithIdx(way[-1]).GetNeighbors():
            index = near.GetIdx()
            if index == last and len(way) > 1:
                return way
            if index not in seen:
                seen.add(index)
                ways.append([*way, index])
    return []
