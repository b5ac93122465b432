"""What a page draws of each nucleus: predicted signals with error bars, lines of the solvent, what was measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.datatypes.measured.comparison import ComparedPair
from qmnmr.datatypes.measured.experiment import MeasuredSignal, Spectrum
from qmnmr.datatypes.measured.larmor import larmor_mhz
from qmnmr.datatypes.measured.nmr_solvents import NmrSolvent, deuterated
from qmnmr.datatypes.shift import NUCLEI, Prediction
from qmnmr.report.page.number_places import number_range
from qmnmr.report.tables import atom_numbers
from qmnmr.spectra.predicted_spectrum import PredictedSpectrum, SpectrumSettings, predicted_spectrum

_MARGINS = {"1H": 0.5}  # in ppm, of a view, beyond the outermost signals and their error bars
_OTHER_MARGIN = 8.0
_LEAST_SPANS = {"1H": 5.0, "13C": 100.0}
_OTHER_LEAST_SPAN = 40.0
_STEPS = {"1H": 0.5}  # to which the ends of a view are rounded
_OTHER_STEP = 10.0
_LINE_STEP_HZ = 0.05  # lines nearer than this are drawn as one
_FAINTEST = 0.002  # of a signal, that is drawn
_FIRST = ("1H", "13C")  # the others follow


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSignal:
    """A predicted signal."""

    row: int  # of the table, 0-based
    ppm: float
    error_ppm: float
    nuclei: int
    label: str  # the atoms, as people write them: "4-6"
    flags: tuple[str, ...]
    lines: tuple[tuple[float, float], ...]  # each: Hz from the shift, and intensity in nuclei


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnMeasured:
    """A measured signal, and the rows of what it was matched to."""

    low_ppm: float
    high_ppm: float
    nuclei: float | None
    text: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnSpectrum:
    """All that is drawn of one nucleus."""

    nucleus: str
    frequency_mhz: float  # of this nucleus
    solvent: str
    solvent_ppm: tuple[float, ...]
    signals: tuple[DrawnSignal, ...]
    measured: tuple[DrawnMeasured, ...]
    measured_heading: str  # "400 MHz, CDCl3": what the experiment says of itself
    view_ppm: tuple[float, float]  # high, low: an axis of NMR falls from left to right


def drawn_spectra(
    prediction: Prediction,
    *,
    proton_mhz: float,
    protons: PredictedSpectrum | None = None,
    measured: Sequence[Spectrum] = (),
    pairs: Sequence[ComparedPair] = (),
) -> tuple[DrawnSpectrum, ...]:
    """Return a spectrum for each nucleus with calibrated shifts, 1H and 13C first, with what was measured of it.

    Shifts and error bars have the four decimals of shifts.csv. `protons` is that of `proton_spectrum` for this field;
    without it every signal is one line.
    """
    solvent = None if prediction.provenance is None else deuterated(prediction.provenance.solvent)
    shapes = {} if protons is None else _multiplets(prediction, protons)
    by_nucleus: dict[str, list[DrawnSignal]] = {}
    for row, shift in enumerate(prediction.shifts):
        if shift.shift_ppm is not None:
            signal = DrawnSignal(
                row=row,
                ppm=round(shift.shift_ppm, 4),
                error_ppm=round(shift.uncertainty_ppm or 0.0, 4),
                nuclei=len(shift.atom_indices),
                label=number_range(atom_numbers(shift)),
                flags=shift.flags,
                lines=shapes.get(shift.atom_indices, ((0.0, float(len(shift.atom_indices))),)),
            )
            by_nucleus.setdefault(shift.nucleus, []).append(signal)
    return tuple(
        _spectrum(
            nucleus,
            by_nucleus[nucleus],
            proton_mhz=proton_mhz,
            solvent=solvent,
            solvent_name=solvent_name(prediction),
            experiment=next((s for s in measured if s.nucleus == nucleus), None),
            rows=_rows_of_pairs(prediction, [p for p in pairs if p.nucleus == nucleus]),
        )
        for nucleus in calibrated_nuclei(prediction)
    )


def proton_spectrum(prediction: Prediction, *, proton_mhz: float) -> PredictedSpectrum | None:
    """Return the exact 1H spectrum of a prediction with couplings, None where there are none. It may take seconds."""
    if not prediction.couplings or "1H" not in calibrated_nuclei(prediction):
        return None
    return predicted_spectrum(prediction, SpectrumSettings(frequency_mhz=proton_mhz))


def _multiplets(
    prediction: Prediction, spectrum: PredictedSpectrum
) -> dict[tuple[int, ...], tuple[tuple[float, float], ...]]:
    """Return the lines of hydrogens by their atoms: Hz from the shift, and intensities; the faintest are left out."""
    centres = {shift.atom_indices: shift.shift_ppm or 0.0 for shift in prediction.shifts}
    found: dict[tuple[int, ...], dict[float, float]] = {}
    for line in spectrum.lines:
        offset_hz = (line.shift_ppm - centres[line.atoms]) * spectrum.larmor_mhz
        place = round(round(offset_hz / _LINE_STEP_HZ) * _LINE_STEP_HZ, 2)
        lines = found.setdefault(line.atoms, {})
        lines[place] = lines.get(place, 0.0) + line.intensity
    return {
        atoms: tuple((hz, round(lines[hz], 4)) for hz in sorted(lines) if lines[hz] > _FAINTEST * len(atoms))
        for atoms, lines in found.items()
    }


def calibrated_nuclei(prediction: Prediction) -> tuple[str, ...]:
    """Return the nuclei of which there are calibrated shifts, 1H and 13C first."""
    found = {shift.nucleus for shift in prediction.shifts if shift.shift_ppm is not None}
    return tuple(n for n in (*_FIRST, *(n for n in NUCLEI.values() if n not in _FIRST)) if n in found)


def solvent_name(prediction: Prediction) -> str:
    """Return the solvent as spectra name it ("CDCl3"), the continuum's name where there is none, "gas phase"."""
    if prediction.provenance is None:
        return ""
    solvent = deuterated(prediction.provenance.solvent)
    return prediction.provenance.solvent if solvent is None else solvent.name


