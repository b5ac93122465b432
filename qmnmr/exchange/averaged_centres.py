"""Atoms that a drawing may give a configuration, and a spectrum does not."""

from __future__ import annotations

from typing import Any

from qmnmr.exchange.inversion import inversion_sites


def averaged_centres(mol: Any) -> frozenset[int]:  # noqa: ANN401
    """Return N that inverts fast, and P and S with two O or S that proton exchange or resonance makes alike.

    Hydrogens may be atoms or not.
    """
    inverting = {site.atoms[0] for site in inversion_sites(mol) if not site.process.is_held}
    return frozenset(inverting | {atom.GetIdx() for atom in mol.GetAtoms() if len(_alike_ends(atom)) > 1})


def is_averaged_acid(atom: Any) -> bool:  # noqa: ANN401
    """Return whether this is P or S whose O (or S) are made alike by a proton that moves, not by resonance alone."""
    ends = _alike_ends(atom)
    return len({end.GetTotalNumHs(includeNeighbors=True) for end in ends}) > 1


def _alike_ends(atom: Any) -> list[Any]:  # noqa: ANN401
    """Return the O (or S) with no other neighbour than P or S, and perhaps H, of which there are two at least."""
    if atom.GetSymbol() not in ("P", "S") or atom.GetIsAromatic():
        return []
    ends = [
        near
        for near in atom.GetNeighbors()
        if near.GetSymbol() in ("O", "S") and sum(n.GetSymbol() != "H" for n in near.GetNeighbors()) == 1
    ]
    symbols = [end.GetSymbol() for end in ends]
    return [end for end in ends if symbols.count(end.GetSymbol()) > 1]
