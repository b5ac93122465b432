"""What the entries of an input give before they are molecules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from qmnmr.datatypes.molecule import Molecule
from qmnmr.errors import InputError, ended
from qmnmr.structures.stereo.axes import Signs


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One structure as read: an RDKit molecule with all hydrogens, and where it comes from."""

    name: str
    source: str  # "a.smi, line 3"
    mol: Any  # rdkit Mol: every hydrogen an atom, stereo assigned, no conformer unless has_geometry
    smiles: str  # canonical, isomeric, with implicit hydrogens
    axes: Signs = field(default_factory=dict)
    has_geometry: bool = False  # its conformer is the input's and complete
    notes: tuple[str, ...] = field(default=())


Entry = Record | InputError
"""One entry of a file: its structure, or why it can't be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What an input holds: what can be used, and of the rest the reasons."""

    molecules: tuple[Molecule, ...] = ()
    refused: tuple[InputError, ...] = ()
    unit: str = "input"  # what an entry is called: "line", "record"


def joined(parts: Iterable[Entries]) -> Entries:
    """Return the entries of several inputs as one, in order."""
    found = list(parts)
    units = {part.unit for part in found}
    return Entries(
        molecules=tuple(molecule for part in found for molecule in part.molecules),
        refused=tuple(error for part in found for error in part.refused),
        unit=units.pop() if len(units) == 1 else "entry",
    )


def refusal_of_all(refused: Sequence[InputError], *, entries: int, unit: str) -> InputError:
    """Return the error that lists every bad entry with its reason; `entries` counts the good ones too."""
    if len(refused) == 1:
        (only,) = refused
        leave = "" if entries == 1 else " Or leave it out with --skip-bad."
        return InputError(str(only), hint=f"{ended(only.hint)}{leave}" if only.hint else leave.strip())
    units = unit[:-1] + "ies" if unit.endswith("y") else f"{unit}s"
    listed = "\n".join(f"  {refusal_line(error)}" for error in refused)
    return InputError(
        f"{len(refused)} of {entries} {units} can't be used:\n{listed}",
        hint="Mend them, or leave them out with --skip-bad.",
    )


def refusal_line(error: InputError) -> str:
    """Return what is wrong with an entry and what to do, in one line."""
    return f"{error} -> {error.hint}" if error.hint else str(error)
