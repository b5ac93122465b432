"""JCAMP-DX: peak tables and peak assignments of NMR spectra; the points of a spectrum are not read.

Format: McDonald & Wilks, Appl. Spectrosc. 1988, 42, 151 (PEAK TABLE, PEAK ASSIGNMENTS); Davies & Lampen, Appl.
Spectrosc. 1993, 47, 1093 (labels of NMR).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from qmnmr.datatypes.measured.experiment import MeasuredSignal, Spectrum
from qmnmr.datatypes.measured.shift_limits import measured_shift
from qmnmr.errors import InputError
from qmnmr.experiments.nuclei import parse_nucleus
from qmnmr.experiments.passage import shortened
from qmnmr.experiments.solvents import find_solvents
from qmnmr.experiments.tables.rows import NO_NUCLEUS
from qmnmr.experiments.text.paragraphs import Reading

_RECORD = re.compile(r"##(?P<label>[^=]*)=(?P<value>.*)$")
_FORM = re.compile(r"\((?P<variables>[XYWMA]+)(?:\.\.[XYWMA]+)?\)\s*(?:,\s*PEAKS)?", re.IGNORECASE)
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_MULTIPLICITIES = {"S": "s", "D": "d", "T": "t", "Q": "q", "M": "m", "U": ""}
_DECIMALS = 6  # of ppm made of Hz
_PEAKS = ("PEAKTABLE", "PEAKASSIGNMENTS", "DATATABLE")


@dataclass(slots=True)
class _Block:
    """The labelled records of one block, and its table of peaks."""

    line: int
    records: dict[str, str] = field(default_factory=dict)
    form: str = ""
    kind: str = ""
    peaks: list[tuple[int, str]] = field(default_factory=list)


def is_jcamp(text: str) -> bool:
    """Return whether a text is JCAMP-DX."""
    return (
        text.lstrip().startswith("##")
        and re.search(r"^##\s*JCAMP-?(?:DX|CS)\s*=|^##TITLE\s*=", text, re.MULTILINE) is not None
    )


def read_jcamp(text: str, *, source: str, nucleus: str | None) -> Reading:
    """Return the peaks of each block; where a nucleus has assignments, its plain peak table is left out, with a note.

    Raises InputError with the line for what can't be read, and if there are no peaks at all.
    """
    blocks = list(_blocks(text))
    solvents = [solvent for block in blocks if (solvent := find_solvents(block.records.get("SOLVENTNAME", ""))[0])]
    found = [(block, _spectrum(block, source=source, nucleus=nucleus)) for block in blocks if block.peaks]
    notes = [f"line {b.line}: not read: the points of a spectrum" for b in blocks if "XYDATA" in b.records]
    if not found:
        raise InputError(
            f"{source}: no peaks in this JCAMP-DX file, only points of a spectrum",
            hint="pick the peaks in your program and export them: PEAK TABLE, or a list of shifts",
        )
    assigned = {spectrum.nucleus for block, spectrum in found if block.kind == "PEAKASSIGNMENTS"}
    spectra = []
    for block, spectrum in found:
        if spectrum.nucleus in assigned and block.kind != "PEAKASSIGNMENTS":
            notes.append(f"line {block.line}: peak table of {spectrum.nucleus} not read: the file has its assignments")
            continue
        spectra.append(spectrum if spectrum.solvent or not solvents else replace(spectrum, solvent=solvents[0]))
    return Reading(tuple(spectra), tuple(notes))


def _blocks(text: str) -> Iterator[_Block]:
    block: _Block | None = None
    table: list[tuple[int, str]] | None = None
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.split("$$")[0].strip()
        record = _RECORD.match(line)
        if record is None:
            if table is not None and line:
                table.append((number, line))
            continue
        label = re.sub(r"[\s\-_/.$]", "", record["label"]).upper()
        table = None
        if label == "TITLE":
            if block is not None:
                yield block
            block = _Block(number)
        elif label == "END" and block is not None:
            yield block
            block = None
        if block is None:
            continue
        block.records[label] = record["value"].strip()
        form = _FORM.match(record["value"].strip())
        if label in _PEAKS and form and not (label == "DATATABLE" and "PEAKS" not in record["value"].upper()):
            block.form, block.kind, block.line = form["variables"].upper(), label, number
            table = block.peaks
    if block is not None:
        yield block


def _spectrum(block: _Block, *, source: str, nucleus: str | None) -> Spectrum:
    """Return the spectrum of a block's peaks."""
    written = block.records.get("OBSERVENUCLEUS", "").replace("^", "")
    named = parse_nucleus(written) or nucleus
    if named is None:
        what = f"nucleus {written!r}" if written else "no .OBSERVE NUCLEUS"
        raise InputError(f"{source}, line {block.line}: {what} for this peak table", hint=NO_NUCLEUS)
    frequency = _frequency(block)
    factor = _factor(block, frequency, source=source)
    signals: list[MeasuredSignal] = []
    for number, line in block.peaks:
        for peak in _peaks(line, block, f"{source}, line {number}"):
            shift = measured_shift(
                repr(round(peak[0] * factor, _DECIMALS)), nucleus=named, place=f"{source}, line {number}"
            )
            signal = MeasuredSignal(
                low_ppm=shift, high_ppm=shift, multiplicity=peak[1], label=peak[2], text=shortened(line), line=number
            )
            if signals and peak[2] and signals[-1].shift_ppm == shift:
                label = ", ".join((signals[-1].label, signal.label))
                signals[-1] = replace(signals[-1], label=label)  # one signal of several atoms, a line each
            else:
                signals.append(signal)
    return Spectrum(
        nucleus=named,
        signals=tuple(signals),
        frequency_mhz=frequency,
        solvent=find_solvents(block.records.get("SOLVENTNAME", ""))[0],
        is_peak_list=block.kind != "PEAKASSIGNMENTS",
        notes=("heights not used",) if "Y" in block.form else (),
        line=block.line,
    )


