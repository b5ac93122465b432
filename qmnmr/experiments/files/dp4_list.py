"""The lists of DP4 programs: a line of 13C, a blank line, a line of 1H, then equivalent atoms and atoms to omit.

75.2(any),43.7(C10),...

4.12(H23 or H24),...

C4,C6
OMIT H19,H51
"""

from __future__ import annotations

import re

from qmnmr.datatypes.measured.experiment import MeasuredSignal, Spectrum
from qmnmr.datatypes.measured.shift_limits import measured_shift
from qmnmr.errors import InputError
from qmnmr.experiments.text.paragraphs import Reading

_ITEM = r"[-+]?\d+(?:\.\d+)?\s*\(\s*(?:any|[CH]\d+(?:\s*or\s*[CH]\d+)*)\s*\)"
_LIST = re.compile(rf"\s*{_ITEM}(?:\s*,\s*{_ITEM})*\s*,?\s*$", re.IGNORECASE)
_PEAK = re.compile(r"(?P<shift>[-+]?\d+(?:\.\d+)?)\s*\(\s*(?P<label>[^()]*?)\s*\)")
_ATOMS = re.compile(r"\s*(?:OMIT\s+)?[CH]\d+(?:\s*,\s*[CH]\d+)*\s*$", re.IGNORECASE)


def is_dp4_list(text: str) -> bool:
    """Return whether a text is such a list."""
    lines = [line for line in text.split("\n") if line.strip()]
    lists = [line for line in lines if _LIST.match(line)]
    is_told = len(lists) > 1 or "(any)" in text.lower()
    return is_told and lines[0] == lists[0] and all(_LIST.match(line) or _ATOMS.match(line) for line in lines)


def read_dp4_list(text: str, *, source: str) -> Reading:
    """Return the spectra. A signal of one atom is assigned; of "any" or several it is not.

    Equivalent atoms are known from the molecule, and what is omitted has no signal: these lines are told in notes.
    Raises InputError for more than two lists.
    """
    spectra: list[Spectrum] = []
    notes: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not _LIST.match(line):
            if line.strip():
                notes.append(f"line {number}: not used: {line.strip()}")
            continue
        letters = set(re.findall(r"\(\s*([CH])\d", line, re.IGNORECASE))
        nucleus = (
            {"C": "13C", "H": "1H"}[letters.pop().upper()] if len(letters) == 1 else ("13C", "1H")[min(len(spectra), 1)]
        )
        if any(spectrum.nucleus == nucleus for spectrum in spectra):
            raise InputError(
                f"{source}, line {number}: a second list of {nucleus}",
                hint="one line of 13C, a blank line, one line of 1H",
            )
        spectra.append(_spectrum(line, number, nucleus=nucleus, source=source))
    if any(signal.atoms for spectrum in spectra for signal in spectrum.signals):
        notes.append("a list of a DP4 program: C10 is atom 10 of the molecule")
    return Reading(tuple(spectra), tuple(notes))


def _spectrum(line: str, number: int, *, nucleus: str, source: str) -> Spectrum:
    signals = []
    for found in _PEAK.finditer(line):
        shift = measured_shift(found["shift"], nucleus=nucleus, place=f"{source}, line {number}")
        one = re.fullmatch(r"[CH](\d+)", found["label"], re.IGNORECASE)
        signals.append(
            MeasuredSignal(
                low_ppm=shift,
                high_ppm=shift,
                atoms=(int(one[1]),) if one else (),
                label="" if found["label"].lower() == "any" else found["label"],
                text=found[0],
                line=number,
            )
        )
    return Spectrum(nucleus=nucleus, signals=tuple(signals), line=number)
