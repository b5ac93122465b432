"""What stands in a cell of a table: a shift or a range, atoms, or words as in running text."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from qmnmr.datatypes.measured.experiment import MeasuredSignal
from qmnmr.datatypes.measured.shift_limits import measured_shift
from qmnmr.errors import InputError
from qmnmr.experiments.passage import Passage
from qmnmr.experiments.text.characters import clean
from qmnmr.experiments.text.details import DetailReader, Details
from qmnmr.experiments.text.numerals import COMMA, POINT, Numerals
from qmnmr.experiments.text.signal_list import SignalListReader

_RANGE = re.compile(r"(?P<first>[-+]?\d+(?:[.,]\d+)?)\s*(?:-|\.{2,3}|to|~|/)\s*(?P<last>[-+]?\d+(?:[.,]\d+)?)$")
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?$")
_ATOM_RANGE = re.compile(r"(?P<first>\d{1,6})-(?P<last>\d{1,6})$")
_PURITY = {"solvent", "impurity", "artifact", "artefact", "reference", "satellite", "13c satellite", "water"}
_MEANINGLESS = {"compound", "none", "hidden", "automatic", "manual", "-", "n/a", "sum", "peaks", "picked"}
_MOST_ATOMS = 1000  # of a molecule
_MOST_HZ = 10_000.0  # of a coupling


def is_number(text: str) -> bool:
    """Return whether a cell is one number, with a point or a comma."""
    return _NUMBER.match(clean(text).strip()) is not None


def finite_number(text: str) -> float | None:
    """Return the number of a cell, None where it is none or beyond what a float holds."""
    value = float(as_python(text)) if is_number(text) else math.inf
    return value if math.isfinite(value) else None


def as_python(text: str) -> str:
    """Return a number as Python writes it, with a decimal comma made a point; other text as it is."""
    cleaned = clean(text).strip()
    return cleaned.replace(",", ".") if _NUMBER.match(cleaned) else cleaned


def read_shift(text: str, *, nucleus: str, place: str) -> tuple[float, float]:
    """Return the limits of a shift or a range in ppm, the same twice for a shift.

    Raises InputError for anything else, and for a shift outside the range of its nucleus.
    """
    cleaned = re.sub(r"\s*ppm$", "", clean(text).strip())
    found = _RANGE.match(cleaned)
    if found is None or _NUMBER.match(cleaned):
        value = measured_shift(as_python(cleaned), nucleus=nucleus, place=place)
        return value, value
    values = [measured_shift(as_python(found[name]), nucleus=nucleus, place=place) for name in ("first", "last")]
    return min(values), max(values)


def read_signals(text: str, *, nucleus: str, source: str, line: int) -> tuple[MeasuredSignal, ...]:
    """Return the signals that a cell of a column such as δH holds: "4.12, q (7.1)"; "-" and nothing are none.

    Raises InputError for what is not understood.
    """
    cleaned = clean(text).strip()
    if cleaned in ("", "-", "--", "n.d.", "nd", "n.o."):
        return ()
    passage = Passage(text=cleaned, source=source, first_line=line)
    found = SignalListReader(passage, nucleus, _numerals(cleaned)).read(0, len(cleaned))
    if not found.signals or cleaned[found.end :].strip(" .;,"):
        raise InputError(
            f"{source}, line {line}: {cleaned[:40]!r} is no signal of {nucleus}",
            hint='write the shift first: "4.12, q (7.1)"; leave the cell empty, or "-", where there is none',
        )
    return found.signals


def read_words(text: str, *, nucleus: str, source: str, line: int) -> Details:
    """Return what a cell says of a signal beside its shift.

    Raises InputError for a number that is not understood.
    """
    found, cleaned = Details(), clean(text).strip()
    if not cleaned or cleaned.lower() in _MEANINGLESS:
        return found
    if cleaned.lower() in _PURITY:
        found.labels.append(cleaned.lower())
        return found
    passage = Passage(text=cleaned, source=source, first_line=line)
    DetailReader(passage, nucleus, _numerals(cleaned)).read_bracket(0, len(cleaned), found)
    return found


def read_couplings_cell(text: str, *, place: str) -> tuple[float, ...]:
    """Return the numbers of a column of couplings, in Hz. Raises InputError where there is something else."""
    if not text.strip():
        return ()
    cleaned = re.sub(r"\d?J\s*[A-Za-z0-9,']*\s*=|Hz|[()]", " ", clean(text))
    numerals = _numerals(cleaned)
    parts = [part for part in re.split(r"[;/\s]+|,\s+" if numerals is COMMA else r"[;,/\s]+", cleaned.strip()) if part]
    values = [finite_number(part) for part in parts]
    couplings = tuple(value for value in values if value is not None and abs(value) < _MOST_HZ)
    if len(couplings) < len(parts):
        raise InputError(f"{place}: {text.strip()[:40]!r} are no couplings", hint="write numbers in Hz: 8.6, 2.1")
    return couplings


def read_count(text: str, *, place: str) -> float | None:
    """Return how many nuclei a cell says, None for 0 and for nothing. Raises InputError where it is no number."""
    cleaned = re.sub(r"\s*[HCFP]$", "", clean(text).strip())
    if cleaned in ("", "-"):
        return None
    value = finite_number(cleaned)
    if value is None or not 0 <= value < _MOST_ATOMS:
        raise InputError(f"{place}: {text.strip()[:40]!r} is no number of nuclei", hint="write 1, 2, 3 …")
    return value or None


def read_atoms(text: str, *, place: str) -> tuple[int, ...]:
    """Return the atoms of a cell: numbers from 1 with blanks or commas between; "4-6" is 4 5 6.

    Raises InputError for anything else.
    """
    atoms: list[int] = []
    for word in re.split(r"[\s,;/]+", clean(text).strip()):
        found = _ATOM_RANGE.match(word)
        if word.isascii() and word.isdecimal() and len(word) < 7:
            atoms.append(int(word))
        elif found and int(found["first"]) < int(found["last"]) < int(found["first"]) + _MOST_ATOMS:
            atoms += range(int(found["first"]), int(found["last"]) + 1)
        elif word:
            raise InputError(
                f"{place}: {text.strip()[:40]!r} is no list of atoms",
                hint="atoms are numbers from 1, with spaces between, as in the run's table; names go to a column label",
            )
    return tuple(atoms)


def with_details(signal: MeasuredSignal, details: Details) -> MeasuredSignal:
    """Return a signal with what another cell says of it."""
    labels = [word for word in (signal.label, *details.labels) if word]
    return replace(
        signal,
        nuclei=signal.nuclei if details.nuclei is None else details.nuclei,
        multiplicity=" + ".join(details.multiplicities) or signal.multiplicity,
        couplings_hz=tuple(details.couplings_hz) or signal.couplings_hz,
        hydrogens=signal.hydrogens if details.hydrogens is None else details.hydrogens,
        label=", ".join(dict.fromkeys(labels)),
    )


def _numerals(text: str) -> Numerals:
    return COMMA if re.search(r"\d,\d", text) and not re.search(r"\d\.\d|[A-Za-z]-?\d+,\d", text) else POINT
