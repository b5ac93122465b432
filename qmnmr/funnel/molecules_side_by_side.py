"""Molecules side by side on one machine, never more than its cores allow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Molecule
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs

T = TypeVar("T")


def run_side_by_side(
    molecules: Sequence[Molecule],
    work: Callable[[Molecule, CoreBudget], T],
    *,
    resources: Resources,
    programs: Programs,
) -> Iterator[T]:
    """Yield what `work` returns for each molecule, as they finish; the first of them begin first.

    All draw on one budget of cores and memory. Whatever ends the iteration early (an error, an interrupt) ends all
    running programs too.
    """
    if not molecules:
        return
    budget = CoreBudget(resources, molecules=min(len(molecules), resources.cores))
    unfinished = len(molecules)
    pool = ThreadPoolExecutor(max_workers=min(len(molecules), resources.cores), thread_name_prefix="molecule")
    try:
        futures = [pool.submit(work, molecule, budget) for molecule in molecules]
        for future in as_completed(futures):
            unfinished -= 1
            if unfinished < resources.cores:
                budget.end_molecule()
            yield future.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        programs.stop()
        raise
    finally:
        pool.shutdown(wait=True)
