"""The calculations of one step of one molecule, side by side on the cores of the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from qmnmr.cost.cost_model import calculation_seconds
from qmnmr.datatypes.calculation import Calculation
from qmnmr.engines.engine import Engine
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.run_calculation import MoleculeStore, Outcome, Workplace, run_calculation

Run = Callable[[Sequence[Calculation], Engine], list[Outcome]]
"""Runs calculations with an engine, in order."""


def run_calculations(
    calculations: Sequence[Calculation],
    *,
    workplace: Workplace,
    store: MoleculeStore,
    budget: CoreBudget,
    tell: Callable[[int, int], None],
) -> list[Outcome]:
    """Return the outcomes in the order of the calculations, each of them on the cores that the budget lends it.

    `tell` is called with how many are done of how many.
    """
    if not calculations:
        return []

    def run(calculation: Calculation) -> Outcome:
        size = calculation_seconds(
            calculation.geometry.symbols,
            calculation.level,
            kind=calculation.kind,
            laws=workplace.engine.facts.cost,
            is_tuned=False,
        )
        with budget.lend(size=size, max_cores=workplace.engine.facts.max_cores) as share:
            return run_calculation(
                calculation, workplace=workplace, store=store, cores=share.cores, memory_mb=share.memory_mb
            )

    tell(0, len(calculations))
    budget.announce(len(calculations))
    with ThreadPoolExecutor(max_workers=min(len(calculations), budget.cores)) as pool:
        futures = [pool.submit(run, c) for c in calculations]
        for done, _ in enumerate(as_completed(futures), start=1):
            tell(done, len(calculations))
        return [f.result() for f in futures]
