"""Lines that are a table, with a header or without."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from qmnmr.errors import InputError
from qmnmr.experiments.passage import shortened
from qmnmr.experiments.solvents import find_solvents
from qmnmr.experiments.tables.columns import read_column
from qmnmr.experiments.tables.layout import Line, find_layout, is_comment
from qmnmr.experiments.tables.plain_rows import read_plain_rows
from qmnmr.experiments.tables.rows import read_rows
from qmnmr.experiments.text.characters import clean
from qmnmr.experiments.text.paragraphs import Reading


def read_table(lines: Sequence[Line], *, source: str, nucleus: str | None) -> Reading | None:
    """Return the spectra of lines that are a table, None if they are none.

    Lines above the header and comments with numbers are told in notes. Raises InputError with the line for a cell that
    can't be read.
    """
    written = [(number, text) for number, text in lines if text.strip()]
    layout = find_layout(written)
    if layout is None:
        rows = [line for line in written if not is_comment(line[1])]
        spectra = read_plain_rows(rows, source=source, nucleus=nucleus) if rows else None
        return None if spectra is None else Reading(spectra, _comments(written))
    above = written[: layout.header]
    notes = tuple(f"line {number}: not read: {shortened(text)}" for number, text in above)
    spectra = read_rows(layout, source=source, nucleus=nucleus)
    solvent, _ = find_solvents(clean(" ".join(text for _, text in above)))
    named = tuple(replace(spectrum, solvent=solvent) for spectrum in spectra)
    return Reading(named, notes + _comments(written[layout.header + 1 :]))


def refuse_header_without_shift(lines: Sequence[Line], *, source: str) -> None:
    """Raise InputError if the first line is a header of signals that lacks the shift."""
    first = next((text for _, text in lines if text.strip()), "")
    headings = [heading.strip() for heading in re.split(r"[,;\t]", first)]
    fields = {read_column(heading).field for heading in headings}
    if len(headings) > 1 and "" not in fields and not fields & {"shift", "range", "from"}:
        raise InputError(
            f"{source}: no column shift_ppm; found: {', '.join(headings)[:100]}",
            hint="the header must hold nucleus,shift_ppm and may hold molecule, atoms and others",
        )


def _comments(lines: Sequence[Line]) -> tuple[str, ...]:
    return tuple(
        f"line {number}: a comment, not read: {shortened(text)}"
        for number, text in lines
        if is_comment(text) and re.search(r"\d", text)
    )
