"""How many conformers each step of a molecule's way takes in and lets through."""

from __future__ import annotations

from dataclasses import dataclass

from qmnmr.datatypes.molecule import Ensemble

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


@dataclass(frozen=True, slots=True, kw_only=True)
class MoleculeConformers:
    """What would go to DFT of one molecule."""

    ensemble: Ensemble  # energies of the ranking; of the force field, or none, where nothing ranked
    populations: tuple[float, ...]  # at the protocol's temperature; empty where energies are not known
    missed_population: float | None  # estimated share of what was not found or left out; None: not estimated
    not_found: float | None  # the part of it that the search is thought not to have found
    funnel: tuple[FunnelStep, ...]
    notes: tuple[str, ...]
