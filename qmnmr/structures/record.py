"""What one entry of an input gives before it is a molecule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from qmnmr.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One structure as read: an RDKit molecule with all hydrogens, and where it comes from."""

    name: str
    source: str  # "a.smi, line 3"
    mol: Any  # rdkit Mol: every hydrogen an atom, stereo assigned, no conformer unless has_geometry
    has_geometry: bool = False  # the conformer is the input's and complete
    name_is_smiles: bool = False  # exempt from the rules for names
    notes: tuple[str, ...] = field(default=())


def raise_first(errors: Sequence[InputError], *, entries: int, unit: str) -> None:
    """Raise the first of several errors of one file, saying how many there are; do nothing if there is none.

    `entries` counts all entries of the file and `unit` says what they are ("line", "record").
    """
    if not errors:
        return
    first = errors[0]
    if len(errors) == 1 or entries == 1:
        raise first
    raise InputError(f"{first} ({len(errors)} of {entries} {unit}s can't be used)", hint=first.hint)
