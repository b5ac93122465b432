"""What was understood of an experiment, as text and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qmnmr.datatypes.measured.experiment import ExpectedSpectra, Experiment, MeasuredSignal, Remark, Spectrum
from qmnmr.report.columns import aligned
from qmnmr.report.words import counted

_WIDTH = 78  # of a line, without its indentation
_SHORTEST_LABEL = 8
_RIGHT = {"line", "shift/ppm"}


def experiment_text(experiment: Experiment, expected: ExpectedSpectra, remarks: Sequence[Remark]) -> str:
    """Return a table of each spectrum with what fits and what does not (?), and below what was not read."""
    formula = "".join(f"{element}{number if number > 1 else ''}" for element, number in expected.formula)
    parts = [f"{experiment.source} beside {expected.molecule}, {formula}"]
    for spectrum in experiment.spectra:
        mine = [remark for remark in remarks if remark.nucleus == spectrum.nucleus]
        lines = [_heading(spectrum), *(f"  {line}" for line in _table(spectrum))]
        lines += [f"  {'? ' if remark.is_doubt else ''}{_with_line(remark)}" for remark in mine]
        lines += [f"  {note}" for note in spectrum.notes]
        parts.append("\n".join(lines))
    if experiment.notes:
        parts.append("\n".join(experiment.notes))
    return "\n\n".join(parts) + "\n"


def experiment_object(experiment: Experiment, expected: ExpectedSpectra, remarks: Sequence[Remark]) -> dict[str, Any]:
    """Return the same as builtin types; atoms and lines are counted from 1, what was not said is null or empty."""
    return {
        "source": experiment.source,
        "molecule": expected.molecule,
        "formula": dict(expected.formula),
        "spectra": [
            {
                "nucleus": spectrum.nucleus,
                "frequency_mhz": spectrum.frequency_mhz,
                "solvent": spectrum.solvent,
                "conditions": spectrum.conditions,
                "is_peak_list": spectrum.is_peak_list,
                "signals": [_signal_object(signal) for signal in spectrum.signals],
                "notes": list(spectrum.notes),
            }
            for spectrum in experiment.spectra
        ],
        "remarks": [
            {"text": remark.text, "is_doubt": remark.is_doubt, "nucleus": remark.nucleus, "line": remark.line or None}
            for remark in remarks
        ],
        "notes": list(experiment.notes),
    }


def _signal_object(signal: MeasuredSignal) -> dict[str, Any]:
    return {
        "low_ppm": signal.low_ppm,
        "high_ppm": signal.high_ppm,
        "nuclei": signal.nuclei,
        "multiplicity": signal.multiplicity,
        "couplings_hz": list(signal.couplings_hz),
        "kind": signal.kind,
        "atoms": list(signal.atoms),
        "label": signal.label,
        "text": signal.text,
        "line": signal.line or None,
    }


def _heading(spectrum: Spectrum) -> str:
    frequency = None if spectrum.frequency_mhz is None else f"{spectrum.frequency_mhz:g} MHz"
    words = [spectrum.nucleus, frequency, spectrum.solvent, spectrum.conditions]
    numbers = [signal.nuclei for signal in spectrum.signals]
    total = sum(number for number in numbers if number is not None)
    element = spectrum.nucleus.lstrip("0123456789")
    nuclei = f", {total:g} {element}" if numbers and None not in numbers else ""
    what = "line" if spectrum.is_peak_list else "signal"
    return f"{', '.join(word for word in words if word)}: {counted(len(spectrum.signals), what)}{nuclei}"


def _table(spectrum: Spectrum) -> list[str]:
    """Return the signals as lines of even columns; a column that is empty throughout is not shown."""
    element = spectrum.nucleus.lstrip("0123456789")
    headings = ("line", "shift/ppm", element, "shape", "J/Hz", "kind", "atoms", "label")
    rows = [_row(signal, 2 if element == "H" else 1) for signal in spectrum.signals]
    shown = [i for i in range(len(headings)) if any(row[i] for row in rows)]
    table = [tuple(headings[i] for i in shown), *(tuple(row[i] for i in shown) for row in rows)]
    if headings[shown[-1]] == "label":
        table = _with_short_labels(table)
    return aligned(table, right=[place for place, i in enumerate(shown) if headings[i] in _RIGHT])


def _with_short_labels(table: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return rows whose last cell is cut where the line would be longer than a terminal is wide."""
    others = sum(max(len(cell) for cell in column) + 2 for column in zip(*(row[:-1] for row in table), strict=True))
    room = max(_SHORTEST_LABEL, _WIDTH - others)
    return [(*row[:-1], row[-1] if len(row[-1]) <= room else f"{row[-1][: room - 1]}…") for row in table]


def _row(signal: MeasuredSignal, least: int) -> tuple[str, ...]:
    shift = (
        _ppm(signal.low_ppm, least)
        if not signal.is_range
        else f"{_ppm(signal.high_ppm, least)} to {_ppm(signal.low_ppm, least)}"
    )
    return (
        str(signal.line or ""),
        shift,
        "" if signal.nuclei is None else f"{signal.nuclei:g}",
        signal.multiplicity,
        ", ".join(f"{j:g}" for j in signal.couplings_hz),
        signal.kind,
        " ".join(str(atom) for atom in signal.atoms),
        signal.label,
    )


def _ppm(value: float, least: int) -> str:
    """Return a shift with at least so many decimals, and with as many more as it has, to four."""
    text = f"{value:.4f}".rstrip("0")
    return text if len(text.partition(".")[2]) >= least else f"{value:.{least}f}"


def _with_line(remark: Remark) -> str:
    return f"{remark.text} (line {remark.line})" if remark.line else remark.text
