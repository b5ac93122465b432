"""Molecules side by side on one machine, never more than its cores allow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import TypeVar

from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Molecule
from qmnmr.execution.processes import Programs

T = TypeVar("T")


def run_side_by_side(
    molecules: Sequence[Molecule],
    work: Callable[[Molecule, Resources], T],
    *,
    resources: Resources,
    programs: Programs,
) -> Iterator[T]:
    """Yield what `work` returns for each molecule, as they finish; each gets its share of cores and memory.

    Whatever ends the iteration early (an error, an interrupt) ends all running programs too.
    """
    if not molecules:
        return
    side_by_side = min(len(molecules), resources.cores)
    share = replace(resources, cores=resources.cores // side_by_side, memory_mb=resources.memory_mb // side_by_side)
    pool = ThreadPoolExecutor(max_workers=side_by_side, thread_name_prefix="molecule")
    try:
        futures = [pool.submit(work, molecule, share) for molecule in molecules]
        for future in as_completed(futures):
            yield future.result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        programs.stop()
        raise
    finally:
        pool.shutdown(wait=True)
