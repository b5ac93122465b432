"""What every exported file says of its numbers: that they are predicted, at which level, how sure, by which version."""

from __future__ import annotations

from dataclasses import dataclass

from qmnmr.datatypes.shift import Prediction, Provenance
from qmnmr.report.level_words import level_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Where the numbers of one molecule come from, in words; each is one line of plain text."""

    predicted: str  # "predicted, not measured"
    program: str  # "qmnmr 0.2.0"
    protocol: str
    level: str  # "shielding …; geometry …; weights …"
    solvent: str
    temperature_kelvin: float
    error: str  # "standard uncertainty 13C 1.59-1.70 ppm, 1H 0.10-0.15 ppm"

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        where = f"{self.protocol} in {self.solvent}, {self.temperature_kelvin:g} K"
        return f"{self.predicted}, by {self.program} ({where}), {self.level}, {self.error}"


def statement_of(prediction: Prediction, provenance: Provenance) -> Statement:
    """Return what is to be said of a prediction that has shifts."""
    levels = ", ".join(f"{name} {level}" for name, level in level_words(provenance.steps).items())
    return Statement(
        predicted="predicted, not measured",
        program=f"qmnmr {provenance.qmnmr_version}",
        protocol=provenance.protocol,
        level=levels,
        solvent=provenance.solvent,
        temperature_kelvin=provenance.temperature_kelvin,
        error=_error_words(prediction),
    )


def _error_words(prediction: Prediction) -> str:
    found: dict[str, list[float]] = {}
    for shift in prediction.shifts:
        if shift.uncertainty_ppm is not None:
            found.setdefault(shift.nucleus, []).append(shift.uncertainty_ppm)
    if not found:
        return "no calibrated shifts"
    ranges = (f"{nucleus} {_range(min(values), max(values))} ppm" for nucleus, values in found.items())
    return f"standard uncertainty {', '.join(ranges)}"


def _range(low: float, high: float) -> str:
    return f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f}-{high:.2f}"
