"""Spectra in running text: what is pasted from a paper or its supporting information."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qmnmr.datatypes.measured.experiment import Spectrum
from qmnmr.datatypes.shift import NUCLEI
from qmnmr.experiments.nuclei import element_of
from qmnmr.experiments.passage import Passage
from qmnmr.experiments.text.headings import Heading
from qmnmr.experiments.text.numerals import find_numerals
from qmnmr.experiments.text.signal_list import SignalListReader

_OTHER_DATA = (
    r"(?:FT-?)?IR\b|(?:[A-Z][A-Za-z-]{0,16})?MS\b|ESI\b|EI\b|HPLC\b|UV\b|GC\b|LC\b"
    r"|Anal\b|Rf?\s?f?\b(?=\s*[=(])|[Mm]\.?\s?p\.?\b|[Bb]\.?\s?p\.?\b|\[α\]|\[a\]D|m/z|[Cc]alcd|Found\b|[νλ]max|Elemental"
    r"|HSQC|HMBC|HMQC|COSY|NOESY|ROESY|NOE\b|CCDC|See\b|Fig(?:ure|\.)|Lit\.?\b|[Yy]ield\b|TLC\b|t\s?R\b"
)
_END = re.compile(
    rf"[\s;,](?={_OTHER_DATA})"
    r"|\.\s+(?=[A-Z\[*†‡(α-ω^])|\.\s*\n\s*(?=[^\W\d])"  # a sentence, a footnote
    r"|\n[ \t]*\n(?!\s*[-+]?\d|\s*$)|\n\s*(?=[A-Z][a-z]{2,}\s+[a-z(])"  # a paragraph, a line of prose
)
_IS_SIGNAL = re.compile(
    r"\d[.,]\d+\s*\((?:[^()]{0,40}?\b\d+\s?H\b|(?:br\.?\s*)?[sdtqm]{1,4}\s*[,;)])|(?:-?\d+\.\d+\s*[,;]\s*){3,}-?\d+\.\d"
)
_EMPTY = re.compile(r"[\s.,;:)\]}]*(?:ppm)?[\s.,;:)\]}]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """Spectra, and in words what was not read."""

    spectra: tuple[Spectrum, ...]
    notes: tuple[str, ...] = ()


def read_section(passage: Passage, heading: Heading, end: int) -> Reading:
    """Return the spectrum below a heading; `end` is where the next one begins.

    What follows the signals and is none is told in a note. Raises InputError for what looks like signals and is not
    understood.
    """
    if heading.nucleus not in NUCLEI.values():
        words = f"{heading.nucleus} is no nucleus that is reported; not read: {passage.shown(heading.start, end)}"
        return Reading((), (f"line {passage.line_of(heading.start)}: {words}",))
    limit = _list_end(passage, heading.end, end)
    numerals = find_numerals(passage, heading.end, limit)
    found = SignalListReader(passage, heading.nucleus, numerals).read(heading.end, limit)
    _refuse_rest(passage, heading, found.end, limit)
    rest = unread(passage, limit if found.signals else heading.start, end)
    if not found.signals:
        return Reading((), rest)
    spectrum = Spectrum(
        nucleus=heading.nucleus,
        signals=found.signals,
        frequency_mhz=heading.frequency_mhz,
        solvent=heading.solvent,
        conditions=heading.conditions,
        line=passage.line_of(heading.start),
    )
    return Reading((spectrum,), rest)


def unread(passage: Passage, start: int, end: int) -> tuple[str, ...]:
    """Return a note on a text that is not read, none where it is empty.

    Raises InputError if there are signals in it.
    """
    text = passage.text[start:end]
    signal = _IS_SIGNAL.search(text)
    if signal is not None:
        raise passage.refusal(
            start + signal.start(),
            f"{passage.shown(start + signal.start(), end)!r} looks like signals, but of no spectrum",
            hint='put a heading before them: "13C NMR (101 MHz, CDCl3) δ"',
        )
    if not re.search(r"\w", text):
        return ()
    place = start + len(text) - len(text.lstrip(" .,;\n\t"))
    return (f"line {passage.line_of(place)}: not read: {passage.shown(place, end)}",)


def infer_nucleus(passage: Passage) -> str | None:
    """Return the nucleus of signals below no heading: 1H where hydrogens are counted, 13C where carbons are."""
    if re.search(r"[(,;\s]\d{1,2}\s?H\b\s*[,;)]", passage.text):
        return "1H"
    if re.search(r"\(\s*\d?\s?(?:C|CH|CH2|CH3|Cq)\s*\)", passage.text):
        return "13C"
    return None


def _list_end(passage: Passage, start: int, end: int) -> int:
    """Return where a list of signals ends at the latest: before other data, another sentence, a blank line."""
    depth, position = 0, start
    for found in _END.finditer(passage.text, start, end):
        between = passage.text[position : found.start()]
        depth = max(depth + between.count("(") + between.count("[") - between.count(")") - between.count("]"), 0)
        position = found.start()
        if depth == 0:
            return position
    return end


def _refuse_rest(passage: Passage, heading: Heading, position: int, limit: int) -> None:
    """Raise InputError if something stands between the last signal and the end of the list."""
    if _EMPTY.fullmatch(passage.text, position, limit):
        return
    if position == heading.end and not re.search(r"\d[.,]\d", passage.text[position:limit]):
        return  # a figure's caption, prose
    place = position
    while place < limit and passage.text[place] in " .,;:\n\t":
        place += 1
    while place > heading.end and not passage.text[place - 1].isspace() and passage.text[place - 1] not in ",;)":
        place -= 1  # of "2l.0" all is shown
    what = "a signal" if position > heading.end else "the first signal"
    raise passage.refusal(
        place,
        f"expected {what} of {heading.nucleus}, found {passage.shown(place, limit)!r}",
        hint=f"signals look like {_examples(heading.nucleus)}, with commas between; take other words out",
    )


def _examples(nucleus: str) -> str:
    if nucleus == "1H":
        return '"4.12 (q, J = 7.1 Hz, 2H)", "7.35-7.28 (m, 5H)"'
    return f'"60.4", "128.5 (2{element_of(nucleus)})", "163.0 (d, J = 245 Hz)"'
