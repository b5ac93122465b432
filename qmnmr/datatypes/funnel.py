"""How many conformers each step of a molecule's way takes in and lets through."""

from __future__ import annotations

from dataclasses import dataclass

SEARCH = "search"
POPULATION = "population"
"""The steps of the funnel that are no calculation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStep:
    """One step of the funnel."""

    name: str  # a Step's title, SEARCH or POPULATION
    method: str  # what was computed: "GFN2-XTB, ALPB(chloroform)"; empty where nothing was
    entered: int
    left: int
    cpu_seconds: float
    remark: str = ""  # where the others went: "2 duplicates, 3 above 5 kcal/mol"
