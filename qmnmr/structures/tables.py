"""Lists of SMILES: .smi and .csv."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from qmnmr.errors import InputError
from qmnmr.structures.record import Entry, Record
from qmnmr.structures.smiles import is_smiles, parse_smiles

_EXTENSION = re.compile(r"(?P<text>\|[^|]*\|)(?P<rest>.*)$")
_CHARGE = re.compile(r"(?P<sign>[+\u2212-]?)(?P<digits>[0-9]{1,3})(?:[.,]0*)?$")


def parse_smi(text: str, *, source: str) -> Iterator[Entry]:
    """Yield the molecules of a .smi list: SMILES, white space, name; '#' starts a comment line.

    The name may hold spaces; a line without one is named by its SMILES. A CXSMILES extension in |...| may stand before
    it. A first line "smiles name" is a header. Raises InputError where there is no line to read.
    """
    entries = 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        smiles, name = _smiles_and_name(line)
        if entries == 0 and smiles.lower() == "smiles":
            continue
        entries += 1
        try:
            yield parse_smiles(smiles, name=name or smiles, source=f"{source}, line {number}")
        except InputError as error:
            yield error
    if not entries:
        raise InputError(f"{source}: no molecules in it", hint="One SMILES per line, then a name.")


def _smiles_and_name(line: str) -> tuple[str, str]:
    """Return a line's SMILES, with its CXSMILES extension if it has one, and the name behind."""
    separator = "\t" if "\t" in line else " "
    smiles, _, rest = line.partition(separator)
    extension = _EXTENSION.match(rest.strip())
    if extension:
        smiles, rest = f"{smiles.strip()} {extension['text']}", extension["rest"]
    return smiles.strip(), rest.strip()


def parse_csv(text: str, *, source: str) -> Iterator[Entry]:
    """Yield the molecules of a table with the columns smiles, name and, if wanted, charge (checked only).

    Raises InputError, before the first one, for what is no such table.
    """
    rows = list(_rows(text, source))
    if not rows:
        raise InputError(f"{source}: no molecules in it", hint="Below the header smiles,name one line per molecule.")
    for place, cells, surplus in rows:
        try:
            yield _record(cells, place, surplus=surplus)
        except InputError as error:
            yield error


def _rows(text: str, source: str) -> Iterator[tuple[str, dict[str, str], bool]]:
    """Yield the place of each line that is not blank, its cells, and whether it has more of them than the header."""
    reader = csv.DictReader(io.StringIO(text), strict=True, skipinitialspace=True)
    columns = _columns(reader, source)
    try:
        for row in reader:
            cells = {key: (row.get(column) or "").strip() for key, column in columns.items()}
            if any(cells.values()):
                yield f"{source}, line {reader.line_num}", cells, None in row
    except csv.Error as error:
        raise InputError(f"{source}, line {reader.line_num}: not CSV: {error}", hint="Check the quotes.") from error


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


def _record(cells: dict[str, str], place: str, *, surplus: bool) -> Record:
    """Return the molecule of one row; `surplus` says that it has more cells than the header."""
    from rdkit import Chem

    if surplus:
        raise InputError(f"{place}: more cells than columns", hint='Put a cell that holds commas in "quotes".')
    smiles, name, charge = cells["smiles"], cells["name"], cells.get("charge", "")
    record = parse_smiles(smiles, name=name or smiles, source=place)
    if charge:
        check_charge(
            Chem.GetFormalCharge(record.mol), _integer(charge, place), source=place, wanted_by="the column charge"
        )
    return record


def _integer(text: str, place: str) -> int:
    """Return a charge such as -1, +1, 0, or 0.0 as spreadsheets write it."""
    found = _CHARGE.match(text)
    if found is None:
        raise InputError(f"{place}: the charge {text[:40]!r} is no integer", hint="Write -1, 0, 1 …")
    return int(found["digits"]) * (-1 if found["sign"] in ("-", "\u2212") else 1)


def check_charge(found: int, charge: int, *, source: str, wanted_by: str) -> None:
    """Raise InputError if the structure's charge is not the one that was asked for."""
    if found != charge:
        raise InputError(
            f"{source}: {wanted_by} says {charge:+d}, but the structure has charge {found:+d}",
            hint="Write the charge into the structure: [O-], [NH4+]. --charge is for XYZ files, which can't carry one.",
        )
