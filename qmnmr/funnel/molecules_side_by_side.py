"""Molecules side by side on one machine, never more than its cores allow."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Molecule
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.stop_signals import renew_interrupt_handler

T = TypeVar("T")

_LOOK_SECONDS = 0.2  # between looks whether to stop
_END_SECONDS = 0.8  # that programs have for their end after an interrupt
_PUT_AWAY_SECONDS = 0.3  # that the molecules' threads have for theirs


def run_side_by_side(
    molecules: Sequence[Molecule],
    work: Callable[[Molecule, CoreBudget], T],
    *,
    resources: Resources,
    programs: Programs,
) -> Iterator[T]:
    """Yield what `work` returns for each molecule, as they finish; the first of them begin first.

    All draw on one budget of cores and memory. Whatever ends the iteration early (an error, an interrupt) ends all
    running programs too. An interrupt does not wait for a molecule that computes in this process: its thread ends by
    itself at its next step, and counts no more.
    """
    if not molecules:
        return
    budget = CoreBudget(resources, molecules=min(len(molecules), resources.cores))
    unfinished = len(molecules)
    pool = ThreadPoolExecutor(max_workers=min(len(molecules), resources.cores), thread_name_prefix="molecule")
    ended: queue.SimpleQueue[Future[T]] = queue.SimpleQueue()
    futures: list[Future[T]] = []
    try:
        for molecule in molecules:
            futures.append(pool.submit(work, molecule, budget))
            futures[-1].add_done_callback(ended.put)
        while unfinished:
            future = _next(ended)
            unfinished -= 1
            if unfinished < resources.cores:
                budget.end_molecule()
            yield future.result()
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        programs.stop(grace_seconds=_END_SECONDS)
        wait(futures, timeout=_PUT_AWAY_SECONDS)
        raise
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        programs.stop()
        pool.shutdown(wait=True)
        raise
    pool.shutdown(wait=True)


def _next(ended: queue.SimpleQueue[Future[T]]) -> Future[T]:
    """Wait for the next future that ends; an interrupt is seen meanwhile, whatever RDKit makes of its handler."""
    while True:
        try:
            return ended.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            renew_interrupt_handler()
