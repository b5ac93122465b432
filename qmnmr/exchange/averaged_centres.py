"""Atoms that a drawing may give a configuration, and a spectrum does not."""

from __future__ import annotations

from typing import Any

from qmnmr.exchange.inversion import inversion_sites


def averaged_centres(mol: Any) -> frozenset[int]:  # noqa: ANN401
    """Return N that inverts fast, and P and S with two O or S that proton exchange or resonance makes alike.

    Hydrogens may be atoms or not.
    """
    found = {site.atoms[0] for site in inversion_sites(mol) if not site.process.is_held}
    for atom in mol.GetAtoms():
        if atom.GetSymbol() not in ("P", "S") or atom.GetIsAromatic():
            continue
        ends = [
            near.GetSymbol()
            for near in atom.GetNeighbors()
            if near.GetSymbol() in ("O", "S") and sum(n.GetSymbol() != "H" for n in near.GetNeighbors()) == 1
        ]
        if len(ends) != len(set(ends)):
            found.add(atom.GetIdx())
    return frozenset(found)
