"""From a checked record to the frozen Molecule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.structures.names import check_name, check_unique, make_ids
from qmnmr.structures.rdkit_log import captured_rdkit_log
from qmnmr.structures.record import Record


def build_molecules(records: Sequence[Record]) -> tuple[Molecule, ...]:
    """Return the molecules of a run, with unique names and ids.

    Raises InputError for a bad or repeated name.
    """
    for record in records:
        if not record.name_is_smiles:
            check_name(record.name, source=record.source)
    check_unique((record.name, record.source) for record in records)
    ids = make_ids([record.name for record in records])
    return tuple(_molecule(record, id_) for record, id_ in zip(records, ids, strict=True))


def _molecule(record: Record, id_: str) -> Molecule:
    """Return the frozen molecule of a record."""
    mol = record.mol
    symbols = tuple(atom.GetSymbol() for atom in mol.GetAtoms())
    return Molecule(
        id=id_,
        name=record.name,
        smiles=_plain_smiles(mol),
        mapped_smiles=_mapped_smiles(mol),
        charge=sum(atom.GetFormalCharge() for atom in mol.GetAtoms()),
        multiplicity=1,
        symbols=symbols,
        geometry=_geometry(mol, symbols) if record.has_geometry else None,
        source=record.source,
        notes=record.notes,
    )


def _plain_smiles(mol: Any) -> str:  # noqa: ANN401
    """Return the canonical isomeric SMILES with implicit hydrogens."""
    from rdkit import Chem

    with captured_rdkit_log():
        return str(Chem.CanonSmiles(Chem.MolToSmiles(Chem.RemoveHs(mol))))


def _mapped_smiles(mol: Any) -> str:  # noqa: ANN401
    """Return the SMILES of all atoms, map numbers counting from 1 in atom order."""
    from rdkit import Chem

    mapped = Chem.Mol(mol)
    mapped.RemoveAllConformers()
    for atom in mapped.GetAtoms():
        atom.SetAtomMapNum(atom.GetIdx() + 1)
    return str(Chem.MolToSmiles(mapped))


def _geometry(mol: Any, symbols: tuple[str, ...]) -> Geometry:  # noqa: ANN401
    """Return the conformer that the input carried."""
    positions = mol.GetConformer().GetPositions().tolist()
    return Geometry(symbols=symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in positions))
