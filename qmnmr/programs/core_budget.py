"""The cores of an allocation, lent to calculations: none idle while one waits, never more than there are."""

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
    the largest goes first.
    """

    def __init__(self, resources: Resources, *, molecules: int = 1) -> None:
        self._total = resources
        self._free = resources.cores
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
    def lend(self, *, size: float, max_cores: int | None = None) -> Iterator[Resources]:
        """Wait for cores and lend them; `size` orders those that wait, largest first. It was announced before."""
        with self._changed:
            ticket = (-size, next(self._tickets))
            self._queue.append(ticket)
            self._changed.wait_for(lambda: self._free > 0 and min(self._queue) == ticket)
            self._queue.remove(ticket)
            cores = self._share(max_cores)
            self._free -= cores
            self._announced -= 1
            self._changed.notify_all()
        try:
            yield Resources(cores=cores, memory_mb=self._total.memory_mb * cores // self._total.cores)
        finally:
            with self._changed:
                self._free += cores
                self._changed.notify_all()

    def _share(self, max_cores: int | None) -> int:
        part = max(1, self._total.cores // self._molecules)
        wanted = max(1, self._free // max(1, self._announced))
        return min(wanted, part, max_cores or wanted)
