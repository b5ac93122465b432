"""Rows of a table with a header to spectra."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from qmnmr.datatypes.measured.experiment import MeasuredSignal, Spectrum
from qmnmr.errors import InputError
from qmnmr.experiments.nuclei import parse_nucleus
from qmnmr.experiments.passage import shortened
from qmnmr.experiments.tables import cells
from qmnmr.experiments.tables.columns import Column, counted_nucleus, is_peak_list, names_second_axis
from qmnmr.experiments.tables.layout import Layout, Row
from qmnmr.experiments.text.details import Details

_INTEGRAL_ERROR = 0.2  # of one nucleus: what an integral may be off a whole number
NO_NUCLEUS = 'add a column nucleus, write a line "13C" above, or give --nucleus 13C'


@dataclass(slots=True)
class _Collected:
    """The signals of one nucleus of one molecule, and their integrals."""

    line: int
    signals: list[MeasuredSignal] = field(default_factory=list)
    integrals: list[float | None] = field(default_factory=list)


def read_rows(layout: Layout, *, source: str, nucleus: str | None) -> tuple[Spectrum, ...]:
    """Return the spectra of a table, one for each molecule and nucleus, in the order of their first rows.

    Raises InputError with the line for what can't be read.
    """
    if names_second_axis(layout.columns):
        raise InputError(
            f"{source}, line {layout.header_line}: a table of a 2D spectrum",
            hint="give the peaks of the 1D spectra",
        )
    shifts = [column.heading for column in layout.columns if column.field == "shift" and not column.nucleus]
    if len(shifts) > 1:
        raise InputError(
            f"{source}, line {layout.header_line}: {len(shifts)} columns of shifts: {', '.join(shifts)}",
            hint="keep one; or name their nuclei: δC, δH",
        )
    nucleus = nucleus or counted_nucleus(layout.columns)
    found: dict[tuple[str, str], _Collected] = {}
    used: set[str] = set()
    filled: set[str] = set()
    for row in layout.rows(source=source):
        filled |= {column.heading for column, cell in zip(layout.columns, row.cells, strict=True) if cell.strip()}
        reader = _RowReader(layout.columns, row, source)
        molecule = reader.text("molecule")
        for named, signal, integral in reader.signals(nucleus):
            key = (molecule, named)
            collected = found.setdefault(key, _Collected(row.line))
            collected.signals.append(signal)
            collected.integrals.append(integral)
        used |= reader.used
    if not found:
        raise InputError(f"{source}: no signals in it", hint="one line for each signal below the header")
    notes = _unused(layout.columns, filled - used)
    return tuple(
        _spectrum(collected, nucleus=name, molecule=molecule, notes=notes, is_list=is_peak_list(layout.columns))
        for (molecule, name), collected in found.items()
    )


class _RowReader:
    """One row, by the fields of its columns."""

    def __init__(self, columns: Sequence[Column], row: Row, source: str) -> None:
        self._columns, self._row, self._source = columns, row, source
        self._place = f"{source}, line {row.line}"
        self.used: set[str] = set()

    def text(self, name: str) -> str:
        """Return the first cell of a field that holds something."""
        for column, cell in zip(self._columns, self._row.cells, strict=True):
            if column.field == name and not column.nucleus and cell.strip():
                self.used.add(column.heading)
                return cell.strip()
        return ""

    def signals(self, nucleus: str | None) -> list[tuple[str, MeasuredSignal, float | None]]:
        """Return (nucleus, signal, integral) of the row."""
        by_nucleus = [
            (column, cell) for column, cell in zip(self._columns, self._row.cells, strict=True) if column.nucleus
        ]
        if not by_nucleus:
            named = self._nucleus(nucleus)
            return [(named, self._plain_signal(named), self._integral())]
        found: list[tuple[str, MeasuredSignal, float | None]] = []
        for column, cell in by_nucleus:
            self.used.add(column.heading)
            read = cells.read_signals(cell, nucleus=column.nucleus, source=self._source, line=self._row.line)
            found += [
                (column.nucleus, self._described(s, column.nucleus, has_others=len(by_nucleus) > 1), None) for s in read
            ]
        return found

    def _nucleus(self, given: str | None) -> str:
        written = self.text("nucleus")
        if not written and given:
            return given
        found = parse_nucleus(written) if written else None
        if found is None:
            what = f"{written!r} is no nucleus that is reported" if written else "of which nucleus is this shift?"
            raise InputError(f"{self._place}: {what}", hint="write 1H, 13C …" if written else NO_NUCLEUS)
        return found

    def _plain_signal(self, nucleus: str) -> MeasuredSignal:
        fields = {column.field for column in self._columns}
        if "shift" in fields:
            written = self.text("shift")
        else:
            written = self.text("range") or f"{self.text('from')} .. {self.text('to')}"
        low, high = cells.read_shift(written, nucleus=nucleus, place=self._place)
        signal = MeasuredSignal(
            low_ppm=low, high_ppm=high, line=self._row.line, text=shortened(" ".join(self._row.cells))
        )
        return self._described(signal, nucleus, has_others=False)

    def _described(self, signal: MeasuredSignal, nucleus: str, *, has_others: bool) -> MeasuredSignal:
        """Return a signal with what the other columns say of it; beside a column of another nucleus, what fits it."""
        if nucleus != "13C" or not has_others:
            signal = cells.with_details(signal, self._words("multiplicity", nucleus))
            couplings = cells.read_couplings_cell(self.text("couplings"), place=self._place)
            signal = replace(signal, couplings_hz=couplings or signal.couplings_hz)
        if nucleus == "13C" or not has_others:
            signal = cells.with_details(signal, self._words("kind", nucleus))
        count = cells.read_count(self.text("nuclei"), place=self._place)
        return replace(
            signal,
            nuclei=signal.nuclei if count is None else count,
            atoms=cells.read_atoms(self.text("atoms"), place=self._place),
            label=", ".join(word for word in (self.text("label"), signal.label) if word),
            line=self._row.line,
        )

    def _words(self, name: str, nucleus: str) -> Details:
        return cells.read_words(self.text(name), nucleus=nucleus, source=self._source, line=self._row.line)

    def _integral(self) -> float | None:
        if any(column.field == "nuclei" for column in self._columns):
            return None
        return cells.finite_number(self.text("integral"))


def _spectrum(collected: _Collected, *, nucleus: str, molecule: str, notes: tuple[str, ...], is_list: bool) -> Spectrum:
    """Return the spectrum; integrals near whole numbers are numbers of nuclei where none are given."""
    signals = collected.signals
    integrals = [value for value in collected.integrals if value is not None]
    if integrals and not any(signal.nuclei is not None for signal in signals):
        near = all(round(value) >= 1 and abs(value - round(value)) <= _INTEGRAL_ERROR for value in integrals)
        if near and len(integrals) == len(signals):
            signals = [replace(s, nuclei=float(round(value))) for s, value in zip(signals, integrals, strict=True)]
        else:
            notes = (*notes, "integrals not used: not all are near whole numbers")
    return Spectrum(
        nucleus=nucleus,
        signals=tuple(signals),
        molecule=molecule,
        is_peak_list=is_list,
        notes=notes,
        line=collected.line,
    )


def _unused(columns: Sequence[Column], names: set[str]) -> tuple[str, ...]:
    """Return a note on these columns, but for one that numbers the rows."""
    shown = [c.heading for c in columns if c.heading in names and c.heading and not re.fullmatch(r"#|No\.?", c.heading)]
    return (f"columns not used: {', '.join(shown)}",) if shown else ()
