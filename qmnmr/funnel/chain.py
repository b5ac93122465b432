"""What the steps of one molecule's funnel share: where they run, and what is told of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from qmnmr.datatypes.calculation import Calculation
from qmnmr.datatypes.funnel import FunnelStep
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import Protocol, Step
from qmnmr.engines.xtb import library
from qmnmr.funnel.funnel_words import outcome_words, total_cpu_seconds
from qmnmr.funnel.progress import Progress, Report
from qmnmr.funnel.side_by_side import AnyEngine, run_calculations
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.refinement import can_refine
from qmnmr.programs.run_calculation import MoleculeStore, Outcome, Workplace

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Chain:
    """One molecule on its way through a protocol, as far as it can be done here."""

    molecule: Molecule
    protocol: Protocol
    budget: CoreBudget
    workplace: Workplace
    store: MoleculeStore
    report: Report
    notes: list[str] = field(init=False)
    funnel: list[FunnelStep] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the molecule's own notes."""
        self.funnel = []
        self.notes = list(self.molecule.notes)
        if self.protocol.refinement is not None and not can_refine():
            self.protocol = replace(self.protocol, refinement=None)
            self.notes.append(
                f"{library.absence()}: geometries were optimised with DFT alone, at several times the cost"
            )

    def run_all(self, step: str, calculations: Sequence[Calculation], engine: AnyEngine) -> list[Outcome]:
        """Return the outcomes of calculations in their order."""
        outcomes = run_calculations(
            calculations,
            engine,
            workplace=self.workplace,
            store=self.store,
            budget=self.budget,
            tell=partial(self.tell, step),
        )
        for outcome in outcomes:
            _log.info("%s: %s", self.molecule.name, outcome_words(outcome))
        return outcomes

    def count(self, step: FunnelStep | None) -> None:
        """Add a row to the funnel, if there was something to do."""
        if step is not None:
            self.funnel.append(step)

    def count_outcomes(self, step: Step, outcomes: Sequence[Outcome], *, left: int, words: str) -> None:
        """Add the row of a step's calculations, if there were any."""
        if outcomes:
            self.count(
                FunnelStep(
                    name=step.title,
                    method=str(step.level),
                    entered=len(outcomes),
                    left=left,
                    cpu_seconds=total_cpu_seconds(outcomes),
                    remark=words,
                )
            )

    def tell(self, step: str, done: int = 0, total: int = 0) -> None:
        """Report how far a step is."""
        self.report(Progress(molecule=self.molecule.name, step=step, done=done, total=total))

    def all_notes(self) -> tuple[str, ...]:
        """Return all notes once, in their order."""
        return tuple(dict.fromkeys(self.notes))
