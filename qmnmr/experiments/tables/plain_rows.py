"""Lists of a few columns without a header: nucleus and shift, assignment and shift, shift and height."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from qmnmr.datatypes.measured.experiment import MeasuredSignal, Spectrum
from qmnmr.errors import InputError
from qmnmr.experiments.nuclei import parse_nucleus
from qmnmr.experiments.passage import shortened
from qmnmr.experiments.tables import cells
from qmnmr.experiments.tables.layout import Line, Row, split_rows

_LABEL = re.compile(r"\(?(?P<element>[CHFPNB]|Si)-?\d{1,3}[a-z]?'*(?:/\S+)?\)?:?$")
_WHOLE = re.compile(r"\d{1,6}$")
_DELIMITERS = ("\t", ";", ",", "|", " ")


def read_plain_rows(lines: Sequence[Line], *, source: str, nucleus: str | None) -> tuple[Spectrum, ...] | None:
    """Return the spectra of rows without a header, None if these lines are no such rows.

    Raises InputError with the line where rows of numbers can be read in two ways.
    """
    for delimiter in _DELIMITERS:
        rows = _rows(lines, delimiter, source)
        if not rows:
            continue
        if all(_is_nucleus_first(row) for row in rows):
            return _spectra([_with_nucleus(row, source) for row in rows], ())
        if all(_LABEL.match(row.cells[0]) and _is_shift(row.cells[1]) for row in rows) and len(rows) > 1:
            return _spectra([_with_label(row, source, nucleus) for row in rows], ())
        has_columns = len(rows) > 1 and len({len(row.cells) for row in rows}) == 1
        if nucleus and delimiter in "\t;|" and all(_is_shift_with_words(row) for row in rows):
            return _spectra([_with_words(row, source, nucleus) for row in rows], ())
        if nucleus and has_columns and all(_is_shift(cell) for row in rows for cell in row.cells[:2]):
            return _of_numbers(rows, source, nucleus)
    return None


def _rows(lines: Sequence[Line], delimiter: str, source: str) -> list[Row]:
    """Return the rows if all have two cells or more, else none."""
    if any("(" in text and ")" in text for _, text in lines) or any(text.rstrip().endswith(",") for _, text in lines):
        return []  # a list in running text
    try:
        rows = split_rows(lines, delimiter, source=source)
    except InputError:
        return []
    return rows if all(len(row.cells) > 1 for row in rows) else []


def _is_shift(text: str) -> bool:
    return cells.is_number(text) or text.strip().lower() in ("nan", "inf", "-inf")


def _is_nucleus_first(row: Row) -> bool:
    rest = [cell for cell in row.cells[2:] if cell]
    return (
        parse_nucleus(row.cells[0]) is not None
        and _is_shift(row.cells[1])
        and not any(cells.is_number(cell) and not _WHOLE.match(cell) for cell in rest)
    )


def _with_nucleus(row: Row, source: str) -> tuple[str, MeasuredSignal]:
    """Return a row of nucleus, shift, and atoms or words."""
    nucleus = parse_nucleus(row.cells[0]) or ""
    signal = _signal(row, 1, nucleus, source)
    rest = [cell for cell in row.cells[2:] if cell]
    if rest and all(_WHOLE.match(word) for cell in rest for word in cell.split()):
        return nucleus, replace(signal, atoms=tuple(int(word) for cell in rest for word in cell.split()))
    details = cells.read_words(", ".join(rest), nucleus=nucleus, source=source, line=row.line)
    return nucleus, cells.with_details(signal, details)


def _with_label(row: Row, source: str, nucleus: str | None) -> tuple[str, MeasuredSignal]:
    """Return a row of assignment, shift and words."""
    found = _LABEL.match(row.cells[0])
    named = nucleus or parse_nucleus(found["element"] if found else "") or ""
    details = cells.read_words(", ".join(row.cells[2:]), nucleus=named, source=source, line=row.line)
    signal = cells.with_details(_signal(row, 1, named, source), details)
    label = row.cells[0].strip("():")
    return named, replace(signal, label=", ".join(word for word in (label, signal.label) if word))


def _is_shift_with_words(row: Row) -> bool:
    return _is_shift(row.cells[0]) and not any(cells.is_number(cell) for cell in row.cells[1:])


def _with_words(row: Row, source: str, nucleus: str) -> tuple[str, MeasuredSignal]:
    """Return a row of a shift and what belongs to it: "4.12;q;2H"."""
    details = cells.read_words(", ".join(row.cells[1:]), nucleus=nucleus, source=source, line=row.line)
    return nucleus, cells.with_details(_signal(row, 0, nucleus, source), details)


def _of_numbers(rows: Sequence[Row], source: str, nucleus: str) -> tuple[Spectrum, ...]:
    """Return rows of a shift and another number, of which only the shift is meant.

    A program's list is sorted by shift, and its heights are not: so it is known which column is which.
    """
    if all(len(row.cells) == 2 for row in rows):
        columns = [[float(cells.as_python(row.cells[i])) for row in rows] for i in (0, 1)]
        is_sorted = [values in (sorted(values), sorted(values, reverse=True)) for values in columns]
        if is_sorted[0] and not is_sorted[1] and not all(_WHOLE.match(row.cells[0]) for row in rows):
            signals = [(nucleus, _signal(row, 0, nucleus, source)) for row in rows]
            spectra = _spectra(signals, ("second column taken for a height, not used",))
            return tuple(replace(spectrum, is_peak_list=True) for spectrum in spectra)
    first = rows[0]
    raise InputError(
        f"{source}, line {first.line}: {shortened(' '.join(first.cells))!r}: which number is the shift?",
        hint='write a line of headings above ("atoms shift", "shift integral"), or end the lines of a list with commas',
    )


def _signal(row: Row, column: int, nucleus: str, source: str) -> MeasuredSignal:
    low, high = cells.read_shift(row.cells[column], nucleus=nucleus, place=f"{source}, line {row.line}")
    return MeasuredSignal(low_ppm=low, high_ppm=high, line=row.line, text=shortened(" ".join(row.cells)))


def _spectra(signals: Sequence[tuple[str, MeasuredSignal]], notes: tuple[str, ...]) -> tuple[Spectrum, ...]:
    return tuple(
        Spectrum(
            nucleus=nucleus,
            signals=tuple(signal for name, signal in signals if name == nucleus),
            notes=notes,
            line=next(signal.line for name, signal in signals if name == nucleus),
        )
        for nucleus in dict.fromkeys(name for name, _ in signals)
    )
