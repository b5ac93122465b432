"""Files of NMRium (.nmrium, .json): the ranges that somebody made of its 1D spectra."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from qmnmr.datatypes.measured.experiment import MeasuredSignal, Spectrum
from qmnmr.datatypes.measured.shift_limits import measured_shift
from qmnmr.errors import InputError
from qmnmr.experiments.nuclei import parse_nucleus
from qmnmr.experiments.solvents import find_solvents
from qmnmr.experiments.text.paragraphs import Reading

_LARGEST = 1e6
_INTEGRAL_ERROR = 0.2  # of one nucleus


def is_nmrium(text: str) -> bool:
    """Return whether a text is JSON with spectra."""
    return text.lstrip().startswith("{") and '"spectra"' in text


def read_nmrium(text: str, *, source: str) -> Reading:
    """Return the signals of the ranges of all 1D spectra.

    Raises InputError for JSON that can't be read.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{source}{place}: no JSON", hint="save it from NMRium again") from None
    spectra: list[Spectrum] = []
    notes: list[str] = []
    for number, entry in enumerate(_list(_dict(content.get("data", content)).get("spectra")), start=1):
        spectrum = _spectrum(_dict(entry), place=f"{source}, spectrum {number}")
        if spectrum is None:
            notes.append(f"spectrum {number}: not read: it is not 1D, or has no ranges")
        else:
            spectra.append(spectrum)
    return Reading(tuple(spectra), tuple(notes))


def _spectrum(entry: dict[str, Any], *, place: str) -> Spectrum | None:
    information = _dict(entry.get("info"))
    nucleus = parse_nucleus(str(information.get("nucleus", "")))
    ranges = [_dict(value) for value in _list(_dict(entry.get("ranges")).get("values"))]
    if nucleus is None or not ranges:
        return None
    signals: list[MeasuredSignal] = []
    integrals: list[float] = []
    for part in ranges:
        found = [_dict(signal) for signal in _list(part.get("signals"))]
        for signal in found:
            signals.append(_signal(signal, part, nucleus=nucleus, place=place))
            integrals.append(_number(part.get("integration")) if len(found) == 1 else 0.0)
    if not signals:
        return None
    near = all(round(value) >= 1 and abs(value - round(value)) <= _INTEGRAL_ERROR for value in integrals)
    counted = (
        [replace(s, nuclei=float(round(value))) for s, value in zip(signals, integrals, strict=True)]
        if near
        else signals
    )
    frequency = _number(information.get("originFrequency")) or None
    return Spectrum(
        nucleus=nucleus,
        signals=tuple(counted),
        frequency_mhz=frequency,
        solvent=find_solvents(str(information.get("solvent") or ""))[0],
        notes=() if near else ("integrals not used: not all are near whole numbers",),
    )


def _signal(signal: dict[str, Any], part: dict[str, Any], *, nucleus: str, place: str) -> MeasuredSignal:
    multiplicity = str(signal.get("multiplicity") or "")
    delta = repr(signal.get("delta"))
    ends = [part.get("from"), part.get("to")] if multiplicity == "m" else []
    written = [repr(end) for end in ends] if all(isinstance(end, int | float) for end in ends) and ends else [delta]
    values = [measured_shift(value, nucleus=nucleus, place=place) for value in written]
    couplings = [_dict(j).get("coupling") for j in _list(signal.get("js"))]
    return MeasuredSignal(
        low_ppm=min(values),
        high_ppm=max(values),
        multiplicity=multiplicity,
        couplings_hz=tuple(_number(j) for j in couplings if j is not None),
        label=str(signal.get("assignment") or ""),
        text=f"delta {delta}",
    )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> float:
    """Return a number that can be reckoned with, 0.0 for anything else."""
    return float(value) if isinstance(value, int | float) and abs(value) < _LARGEST else 0.0
