"""Sets of molecules with assigned shifts: the shipped DELTA50, and tables of a user.

A table is CSV with the columns molecule, smiles, nucleus, atoms, shift_ppm and, where sides of a bond must be told
apart, side.
Lines before the header that start with "# key:" give name, source and solvent of the measurement.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from importlib import resources

from qmnmr.datatypes.calibration import CalibrationSet, MeasuredMolecule, MeasuredShift
from qmnmr.datatypes.measured.shift_limits import measured_shift
from qmnmr.errors import InputError

SHIPPED_SETS = ("delta50",)
NUCLEI = ("1H", "13C")
"""What can be calibrated by regression."""

COLUMNS = ("molecule", "smiles", "nucleus", "atoms", "shift_ppm")
_HEADER = re.compile(r"#\s*(?P<key>\w+)\s*:\s*(?P<value>.*\S)\s*$")
_SIDE = re.compile(r"(cis|trans) \d+-\d+-\d+$")


def shipped_set(name: str) -> CalibrationSet:
    """Return a set that comes with qmnmr. Raises InputError for an unknown name."""
    if name not in SHIPPED_SETS:
        raise InputError(
            f"there is no calibration set {name!r}",
            hint=f"give a CSV file, or one of: {', '.join(SHIPPED_SETS)}",
        )
    text = resources.files("qmnmr.shifts").joinpath(f"data/sets/{name}.csv").read_text(encoding="utf-8")
    return parse_set(text, source=name, name=name)


def parse_set(text: str, *, source: str, name: str) -> CalibrationSet:
    """Return the set that a table describes; `source` names the table in errors, `name` the set if it has none itself.

    Raises InputError with the line for a missing column, a shift that is no number, a nucleus that can't be calibrated,
    an atom listed twice, or a molecule whose SMILES changes.
    """
    head, body, offset = _split(text)
    reader = csv.DictReader(io.StringIO(body), strict=True)
    missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            f"{source}: no column {', '.join(missing)}; found: {', '.join(reader.fieldnames or ())[:100]}",
            hint=f"the header must be {','.join(COLUMNS)} (and ,side where needed)",
        )
    smiles: dict[str, str] = {}
    shifts: dict[str, list[MeasuredShift]] = {}
    try:
        for row in reader:
            place = f"{source}, line {reader.line_num + offset}"
            molecule, written = _cell(row, "molecule", place), _cell(row, "smiles", place)
            if smiles.setdefault(molecule, written) != written:
                raise InputError(f"{place}: {molecule} was {smiles[molecule]} before, here it is {written}")
            shift = _shift(row, place)
            _check_new(shift, shifts.setdefault(molecule, []), f"{place}: {molecule}")
            shifts[molecule].append(shift)
    except csv.Error as error:
        raise InputError(f"{source}, line {reader.line_num + offset}: not CSV: {error}") from None
    if not shifts:
        raise InputError(f"{source}: no shifts in it", hint="one line for each signal below the header")
    return CalibrationSet(
        name=head.get("name", name),
        source=head.get("source", source),
        solvent=head.get("solvent", "chloroform"),
        molecules=tuple(MeasuredMolecule(name=m, smiles=smiles[m], shifts=tuple(found)) for m, found in shifts.items()),
    )


def _split(text: str) -> tuple[dict[str, str], str, int]:
    """Return the keys above the header, the table, and how many lines come before it."""
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    found = (_HEADER.match(line) for line in lines[:first])
    return {m["key"]: m["value"] for m in found if m}, "\n".join(lines[first:]), first


def _cell(row: Mapping[str, str | None], column: str, place: str) -> str:
    value = (row.get(column) or "").strip()
    if not value:
        raise InputError(f"{place}: {column} is empty")
    return value


def _shift(row: Mapping[str, str | None], place: str) -> MeasuredShift:
    nucleus, side = _cell(row, "nucleus", place), (row.get("side") or "").strip()
    if nucleus not in NUCLEI:
        raise InputError(f"{place}: {nucleus!r} can't be calibrated by regression", hint=f"use {' or '.join(NUCLEI)}")
    if side and not _SIDE.match(side):
        raise InputError(
            f"{place}: the side {side!r} is not understood",
            hint="write cis 2-4-5: the group on atom 2 that lies cis to atom 5 across the bond 2-4",
        )
    value = measured_shift(_cell(row, "shift_ppm", place), nucleus=nucleus, place=place)
    try:
        atoms = tuple(int(a) for a in _cell(row, "atoms", place).split())
    except ValueError as error:
        raise InputError(f"{place}: {error}", hint="atoms are numbers from 1, with spaces between") from None
    return MeasuredShift(nucleus=nucleus, atoms=atoms, shift_ppm=value, side=side)


def _check_new(shift: MeasuredShift, before: list[MeasuredShift], place: str) -> None:
    if len(set(shift.atoms)) < len(shift.atoms):
        raise InputError(f"{place}: an atom is named twice in one signal")
    for other in before:
        shared = set(shift.atoms) & set(other.atoms)
        sides = {shift.side, other.side}
        if shared and not (len(sides) == 2 and "" not in sides):
            raise InputError(f"{place}: atom {min(shared)} has two shifts, {other.shift_ppm:g} and {shift.shift_ppm:g}")
