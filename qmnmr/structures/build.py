"""From a checked record to the frozen Molecule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.structures.atoms import atoms
from qmnmr.structures.names import check_name, check_unique, make_ids
from qmnmr.structures.record import Record


def build_molecules(records: Iterable[Record]) -> tuple[Molecule, ...]:
    """Return the molecules of a run, with unique names and ids.

    No record is kept once its molecule is built: RDKit's own molecules of ten thousand lines are 150 MB. Raises
    InputError for a bad or repeated name, when all records are read.
    """
    molecules, own_names = [], []
    for record in records:
        molecules.append(_molecule(record))
        if not record.name_is_smiles:
            own_names.append((record.name, record.source))
    for name, source in own_names:
        check_name(name, source=source)
    check_unique((molecule.name, molecule.source) for molecule in molecules)
    ids = make_ids([molecule.name for molecule in molecules])
    return tuple(replace(molecule, id=id_) for molecule, id_ in zip(molecules, ids, strict=True))


def _molecule(record: Record) -> Molecule:
    """Return the frozen molecule of a record, which has no id yet: ids depend on the other names."""
    from rdkit import Chem

    mol = record.mol
    symbols = tuple(atom.GetSymbol() for atom in atoms(mol))
    return Molecule(
        id="",
        name=record.name,
        smiles=_plain_smiles(mol),
        mapped_smiles=_mapped_smiles(mol),
        charge=Chem.GetFormalCharge(mol),
        multiplicity=1,
        symbols=symbols,
        geometry=_geometry(mol, symbols) if record.has_geometry else None,
        source=record.source,
        notes=record.notes,
    )


def _plain_smiles(mol: Any) -> str:  # noqa: ANN401
    """Return the canonical isomeric SMILES with implicit hydrogens."""
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        # What is removed needs no sanitising: the SMILES is read again, whole.
        return str(Chem.CanonSmiles(Chem.MolToSmiles(Chem.RemoveHs(mol, sanitize=False))))


def _mapped_smiles(mol: Any) -> str:  # noqa: ANN401
    """Return the SMILES of all atoms, map numbers counting from 1 in atom order."""
    from rdkit import Chem

    mapped = Chem.Mol(mol)
    mapped.RemoveAllConformers()
    for number, atom in enumerate(atoms(mapped), start=1):
        atom.SetAtomMapNum(number)
    return str(Chem.MolToSmiles(mapped))


def _geometry(mol: Any, symbols: tuple[str, ...]) -> Geometry:  # noqa: ANN401
    """Return the conformer that the input carried."""
    positions = mol.GetConformer().GetPositions().tolist()
    return Geometry(symbols=symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in positions))
