"""From a checked record to the frozen Molecule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.structures.atoms import atoms
from qmnmr.structures.names import check_name, check_unique, make_ids
from qmnmr.structures.record import Record

_STEREO_MARKS = frozenset("@/\\")


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
    mapped = Chem.Mol(mol)
    mapped.RemoveAllConformers()
    symbols = tuple(_numbered(mapped))
    return Molecule(
        id="",
        name=record.name,
        smiles=_plain_smiles(mol),
        mapped_smiles=str(Chem.MolToSmiles(mapped)),
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
        written = str(Chem.MolToSmiles(Chem.RemoveHs(mol, sanitize=False)))
        # Which of several spellings of a configuration is written, depends on the order of the atoms until it is read.
        return str(Chem.CanonSmiles(written)) if _STEREO_MARKS.intersection(written) else written


def _numbered(mol: Any) -> Iterator[str]:  # noqa: ANN401
    """Give all atoms map numbers from 1 on, in place, and yield their symbols."""
    for number, atom in enumerate(atoms(mol), start=1):
        atom.SetAtomMapNum(number)
        yield atom.GetSymbol()


def _geometry(mol: Any, symbols: tuple[str, ...]) -> Geometry:  # noqa: ANN401
    """Return the conformer that the input carried."""
    positions = mol.GetConformer().GetPositions().tolist()
    return Geometry(symbols=symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in positions))
