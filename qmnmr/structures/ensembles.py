"""Several structures of one compound in one file: its conformers (ensembles of CREST and CENSO)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qmnmr.datatypes.rdkit_molecule import has_positive_dihedral
from qmnmr.structures.record import Record


def as_ensembles(records: Sequence[Record], *, unit: str) -> tuple[Record, ...]:
    """Return the records with structures of one compound joined as its conformers, in the order of the first ones.

    Structures are of one compound if their graphs and configurations are the same, in whatever order of atoms: the
    first one's is kept. A record without a structure in space stays as it is. `unit` is what the file calls an entry.
    """
    found: list[list[Record]] = []
    of_smiles: dict[str, list[list[Record]]] = {}
    for record in records:
        near = of_smiles.setdefault(_smiles(record.mol), []) if record.has_geometry else []
        same = next((group for group in near if _has_axes_of(record, group[0])), None)
        if same is None:
            found.append([record])
            near.append(found[-1])
        else:
            same.append(record)
    return tuple(_with_conformers(group, unit) for group in found)


def _has_axes_of(record: Record, first: Record) -> bool:
    """Return whether the axes of a structure are turned as those of the first one of its compound."""
    if not first.axes:
        return True
    positions = _renumbered(record.mol, first.mol).GetConformer().GetPositions()
    return all(has_positive_dihedral(positions, axis) == sign for axis, sign in first.axes.items())


def _with_conformers(group: Sequence[Record], unit: str) -> Record:
    """Return the first record with the conformers of all."""
    from rdkit import Chem

    first = group[0]
    if len(group) == 1:
        return first
    mol = Chem.Mol(first.mol)
    for other in group[1:]:
        mol.AddConformer(_renumbered(other.mol, mol).GetConformer(), assignId=True)
    note = f"{len(group)} {unit}s are one compound and are taken as its conformers"
    anew = "--conformers rdkit or crest searches anew"
    return replace(first, mol=mol, notes=(*first.notes, f"{note}; {anew}"))


def _renumbered(mol: Any, like: Any) -> Any:  # noqa: ANN401
    """Return a molecule with its atoms in the order of another one, which is the same."""
    from rdkit import Chem

    if _numbered_smiles(mol) == _numbered_smiles(like):
        return mol
    return Chem.RenumberAtoms(mol, list(mol.GetSubstructMatch(like, useChirality=True)))


def _smiles(mol: Any) -> str:  # noqa: ANN401
    from rdkit import Chem

    return str(Chem.MolToSmiles(mol))


def _numbered_smiles(mol: Any) -> str:  # noqa: ANN401
    from rdkit import Chem

    numbered = Chem.Mol(mol)
    for atom in numbered.GetAtoms():
        atom.SetAtomMapNum(atom.GetIdx() + 1)
    return str(Chem.MolToSmiles(numbered))
