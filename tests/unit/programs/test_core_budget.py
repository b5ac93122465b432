"""Cores that are lent to calculations."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from qmnmr.datatypes.job import Resources
from qmnmr.funnel.molecules_side_by_side import run_side_by_side
from qmnmr.programs.core_budget import CoreBudget


def budget(cores: int, **settings) -> CoreBudget:
    return CoreBudget(Resources(cores=cores, memory_mb=1000 * cores), **settings)


def shares(lender: CoreBudget, count: int) -> list[int]:
    """Return the cores of so many calculations that all run at the same time."""
    lender.announce(count)
    ready = threading.Barrier(count)

    def one(_):
        with lender.lend(size=1) as share:
            ready.wait(timeout=10)
            return share.cores

    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(one, range(count)))


@pytest.mark.parametrize(
    ("cores", "count", "expected"), [(8, 1, [8]), (8, 3, [2, 3, 3]), (8, 8, [1] * 8), (7, 2, [3, 4])]
)
def test_few_calculations_share_all_cores(cores, count, expected):
    assert shares(budget(cores), count) == expected


def test_memory_goes_with_the_cores():
    lender = budget(8)
    lender.announce(2)
    with lender.lend(size=1) as share:
        assert share == Resources(cores=4, memory_mb=4000)


def test_one_molecule_does_not_take_the_part_of_the_others():
    lender = budget(8, molecules=4)
    assert shares(lender, 1) == [2]
    for _ in range(3):
        lender.end_molecule()
    assert shares(lender, 1) == [8]


def test_what_needs_one_core_gets_one():
    lender = budget(8)
    lender.announce(1)
    with lender.lend(size=1, max_cores=1) as share:
        assert share.cores == 1


def at_once(lender: CoreBudget, count: int, **needs) -> tuple[int, list[Resources]]:
    """Return how many of so many calculations ran at a time at most, and what each was lent."""
    lender.announce(count)
    lock, state = threading.Lock(), SimpleNamespace(now=0, most=0)

    def one(_):
        with lender.lend(size=1, **needs) as share:
            with lock:
                state.now += 1
                state.most = max(state.most, state.now)
            time.sleep(0.01)
            with lock:
                state.now -= 1
            return share

    with ThreadPoolExecutor(count) as pool:
        lent = list(pool.map(one, range(count)))
    return state.most, lent


def test_what_does_not_fit_side_by_side_goes_one_after_the_other_with_all_cores():
    most, lent = at_once(budget(4), 5, memory_mb=2100)
    assert most == 1
    assert lent[:1] == [Resources(cores=4, memory_mb=4000)]
    assert all(share.memory_mb >= 2100 for share in lent)


def test_as_many_go_side_by_side_as_the_memory_allows():
    most, lent = at_once(budget(4), 6, memory_mb=1900)
    assert most == 2
    assert all(share.memory_mb >= 1900 for share in lent)


def test_what_needs_more_than_there_is_gets_all_of_it():
    assert at_once(budget(2), 1, memory_mb=9000)[1] == [Resources(cores=2, memory_mb=2000)]


def test_each_rank_needs_its_memory():
    most, lent = at_once(budget(4), 1, memory_mb=1900, is_for_each_core=True)
    assert (most, lent) == (1, [Resources(cores=2, memory_mb=3800)])


def test_never_more_cores_are_lent_than_there_are():
    lender, lock = budget(4), threading.Lock()
    state = SimpleNamespace(lent=0, most=0)
    lender.announce(40)

    def one(_):
        with lender.lend(size=1) as share:
            with lock:
                state.lent += share.cores
                state.most = max(state.most, state.lent)
            time.sleep(random.uniform(0.001, 0.01))
            with lock:
                state.lent -= share.cores

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(one, range(40)))
    assert state.most == 4


def test_the_largest_of_those_that_wait_goes_first():
    lender, order = budget(1), []
    lender.announce(4)

    def one(size):
        with lender.lend(size=size):
            order.append(size)

    with ThreadPoolExecutor(3) as pool:
        with lender.lend(size=0):
            waiting = [pool.submit(one, size) for size in (5, 20, 9)]
            while len(lender._queue) < 3:
                time.sleep(0.001)
        for future in waiting:
            future.result(timeout=10)
    assert order == [20, 9, 5]


def test_a_calculation_that_raises_gives_its_cores_back():
    lender = budget(2)
    lender.announce(2)
    with pytest.raises(ValueError, match="broken"), lender.lend(size=1):
        raise ValueError("broken")
    with lender.lend(size=1) as share:
        assert share.cores == 2


def test_the_last_molecule_has_all_cores():
    seen = {}
    programs: Any = SimpleNamespace(stop=lambda: None)
    molecules: list[Any] = [SimpleNamespace(symbols=("H",) * n) for n in (1, 3, 2)]
    first_ended = threading.Event()

    def work(molecule, lender):
        if len(molecule.symbols) == 1:
            assert first_ended.wait(timeout=10)
            time.sleep(0.1)
        lender.announce(1)
        with lender.lend(size=1) as share:
            seen[len(molecule.symbols)] = share.cores
        return len(molecule.symbols)

    for done in run_side_by_side(molecules, work, resources=Resources(cores=6, memory_mb=6000), programs=programs):
        if set(seen) >= {2, 3} and done != 1:
            first_ended.set()
    assert seen[1] == 6
    assert max(seen[2], seen[3]) <= 3
