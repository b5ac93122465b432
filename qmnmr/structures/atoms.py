"""The atoms and bonds of an RDKit molecule, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def atoms(mol: Any) -> Iterator[Any]:  # noqa: ANN401
    """Return the atoms in order.

    RDKit's own sequence (`GetAtoms`) asks for its length again at each atom, and takes several times as long: of ten
    thousand molecules that is what one waits for.
    """
    return map(mol.GetAtomWithIdx, range(mol.GetNumAtoms()))


def bonds(mol: Any) -> Iterator[Any]:  # noqa: ANN401
    """Return the bonds in order, as quickly."""
    return map(mol.GetBondWithIdx, range(mol.GetNumBonds()))