def _spectrum(
    nucleus: str,
    signals: Sequence[DrawnSignal],
    *,
    proton_mhz: float,
    solvent: NmrSolvent | None,
    solvent_name: str,
    experiment: Spectrum | None,
    rows: dict[float, tuple[int, ...]],
) -> DrawnSpectrum:
    lines = {} if solvent is None else {"1H": solvent.proton_ppm, "13C": solvent.carbon_ppm}
    measured = () if experiment is None else tuple(_measured(signal, rows) for signal in experiment.signals)
    return DrawnSpectrum(
        nucleus=nucleus,
        frequency_mhz=round(larmor_mhz(nucleus, proton_mhz=proton_mhz), 4),
        solvent=solvent_name,
        solvent_ppm=lines.get(nucleus, ()),
        signals=tuple(signals),
        measured=measured,
        measured_heading="" if experiment is None else _heading(experiment),
        view_ppm=_view(nucleus, signals, measured, lines.get(nucleus, ())),
    )


def _measured(signal: MeasuredSignal, rows: dict[float, tuple[int, ...]]) -> DrawnMeasured:
    couplings = ", ".join(f"{j:g}" for j in signal.couplings_hz)
    number = "" if signal.nuclei is None else f"{signal.nuclei:g} nuclei"
    words = (number, signal.multiplicity, f"J = {couplings} Hz" if couplings else "", signal.kind, signal.label)
    return DrawnMeasured(
        low_ppm=signal.low_ppm,
        high_ppm=signal.high_ppm,
        nuclei=signal.nuclei,
        text=", ".join(word for word in words if word),
        rows=rows.get(round(signal.shift_ppm, 6), ()),
    )


def _rows_of_pairs(prediction: Prediction, pairs: Sequence[ComparedPair]) -> dict[float, tuple[int, ...]]:
    """Return the rows of the table that each measured shift was matched to."""
    found: dict[float, tuple[int, ...]] = {}
    for pair in pairs:
        rows = tuple(k for k, s in enumerate(prediction.shifts) if set(atom_numbers(s)) & set(pair.atoms))
        key = round(pair.measured_ppm, 6)
        found[key] = (*found.get(key, ()), *rows)
    return found


def _heading(spectrum: Spectrum) -> str:
    frequency = "" if spectrum.frequency_mhz is None else f"{spectrum.frequency_mhz:g} MHz"
    return ", ".join(word for word in (frequency, spectrum.solvent, spectrum.conditions) if word)


def _view(
    nucleus: str,
    signals: Sequence[DrawnSignal],
    measured: Sequence[DrawnMeasured],
    solvent_ppm: Sequence[float],
) -> tuple[float, float]:
    """Return the ends of the axis: all that is drawn with room beside it, zero too where it is near."""
    margin, step = _MARGINS.get(nucleus, _OTHER_MARGIN), _STEPS.get(nucleus, _OTHER_STEP)
    lows = [*(s.ppm - 2 * s.error_ppm for s in signals), *(m.low_ppm for m in measured), *solvent_ppm]
    highs = [*(s.ppm + 2 * s.error_ppm for s in signals), *(m.high_ppm for m in measured), *solvent_ppm]
    low, high = min(lows) - margin, max(highs) + margin
    if nucleus in _LEAST_SPANS:
        low = min(low, -margin / 2)
    high = max(high, low + _LEAST_SPANS.get(nucleus, _OTHER_LEAST_SPAN))
    return math.ceil(high / step) * step, math.floor(low / step) * step
