"""Chains of cumulated double bonds: twisted ones (allenes) have an axis, flat ones (butatrienes) two sides."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any


def cumulenes(mol: Any) -> Iterator[tuple[int, ...]]:  # noqa: ANN401
    """Yield the atoms of every C=C=C, C=C=C=C ... with two groups at each end, once. Hydrogens may be atoms or not.

    With an odd number of atoms the ends are twisted against each other, with an even one they lie in one plane.
    Ketenes, ketenimines and carbodiimides are not among them: their N inverts fast (7 to 12 kcal/mol).
    """
    if not mol.HasSubstructMatch(_cumulated()):
        return
    for atom in mol.GetAtoms():
        if atom.GetSymbol() != "C" or atom.GetTotalDegree() != 3:
            continue
        for bond in atom.GetBonds():
            chain = [atom.GetIdx()]
            here, way = bond.GetOtherAtom(atom), bond
            while way is not None and way.GetBondTypeAsDouble() == 2.0 and here.GetSymbol() == "C":
                chain.append(here.GetIdx())
                if here.GetTotalDegree() != 2:
                    break
                way = next((other for other in here.GetBonds() if other.GetIdx() != way.GetIdx()), None)
                here = way.GetOtherAtom(here) if way is not None else here
            is_whole = mol.GetAtomWithIdx(chain[-1]).GetTotalDegree() == 3
            if len(chain) > 2 and is_whole and chain[0] < chain[-1]:
                yield tuple(chain)


@lru_cache(maxsize=1)
def _cumulated() -> Any:  # noqa: ANN401
    """Return the pattern of two cumulated double bonds, which few molecules have."""
    from rdkit import Chem

    return Chem.MolFromSmarts("C=C=C")
