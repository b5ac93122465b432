"""Which spectrum that was not measured would tell two candidates apart."""

from __future__ import annotations

import math
from collections.abc import Collection

from qmnmr.datatypes.measured.ranking import NextSpectrum
from qmnmr.datatypes.shift import Prediction
from qmnmr.shifts.ranking.rank_candidates import flag_without_meaning

_TELLING = 2.0
"""Error bars that two shifts must lie apart to count."""


def next_spectra(
    first: Prediction, second: Prediction, *, nuclei: Collection[str], measured: Collection[str]
) -> tuple[NextSpectrum, ...]:
    """Return what each of `nuclei` that was not measured would show of two candidates, the most telling first.

    Nobody knows the assignment of a spectrum that is not there: both lists of shifts are sorted, nucleus by nucleus,
    and compared in order. Lists of different lengths have no order in common, and shifts without error bar don't count.
    """
    found = []
    for nucleus in nuclei:
        lists = [_sorted(p, nucleus) for p in (first, second)]
        if nucleus in measured or not lists[0] or len(lists[0]) != len(lists[1]):
            continue
        apart = [(abs(a - b) / math.hypot(u, v), a, b) for (a, u), (b, v) in zip(*lists, strict=True)]
        bars, a, b = max(apart)
        found.append(
            NextSpectrum(
                nucleus=nucleus,
                signals=len({(a, b) for bars, a, b in apart if bars > _TELLING}),
                first_ppm=a,
                second_ppm=b,
                error_bars=bars,
            )
        )
    return tuple(sorted(found, key=lambda s: (-s.signals, -s.error_bars)))


def _sorted(prediction: Prediction, nucleus: str) -> list[tuple[float, float]]:
    """Return shift and error bar of each nucleus that a spectrum shows, highest first."""
    rows = [s for s in prediction.shifts if s.nucleus == nucleus and not flag_without_meaning(s.flags)]
    return sorted(
        (
            (row.shift_ppm, row.uncertainty_ppm)
            for row in rows
            for _ in row.atom_indices
            if row.shift_ppm is not None and row.uncertainty_ppm is not None
        ),
        reverse=True,
    )
