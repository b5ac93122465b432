"""Which signals of an unassigned list belong to which predicted shifts: the pairs with the least sum of squares.

Squares are convex, so that without restrictions the pairs keep the order of the shifts. Where the experiment says more,
it restricts them: a carbon of three hydrogens can't be the signal of a CH2, and a signal of five hydrogens is of sets
that have five together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qmnmr.datatypes.measured.experiment import MeasuredSignal

_SECONDS = 20.0  # an integer program of a hundred sets takes milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedSet:
    """A set of equivalent nuclei with its predicted shift."""

    shift_ppm: float
    nuclei: int
    hydrogens: int | None = None  # on each, of a carbon


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """The sets of each signal, and which restrictions were kept."""

    sets: tuple[tuple[int, ...], ...]  # for each signal, places among the sets
    kept_numbers: bool  # numbers of nuclei were given and kept
    kept_kinds: bool  # CH3, CH2, CH, C were given and kept
    dropped: tuple[str, ...] = ()  # in words, what was given and can't be kept


def match_signals(signals: Sequence[MeasuredSignal], sets: Sequence[PredictedSet]) -> Matching | None:
    """Return the best matching, None if there are more signals than sets.

    A signal without a number of nuclei takes one set; one with a number takes sets of that many nuclei together. Sets
    may stay without signal. Restrictions that no matching can keep are dropped, numbers before kinds.
    """
    if len(signals) > len(sets):
        return None
    has_numbers = any(_whole(signal) for signal in signals)
    has_kinds = any(signal.hydrogens is not None for signal in signals)
    dropped: list[str] = []
    for numbers, kinds in _attempts(has_numbers=has_numbers, has_kinds=has_kinds):
        costs = _costs(signals, sets, with_kinds=kinds)
        chosen = _by_numbers(signals, sets, costs) if numbers else _one_each(costs)
        if chosen is not None:
            return Matching(sets=chosen, kept_numbers=numbers, kept_kinds=kinds, dropped=tuple(dropped))
        what = "numbers of nuclei" if numbers else "kinds (CH3, CH2, CH, C)"
        dropped.append(f"the {what} fit no matching and were not used")
    raise ValueError("there is always a matching without restrictions")


def _attempts(*, has_numbers: bool, has_kinds: bool) -> list[tuple[bool, bool]]:
    """Return (numbers, kinds) from all restrictions to none."""
    found = [(has_numbers, has_kinds), (False, has_kinds), (False, False)]
    return list(dict.fromkeys(found))


def _whole(signal: MeasuredSignal) -> int | None:
    """Return the number of nuclei of a signal, None where none or a fraction is said."""
    return int(signal.nuclei) if signal.nuclei is not None and signal.nuclei == int(signal.nuclei) else None


def _costs(signals: Sequence[MeasuredSignal], sets: Sequence[PredictedSet], *, with_kinds: bool) -> NDArray[np.float64]:
    """Return squares of differences in ppm² (signals, sets), infinite where the kinds differ."""
    costs = np.subtract.outer([s.shift_ppm for s in signals], [row.shift_ppm for row in sets]) ** 2
    if with_kinds:
        for i, signal in enumerate(signals):
            for j, row in enumerate(sets):
                if signal.hydrogens is not None and row.hydrogens not in (None, signal.hydrogens):
                    costs[i, j] = np.inf
    return costs


def _one_each(costs: NDArray[np.float64]) -> tuple[tuple[int, ...], ...] | None:
    """Return one set for each signal, None where kinds forbid it."""
    from scipy.optimize import linear_sum_assignment

    try:
        signals, sets = linear_sum_assignment(costs)
    except ValueError:  # no matching has finite costs
        return None
    return tuple((int(j),) for _, j in sorted(zip(signals, sets, strict=True)))


def _by_numbers(
    signals: Sequence[MeasuredSignal], sets: Sequence[PredictedSet], costs: NDArray[np.float64]
) -> tuple[tuple[int, ...], ...] | None:
    """Return the sets of each signal by an integer program, None where the numbers allow no matching."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    n, m = costs.shape
    sizes = np.array([row.nuclei for row in sets], dtype=float)
    rows, low, high = [], [], []
    for i, signal in enumerate(signals):
        number = _whole(signal)
        row = np.zeros((n, m))
        row[i] = 1.0 if number is None else sizes
        rows.append(row.ravel())
        low.append(1.0 if number is None else float(number))
        high.append(low[-1])
    for j in range(m):
        row = np.zeros((n, m))
        row[:, j] = 1.0
        rows.append(row.ravel())
        low.append(0.0)
        high.append(1.0)
    allowed = np.isfinite(costs)
    found = milp(
        (np.where(allowed, costs, 0.0) * sizes).ravel(),
        integrality=np.ones(n * m),
        bounds=Bounds(0, allowed.astype(float).ravel()),
        constraints=LinearConstraint(np.array(rows), low, high),
        options={"time_limit": _SECONDS, "mip_rel_gap": 0.0},
    )
    if found.x is None:
        return None
    taken = np.rint(found.x).reshape(n, m)
    return tuple(tuple(int(j) for j in np.flatnonzero(row)) for row in taken)
