"""How much measured couplings speak for a candidate, where that is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

from qmnmr.datatypes.measured.comparison import ComparedCoupling

OTHER_HZ = 3.0
"""What couplings of two diastereomers differ by, root mean square: a choice, not a fit.

Vicinal ones over sp3 carbon lie between 1 and 11 Hz, and between two configurations a part of them changes.
"""

_NU = 5.0

Key = tuple[int, float, int]
"""A measured coupling: number of its signal, size in Hz, and which of several of the same size."""


def couplings_that_count(
    by_signal: Mapping[str, Sequence[Sequence[ComparedCoupling]]],
) -> dict[str, tuple[ComparedCoupling, ...]]:
    """Return of each candidate the couplings that all have a prediction with an error for, in the same order.

    `by_signal` holds what was matched for each signal, the signals in the same order for all candidates.
    """
    keyed = {name: _keyed(signals) for name, signals in by_signal.items()}
    shared = [key for key in next(iter(keyed.values()), {}) if all(key in found for found in keyed.values())]
    return {name: tuple(found[key] for key in shared) for name, found in keyed.items()}


def _keyed(signals: Sequence[Sequence[ComparedCoupling]]) -> dict[Key, ComparedCoupling]:
    seen: Counter[tuple[int, float]] = Counter()
    found = {}
    for number, couplings in enumerate(signals):
        for coupling in sorted(couplings, key=lambda c: c.measured_hz):
            place = (number, coupling.measured_hz)
            if coupling.uncertainty_hz:
                found[(*place, seen[place])] = coupling
            seen[place] += 1
    return found


def coupling_evidence(couplings: Sequence[ComparedCoupling]) -> float:
    """Return the logarithm of how much likelier the couplings' errors are for the right candidate than for another.

    Student's t with the error bar as its standard deviation, and with that and OTHER_HZ in squares.
    """
    errors = np.array([c.difference_hz for c in couplings])
    bars = np.array([c.uncertainty_hz or 0.0 for c in couplings])
    scale = np.sqrt((_NU - 2.0) / _NU)
    right = stats.t.logpdf(errors, df=_NU, scale=scale * bars)
    other = stats.t.logpdf(errors, df=_NU, scale=scale * np.hypot(bars, OTHER_HZ))
    return float(np.sum(right - other))
