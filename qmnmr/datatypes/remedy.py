"""What is changed when a calculation failed and is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Remedy(StrEnum):
    """One change that leads to the same number on another way. The value is what people read."""

    SCF_DAMPED = "SCF with damping, level shift and 800 iterations"
    SCF_MINIMIZED = "SCF by direct minimisation"
    SCF_TIGHT = "tighter SCF on a finer grid"
    RESPONSE_LONGER = "200 response iterations"
    SMALLER_STEPS = "from the last geometry, with smaller steps"
    CARTESIAN = "Cartesian coordinates"
    HALF_RANKS = "half as many ranks, each with twice the memory"
    ONE_RANK = "one rank with all the memory"
    EXACT_INTEGRALS = "four-centre integrals instead of density fitting"
    AGAIN = "the same once more in an empty folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedRemedy:
    """A remedy, and the failure that called for it."""

    remedy: Remedy
    failure: str  # one sentence
    evidence: str  # the line of output that says so
