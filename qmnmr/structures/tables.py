"""Lists of SMILES: .smi and .csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from qmnmr.errors import InputError
from qmnmr.structures.record import Record, raise_first
from qmnmr.structures.smiles import is_smiles, parse_smiles


def parse_smi(text: str, *, source: str) -> Iterator[Record]:
    """Yield the molecules of a .smi list: SMILES, white space, name; '#' starts a comment line.

    The name may hold spaces; a line without one is named by its SMILES. A first line "smiles name" is a header. Raises
    InputError at the end for the lines that can't be used.
    """
    errors: list[InputError] = []
    entries = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        smiles, _, rest = line.partition(" ") if "\t" not in line else line.partition("\t")
        if entries == 0 and smiles.lower() == "smiles":
            continue
        entries += 1
        name = rest.strip()
        try:
            yield parse_smiles(smiles, name=name or smiles, source=f"{source}, line {number}", name_is_smiles=not name)
        except InputError as error:
            errors.append(error)
    raise_first(errors, entries=entries, unit="line")
    if not entries:
        raise InputError(f"{source}: no molecules in it", hint="One SMILES per line, then a name.")


def parse_csv(text: str, *, source: str) -> Iterator[Record]:
    """Yield the molecules of a table with the columns smiles, name and, if wanted, charge (checked only).

    Raises InputError at the end for the lines that can't be used.
    """
    reader = csv.DictReader(io.StringIO(text), strict=True, skipinitialspace=True)
    columns = _columns(reader, source)
    errors: list[InputError] = []
    entries = 0
    try:
        for row in reader:
            cells = {key: (row.get(column) or "").strip() for key, column in columns.items()}
            if not any(cells.values()):
                continue
            entries += 1
            place = f"{source}, line {reader.line_num}"
            try:
                yield _row(cells, place, surplus=None in row)
            except InputError as error:
                errors.append(error)
    except csv.Error as error:
        raise InputError(f"{source}, line {reader.line_num}: not CSV: {error}", hint="Check the quotes.") from error
    raise_first(errors, entries=entries, unit="line")
    if not entries:
        raise InputError(f"{source}: no molecules in it", hint="Below the header smiles,name one line per molecule.")


def _columns(reader: csv.DictReader[str], source: str) -> dict[str, str]:
    """Return the file's spelling of the columns smiles, name, charge."""
    try:
        header = list(reader.fieldnames or ())
    except csv.Error as error:
        raise InputError(f"{source}, line 1: not CSV: {error}", hint="Check the quotes.") from error
    lower = [column.strip().lower() for column in header]
    for wanted in ("smiles", "name"):
        if lower.count(wanted) != 1:
            found = ", ".join(header)[:100]
            first = header[0] if header else ""
            hint = (
                "That looks like a list of SMILES: name the file .smi."
                if is_smiles(first)
                else "The first line must be smiles,name or smiles,name,charge, with commas."
            )
            raise InputError(f"{source}: no column {wanted!r}; found: {found}", hint=hint)
    return {column: header[lower.index(column)] for column in ("smiles", "name", "charge") if column in lower}


def _row(cells: dict[str, str], place: str, *, surplus: bool) -> Record:
    """Return the molecule of one row; `surplus` says that it has more cells than the header."""
    from rdkit import Chem

    if surplus:
        raise InputError(f"{place}: more cells than columns", hint='Put a cell that holds commas in "quotes".')
    smiles, name, charge = cells["smiles"], cells["name"], cells.get("charge", "")
    record = parse_smiles(smiles, name=name or smiles, source=place, name_is_smiles=not name)
    if charge:
        check_charge(
            Chem.GetFormalCharge(record.mol), _integer(charge, place), source=place, wanted_by="the column charge"
        )
    return record


def _integer(text: str, place: str) -> int:
    """Return a charge such as -1, +1 or 0."""
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{place}: the charge {text!r} is no integer", hint="Write -1, 0, 1 …") from None


def check_charge(found: int, charge: int, *, source: str, wanted_by: str) -> None:
    """Raise InputError if the structure's charge is not the one that was asked for."""
    if found != charge:
        raise InputError(
            f"{source}: {wanted_by} says {charge:+d}, but the structure has charge {found:+d}",
            hint="Write the charge into the structure: [O-], [NH4+]. --charge is for XYZ files, which can't carry one.",
        )
