"""What a text is, and the experiment in it."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import zip_longest

from qmnmr.datatypes.measured.experiment import Experiment, Spectrum
from qmnmr.datatypes.shift import NUCLEI
from qmnmr.errors import InputError
from qmnmr.experiments.files.dp4_list import is_dp4_list, read_dp4_list
from qmnmr.experiments.files.jcamp import is_jcamp, read_jcamp
from qmnmr.experiments.files.nmredata import is_nmredata, read_nmredata
from qmnmr.experiments.files.nmrium import is_nmrium, read_nmrium
from qmnmr.experiments.files.topspin import is_topspin, read_topspin
from qmnmr.experiments.passage import Passage, shortened
from qmnmr.experiments.tables.layout import Line, find_layout
from qmnmr.experiments.tables.rows import NO_NUCLEUS
from qmnmr.experiments.tables.table import read_table, refuse_header_without_shift
from qmnmr.experiments.text.characters import clean
from qmnmr.experiments.text.headings import Heading, find_headings, heading_without_nucleus
from qmnmr.experiments.text.paragraphs import Reading, infer_nucleus, read_section, unread

_MOST_CHARACTERS = 4_000_000
FORMATS = "text, tables, NMReDATA, JCAMP-DX with peaks, peaklist.xml of TopSpin, .nmrium"
THE_TEXT = "the text"
"""The source of what was pasted."""


def read_experiment(text: str, *, source: str = THE_TEXT, nucleus: str | None = None) -> Experiment:
    """Return the spectra of a text: a paragraph of a paper, a list, a table, a file of a program.

    `nucleus` ("13C") is what a list is of that doesn't say it. What is not read is told in notes.

    Raises InputError with the line, what was found and what to do, for what is not understood.
    """
    if not any(character.isprintable() and not character.isspace() for character in text):
        raise InputError(f"{source}: nothing but blanks", hint="paste the spectrum, or name the file")
    if len(text) > _MOST_CHARACTERS:
        raise InputError(
            f"{source}: {len(text)} characters, more than {_MOST_CHARACTERS}",
            hint="give the list of signals, not the spectrum's points",
        )
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    reading = _read(text, source=source, nucleus=nucleus)
    if not reading.spectra:
        note = f": {reading.notes[0]}" if reading.notes else ""
        raise InputError(f"{source}: no spectrum in it{note}", hint='signals come below "13C NMR (101 MHz, CDCl3) δ"')
    return Experiment(source=source, spectra=reading.spectra, notes=reading.notes)


def _read(text: str, *, source: str, nucleus: str | None) -> Reading:
    """Return the spectra of a program's file, known by what it begins with, or of text."""
    if is_nmredata(text):
        return read_nmredata(text, source=source)
    if is_jcamp(text):
        return read_jcamp(text, source=source, nucleus=nucleus)
    if is_topspin(text):
        return read_topspin(text, source=source, nucleus=nucleus)
    if is_nmrium(text):
        return read_nmrium(text, source=source)
    if is_dp4_list(text):
        return read_dp4_list(text, source=source)
    if "M  END" in text or text.lstrip().startswith(("<?xml", "{")):
        raise InputError(
            f"{source}: a file of a program, with no NMR signals that can be read", hint=f"read are {FORMATS}"
        )
    return _read_text(text, source=source, nucleus=nucleus)


def _read_text(text: str, *, source: str, nucleus: str | None) -> Reading:
    lines = list(enumerate(text.split("\n"), start=1))
    refuse_header_without_shift(lines, source=source)
    layout = find_layout([line for line in lines if line[1].strip()])
    if layout is not None and any(column.nucleus or column.field == "nucleus" for column in layout.columns):
        return read_table(lines, source=source, nucleus=nucleus) or Reading(())
    passage = Passage(text=clean(text), source=source)
    headings = find_headings(passage)
    if not headings or layout is None or layout.header_line <= passage.line_of(headings[0].start):
        # Below headings, rows of numbers are of the heading's nucleus; rows that begin with a nucleus say their own.
        table = read_table(lines, source=source, nucleus=None if headings and layout is None else nucleus)
        if table is not None:
            return table
    if headings:
        return _read_sections(passage, headings, lines)
    chosen = nucleus or infer_nucleus(passage)
    heading = heading_without_nucleus(passage, chosen) if chosen else None
    if heading is None:
        shown = shortened(next(line for line in passage.text.split("\n") if line.strip()))
        what = "of which nucleus is" if re.search(r"\d", text) else "no shifts in"
        raise InputError(f"{passage.place(0)}: {what} {shown!r}", hint=NO_NUCLEUS)
    return read_section(passage, heading, len(passage.text))


def _read_sections(passage: Passage, headings: tuple[Heading, ...], lines: list[Line]) -> Reading:
    """Return the spectra below all headings, and what stands above the first."""
    spectra: list[Spectrum] = []
    notes = list(unread(passage, 0, headings[0].start))
    for heading, following in zip_longest(headings, headings[1:]):
        end = following.start if following else len(passage.text)
        found = _table_below(passage, heading, end, lines) or read_section(passage, heading, end)
        spectra += found.spectra
        notes += found.notes
    return Reading(tuple(spectra), tuple(notes))


def _table_below(passage: Passage, heading: Heading, end: int, lines: list[Line]) -> Reading | None:
    """Return the table below a heading on lines of its own, None if there is none."""
    if heading.nucleus not in NUCLEI.values():
        return None
    first, last = passage.line_of(heading.start) + 1, passage.line_of(end - 1)
    layout = find_layout([line for line in lines[first - 1 : last] if line[1].strip()])
    if layout is None or layout.header_line > passage.line_of(heading.end):  # its first words may pass for conditions
        first = passage.line_of(heading.end)
        if passage.text[passage.text.rfind("\n", 0, heading.end) + 1 : heading.end].strip():
            return None
    found = read_table(lines[first - 1 : last], source=passage.source, nucleus=heading.nucleus)
    if found is None:
        return None
    named = (
        replace(s, frequency_mhz=heading.frequency_mhz, solvent=heading.solvent, conditions=heading.conditions)
        for s in found.spectra
    )
    return Reading(tuple(named), found.notes)
