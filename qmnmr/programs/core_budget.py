"""The cores and memory of an allocation, lent to calculations: never more than there are of either."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from qmnmr.datatypes.job import Resources


class CoreBudget:
    """Lends cores and their share of the memory to calculations of all molecules of a run.

    Many waiting: one core each, since one rank each is the best use of cores; few: the free cores are shared among
    them, but no calculation gets more than its molecule's part while other molecules are under way. Of those that wait,
    the largest goes first. A calculation waits for the memory that it needs: where there is not enough for one on each
    core, fewer go side by side, with more cores each.
    """

    def __init__(self, resources: Resources, *, molecules: int = 1) -> None:
        self._total = resources
        self._free = resources.cores
        self._free_mb = resources.memory_mb
        self._molecules = molecules
        self._announced = 0
        self._queue: list[tuple[float, int]] = []
        self._tickets = itertools.count()
        self._changed = threading.Condition()

    @property
    def cores(self) -> int:
        """All cores, lent or not."""
        return self._total.cores

    def announce(self, count: int) -> None:
        """Say that so many calculations are going to ask, so that the first of them does not take everything."""
        with self._changed:
            self._announced += count

    def end_molecule(self) -> None:
        """Say that a molecule is finished: the others may have larger parts."""
        with self._changed:
            self._molecules = max(1, self._molecules - 1)

    @contextmanager
    def lend(
        self, *, size: float, max_cores: int | None = None, memory_mb: int = 0, is_for_each_core: bool = False
    ) -> Iterator[Resources]:
        """Wait for cores and memory and lend them; `size` orders those that wait, largest first. It was announced.

        `memory_mb` is what the calculation needs, or what each of its cores does (MPI ranks share nothing). What needs
        more than there is gets all of it.
        """
        needed_mb = min(memory_mb, self._total.memory_mb)
        with self._changed:
            ticket = (-size, next(self._tickets))
            self._queue.append(ticket)
            self._changed.wait_for(lambda: self._free > 0 and self._free_mb >= needed_mb and min(self._queue) == ticket)
            self._queue.remove(ticket)
            cores = self._share(max_cores, needed_mb)
            if is_for_each_core and needed_mb:
                cores = min(cores, max(1, self._free_mb // needed_mb))
            wanted_mb = needed_mb * cores if is_for_each_core else needed_mb
            lent_mb = min(self._free_mb, max(wanted_mb, self._total.memory_mb * cores // self._total.cores))
            self._free -= cores
            self._free_mb -= lent_mb
            self._announced -= 1
            self._changed.notify_all()
        try:
            yield Resources(cores=cores, memory_mb=lent_mb)
        finally:
            with self._changed:
                self._free += cores
                self._free_mb += lent_mb
                self._changed.notify_all()

    def _share(self, max_cores: int | None, needed_mb: int) -> int:
        side_by_side = self._total.memory_mb // needed_mb if needed_mb else self._total.cores
        part = max(1, self._total.cores // min(self._molecules, max(1, side_by_side)))
        at_once = self._free_mb // needed_mb if needed_mb else self._announced
        wanted = max(1, self._free // max(1, min(self._announced, at_once)))
        return min(wanted, part, max_cores or wanted)
