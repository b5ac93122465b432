"""From a checked record to the frozen Molecule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.structures.names import make_ids
from qmnmr.structures.record import Record
from qmnmr.structures.stereo.axes import stereo_axes
from qmnmr.structures.stereo.settling import plain_smiles


def build_molecules(records: Sequence[Record]) -> tuple[Molecule, ...]:
    """Return the molecules of a run, with unique ids."""
    ids = make_ids([record.name for record in records])
    return tuple(_molecule(record, id_) for record, id_ in zip(records, ids, strict=True))


def _molecule(record: Record, id_: str) -> Molecule:
    """Return the frozen molecule of a record."""
    mol = record.mol
    symbols = tuple(atom.GetSymbol() for atom in mol.GetAtoms())
    geometries = _geometries(mol, symbols) if record.has_geometry else ()
    return Molecule(
        id=id_,
        name=record.name,
        smiles=plain_smiles(mol, record.axes),
        mapped_smiles=_mapped_smiles(mol),
        charge=sum(atom.GetFormalCharge() for atom in mol.GetAtoms()),
        multiplicity=1,
        symbols=symbols,
        geometry=geometries[0] if geometries else None,
        axes=stereo_axes(record.axes),
        other_geometries=geometries[1:],
        source=record.source,
        notes=record.notes,
    )


def _mapped_smiles(mol: Any) -> str:  # noqa: ANN401
    """Return the SMILES of all atoms, map numbers counting from 1 in atom order."""
    from rdkit import Chem

    mapped = Chem.Mol(mol)
    mapped.RemoveAllConformers()
    for atom in mapped.GetAtoms():
        atom.SetAtomMapNum(atom.GetIdx() + 1)
    return str(Chem.MolToSmiles(mapped))


def _geometries(mol: Any, symbols: tuple[str, ...]) -> tuple[Geometry, ...]:  # noqa: ANN401
    """Return the conformers that the input carried, in its order."""
    return tuple(
        Geometry(
            symbols=symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in conformer.GetPositions().tolist())
        )
        for conformer in mol.GetConformers()
    )
