"""The calculations of one step of one molecule, side by side on its cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from qmnmr.datatypes.calculation import Calculation
from qmnmr.datatypes.job import Resources
from qmnmr.execution.run_calculation import MoleculeStore, Outcome, Workplace, run_calculation


def run_calculations(
    calculations: Sequence[Calculation],
    *,
    workplace: Workplace,
    store: MoleculeStore,
    resources: Resources,
    tell: Callable[[int, int], None],
) -> list[Outcome]:
    """Return the outcomes in the order of the calculations; many of them get one core each, one gets all cores.

    `tell` is called with how many are done of how many.
    """
    if not calculations:
        return []
    side_by_side = min(len(calculations), resources.cores)
    cores = resources.cores // side_by_side
    memory_mb = resources.memory_mb // side_by_side
    tell(0, len(calculations))
    with ThreadPoolExecutor(max_workers=side_by_side) as pool:
        futures = [
            pool.submit(run_calculation, c, workplace=workplace, store=store, cores=cores, memory_mb=memory_mb)
            for c in calculations
        ]
        for done, _ in enumerate(as_completed(futures), start=1):
            tell(done, len(calculations))
        return [f.result() for f in futures]
