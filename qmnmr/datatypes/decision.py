"""How a nucleus came by its shift, or why it has none."""

from __future__ import annotations

from dataclasses import dataclass

from qmnmr.datatypes.calibration import FoundFactors
from qmnmr.datatypes.shift import ReferenceShielding
from qmnmr.datatypes.theory import RunLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReference:
    """Why there is no reference compound: none at this level and version, or versions that do not mix."""

    level: RunLevel
    versions: tuple[str, ...]  # of the program that computed: one, none if it is not known, or several


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """The nucleus has shifts with error bars."""

    found: FoundFactors
    reference: ReferenceShielding | None
    other_versions: tuple[str, ...]  # programs of the run that the factors were neither fitted nor compared with


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncalibrated:
    """The nucleus has no shifts: at most a difference to a reference compound."""

    reference: ReferenceShielding | NoReference
    level: RunLevel
    is_in_sets: bool  # whether a calibration set has shifts of this nucleus
    near: str = ""  # why the protocol's own factors do not fit


Decision = Calibrated | Uncalibrated