def _frequency(block: _Block) -> float | None:
    found = re.match(_NUMBER, block.records.get("OBSERVEFREQUENCY", ""))
    return float(found[0]) if found and 1.0 <= float(found[0]) < 10_000.0 else None


def _factor(block: _Block, frequency: float | None, *, source: str) -> float:
    """Return what positions are multiplied by to be ppm."""
    unit = block.records.get("XUNITS", "PPM").upper()
    found = re.match(_NUMBER, block.records.get("XFACTOR", "1"))
    factor = float(found[0]) if found else 1.0
    if unit == "PPM":
        return factor
    if unit == "HZ" and frequency:
        return factor / frequency
    raise InputError(
        f"{source}, line {block.line}: peaks in {unit}" + ("" if frequency else " and no .OBSERVE FREQUENCY"),
        hint="export the peaks in ppm",
    )


def _peaks(line: str, block: _Block, place: str) -> Iterator[tuple[float, str, str]]:
    """Yield position, multiplicity and assignment of the peaks of a line."""
    if block.kind == "PEAKASSIGNMENTS":
        yield _assignment(line, block.form, place)
        return
    width = len(block.form)
    groups = [g for g in re.split(r"[;\s]+", re.sub(r"\s*,\s*", ",", line)) if g]
    if all("," in group for group in groups):
        words = [group.split(",") for group in groups]
    else:
        flat = [word for group in groups for word in group.split(",")]
        words = [flat[i : i + width] for i in range(0, len(flat), width)]
    for group in words:
        if len(group) not in (width, width - 1) or not re.fullmatch(_NUMBER, group[0]):
            raise InputError(f"{place}: {shortened(line)!r} is no line of {block.form} peaks", hint="was the file cut?")
        letter = group[block.form.index("M")] if "M" in block.form and len(group) == width else ""
        yield float(group[0]), _MULTIPLICITIES.get(letter.upper(), ""), ""


def _assignment(line: str, form: str, place: str) -> tuple[float, str, str]:
    """Return a line such as "(1.995, 1.00, , <9>)"."""
    found = re.fullmatch(r"\(?\s*(?P<numbers>[^<]*?)(?:<(?P<label>[^>]*)>)?\s*\)?", line)
    words = [word.strip() for word in found["numbers"].split(",")] if found else []
    if found is None or not words or not re.fullmatch(_NUMBER, words[0]):
        raise InputError(f"{place}: {shortened(line)!r} is no peak assignment", hint="was the file cut?")
    place_of_letter = form.find("M")
    letter = words[place_of_letter] if 0 <= place_of_letter < len(words) else ""
    return float(words[0]), _MULTIPLICITIES.get(letter.upper(), ""), (found["label"] or "").strip()
