"""The calculations of one step of one molecule, side by side on the cores of the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace

from qmnmr.cost.cost_model import calculation_memory_mb, calculation_seconds
from qmnmr.datatypes.calculation import Calculation
from qmnmr.datatypes.job import Resources
from qmnmr.engines.engine import Engine, InProcessCalculator
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.refinement import refine
from qmnmr.programs.run_calculation import MoleculeStore, Outcome, Workplace, compute_here, run_calculation

AnyEngine = Engine | InProcessCalculator

Run = Callable[[Sequence[Calculation], AnyEngine], list[Outcome]]
"""Runs calculations with an engine, in order."""


def run_calculations(
    calculations: Sequence[Calculation],
    engine: AnyEngine,
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
            laws=engine.facts.cost,
            is_tuned=False,
        )
        needed_mb = calculation_memory_mb(calculation.geometry.symbols, calculation.level, laws=engine.facts.cost)
        with budget.lend(
            size=size,
            max_cores=engine.facts.max_cores,
            memory_mb=needed_mb,
            is_for_each_core=engine.facts.uses_mpi,
        ) as share:
            return run_one(calculation, engine, workplace=workplace, store=store, share=share)

    tell(0, len(calculations))
    budget.announce(len(calculations))
    with ThreadPoolExecutor(max_workers=min(len(calculations), budget.cores)) as pool:
        futures = [pool.submit(run, c) for c in calculations]
        for done, _ in enumerate(as_completed(futures), start=1):
            tell(done, len(calculations))
        return [f.result() for f in futures]


def run_one(
    calculation: Calculation, engine: AnyEngine, *, workplace: Workplace, store: MoleculeStore, share: Resources
) -> Outcome:
    """Return the outcome of one calculation on these cores, with another engine than the workplace's if need be."""
    if isinstance(engine, InProcessCalculator):
        return compute_here(calculation, engine, programs=workplace.programs, store=store)
    there = replace(workplace, engine=engine)
    if calculation.refinement is not None:
        return refine(
            calculation,
            calculation.refinement,
            workplace=there,
            store=store,
            cores=share.cores,
            memory_mb=share.memory_mb,
        )
    return run_calculation(calculation, workplace=there, store=store, cores=share.cores, memory_mb=share.memory_mb)
