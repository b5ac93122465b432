"""Predicted beside measured shifts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPair:
    """One measured signal and the prediction that it belongs to."""

    molecule: str
    nucleus: str
    atoms: tuple[int, ...]  # 1-based
    measured_ppm: float
    predicted_ppm: float
    uncertainty_ppm: float | None
    is_assigned: bool  # by the user; else matched in order
    flags: tuple[str, ...] = ()
    weight_moves_ppm: tuple[float, ...] = ()  # of the predicted shift: see ChemicalShift
    measured_couplings_hz: tuple[float, ...] = ()  # as written

    @property
    def difference_ppm(self) -> float:
        """Predicted minus measured."""
        return self.predicted_ppm - self.measured_ppm


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCoupling:
    """The size of a measured coupling and that of the prediction that it was matched to."""

    molecule: str
    atoms: tuple[int, ...]  # of the signal, 1-based
    measured_hz: float
    predicted_hz: float
    uncertainty_hz: float | None

    @property
    def difference_hz(self) -> float:
        """Predicted minus measured."""
        return self.predicted_hz - self.measured_hz


@dataclass(frozen=True, slots=True, kw_only=True)
class NucleusErrors:
    """The errors of one nucleus."""

    nucleus: str
    n: int
    mae_ppm: float
    rmsd_ppm: float
    largest_ppm: float  # predicted minus measured
    largest_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All pairs, and their errors by nucleus."""

    pairs: tuple[ComparedPair, ...]
    errors: tuple[NucleusErrors, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()  # of the experiment: what was not read, or not used
    couplings: tuple[ComparedCoupling, ...] = ()
