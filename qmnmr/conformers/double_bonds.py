"""Double bonds and chains of them that hold their substituents for ever."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from qmnmr.conformers.graph import BareGraph
from qmnmr.exchange.cumulenes import cumulenes
from qmnmr.exchange.sites import Bond, Quad, quad


def rigid_bonds(mol: Any, graph: BareGraph, turning: Collection[Bond]) -> tuple[Bond, ...]:  # noqa: ANN401
    """Return the double bonds with two sides, each once, first atom the lower index.

    Left out: `turning` ones (ends ascending), aromatic bonds, rings below eight members (one form only). A single bond
    that resonance makes the same as such a double bond counts too. Of three, five ... cumulated double bonds the ends
    are given, which lie in one plane.
    """
    double = [
        (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        for bond in mol.GetBonds()
        if _has_sides(mol, bond) and _ascending(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) not in turning
    ]
    classes = {frozenset((graph.colours[x], graph.colours[y])) for x, y in double}
    alike = {
        _ascending(x, y)
        for x, near in enumerate(graph.neighbours)
        for y in near
        if frozenset((graph.colours[x], graph.colours[y])) in classes and _ascending(x, y) not in turning
    }
    flat = {_ascending(chain[0], chain[-1]) for chain in cumulenes(mol) if len(chain) % 2 == 0}
    return tuple(sorted(alike | flat))


def twisted_chains(mol: Any) -> list[Quad]:  # noqa: ANN401
    """Return the four end groups of every allene (and of four, six ... cumulated double bonds)."""
    found = []
    for chain in cumulenes(mol):
        if len(chain) % 2:
            ends = [mol.GetAtomWithIdx(chain[0]), mol.GetAtomWithIdx(chain[-1])]
            found.append(quad([n.GetIdx() for end in ends for n in end.GetNeighbors() if n.GetIdx() not in chain]))
    return found


def _ascending(first: int, second: int) -> Bond:
    return min(first, second), max(first, second)


def _has_sides(mol: Any, bond: Any) -> bool:  # noqa: ANN401
    """Return whether this is a double bond whose substituents keep their sides."""
    from rdkit import Chem

    if bond.GetBondType() != Chem.BondType.DOUBLE or bond.GetIsAromatic():
        return False
    if any(mol.GetRingInfo().IsBondInRingOfSize(bond.GetIdx(), size) for size in range(3, 8)):
        return False
    return all(_is_end(end, bond) for end in (bond.GetBeginAtom(), bond.GetEndAtom()))


def _is_end(atom: Any, bond: Any) -> bool:  # noqa: ANN401
    """Return whether this atom holds substituents beside the double bond in its plane."""
    others = [other for other in atom.GetBonds() if other.GetIdx() != bond.GetIdx()]
    if atom.GetSymbol() == "S":  # sulfines, R2C=S=O, are bent at S
        return len(others) == 1 and others[0].GetBondTypeAsDouble() == 2.0
    if atom.GetSymbol() not in ("C", "N", "P") or len(others) not in (1, 2):
        return False
    if atom.GetSymbol() == "P" and len(others) == 2:
        return False
    if atom.GetSymbol() == "N" and not atom.GetFormalCharge():
        return True
    return all(other.GetBondTypeAsDouble() < 1.9 for other in others)
