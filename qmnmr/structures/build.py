"""From a checked record to the frozen Molecule."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from qmnmr.datatypes.molecule import Geometry, Molecule
from qmnmr.errors import InputError
from qmnmr.structures.atoms import atoms
from qmnmr.structures.names import make_ids, printable
from qmnmr.structures.record import Entries, Entry, Record
from qmnmr.structures.stereo.axes import stereo_axes


def build_entries(entries: Iterable[Entry], *, unit: str, tell: Callable[[], None]) -> Entries:
    """Return the molecules of an input's entries, which have no ids yet, and the bad ones; `tell` is called after each.

    No record is kept once its molecule is built: RDKit's own molecules of ten thousand lines are 150 MB.
    """
    molecules: list[Molecule] = []
    refused: list[InputError] = []
    for entry in entries:
        if isinstance(entry, InputError):
            refused.append(entry)
        else:
            molecules.append(_molecule(entry))
        tell()
    return Entries(molecules=tuple(molecules), refused=tuple(refused), unit=unit)


def build_molecules(records: Iterable[Record]) -> tuple[Molecule, ...]:
    """Return the molecules of records, with unique ids."""
    return with_ids([_molecule(record) for record in records])


def with_ids(molecules: Sequence[Molecule]) -> tuple[Molecule, ...]:
    """Return the molecules of a run with unique ids, which depend on all names."""
    ids = make_ids([molecule.name for molecule in molecules])
    return tuple(replace(molecule, id=id_) for molecule, id_ in zip(molecules, ids, strict=True))


def _molecule(record: Record) -> Molecule:
    """Return the frozen molecule of a record, which has no id yet."""
    from rdkit import Chem

    mol = record.mol
    mapped = Chem.Mol(mol, quickCopy=True)  # without coordinates
    every = list(atoms(mapped))
    symbols = tuple(map(Chem.Atom.GetSymbol, every))
    deque(map(Chem.Atom.SetAtomMapNum, every, range(1, len(every) + 1)), maxlen=0)
    return Molecule(
        id="",
        name=printable(record.name) or record.source,
        smiles=record.smiles,
        mapped_smiles=str(Chem.MolToSmiles(mapped)),
        charge=Chem.GetFormalCharge(mol),
        multiplicity=1,
        symbols=symbols,
        geometry=_geometry(mol, symbols) if record.has_geometry else None,
        axes=stereo_axes(mol, record.axes),
        source=record.source,
        notes=record.notes,
    )


def _geometry(mol: Any, symbols: tuple[str, ...]) -> Geometry:  # noqa: ANN401
    """Return the conformer that the input carried."""
    positions = mol.GetConformer().GetPositions().tolist()
    return Geometry(symbols=symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in positions))
