"""Words for multiplets (d, dd, t), given only where they are true of the exact lines.

A word stands for a pattern of lines: "dd, 17.0, 10.6" for four. It is true if that pattern and the exact lines, both
as Lorentzians of the spectrum's line width, have at least OVERLAP of their areas in common where they fit best.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb

import numpy as np

from qmnmr.spectra.line_shape import lorentzian_points
from qmnmr.spectra.spin_system import Floats

OVERLAP = 0.85
"""A doublet whose lines are a quarter of the line width off has this."""

FIRST_ORDER_OVERLAP = 0.95
"""Below this an exact multiplet is of second order. A doublet with lines of 1.1 and 0.9 has it."""

_LETTERS = {1: "d", 2: "t", 3: "q", 4: "quint", 5: "sext", 6: "sept", 7: "oct", 8: "non"}
_MOST_LETTERS = 4
_POINTS_IN_WIDTH = 8
_WIDTHS_AROUND = 4.0


@dataclass(frozen=True, slots=True)
class Splitting:
    """So many equivalent partners with one coupling."""

    coupling_hz: float  # its size
    partners: int


@dataclass(frozen=True, slots=True)
class Multiplicity:
    """A word, the couplings that it names, and how near the exact lines are to those of first order."""

    word: str  # "m" where no word is true
    splittings: tuple[Splitting, ...]  # descending; empty for s and m
    first_order_overlap: float  # of the areas, 1 for a spectrum of first order

    @property
    def is_second_order(self) -> bool:
        """Say whether the lines are visibly not those of first order."""
        return self.first_order_overlap < FIRST_ORDER_OVERLAP


def multiplicity(
    offsets_hz: Floats, intensities: Floats, splittings: Sequence[Splitting], *, line_width_hz: float
) -> Multiplicity:
    """Return the word for the lines of one signal.

    `offsets_hz` are its exact lines' frequencies from the signal's own, `splittings` what one of its nuclei has from
    those of other signals.
    """
    every = tuple(sorted(splittings, key=lambda s: -s.coupling_hz))
    shape = _Shape(offsets_hz, intensities, every, line_width_hz=line_width_hz)
    first_order = shape.overlap(every)
    for chosen in _simpler(every, line_width_hz=line_width_hz):
        if len(chosen) <= _MOST_LETTERS and all(s.partners in _LETTERS for s in chosen):
            overlap = first_order if chosen == every else shape.overlap(chosen)
            if overlap >= OVERLAP:
                word = "".join(_LETTERS[s.partners] for s in chosen) or "s"
                return Multiplicity(word=word, splittings=chosen, first_order_overlap=first_order)
    return Multiplicity(word="m", splittings=(), first_order_overlap=first_order)


def _simpler(every: tuple[Splitting, ...], *, line_width_hz: float) -> Iterator[tuple[Splitting, ...]]:
    """Yield the patterns that the splittings may look like, simplest first.

    Couplings smaller than the line width may be hidden in it, and those that differ by less may look like one.
    """
    resolved = sum(s.coupling_hz >= line_width_hz for s in every)
    seen = set()
    for kept in range(resolved, len(every) + 1):
        gaps = sorted({a.coupling_hz - b.coupling_hz for a, b in pairwise(every[:kept])})
        limits = [gap for gap in reversed(gaps) if gap <= line_width_hz]
        for limit in (*limits, -1.0):
            pattern = _joined(every[:kept], within_hz=limit)
            if pattern not in seen:
                seen.add(pattern)
                yield pattern


def _joined(splittings: Sequence[Splitting], *, within_hz: float) -> tuple[Splitting, ...]:
    """Return the splittings with neighbours that differ by no more than this as one, with their mean coupling."""
    groups: list[list[Splitting]] = []
    for splitting in splittings:
        if groups and groups[-1][-1].coupling_hz - splitting.coupling_hz <= within_hz:
            groups[-1].append(splitting)
        else:
            groups.append([splitting])
    return tuple(
        Splitting(
            coupling_hz=sum(s.coupling_hz * s.partners for s in group) / sum(s.partners for s in group),
            partners=sum(s.partners for s in group),
        )
        for group in groups
    )


class _Shape:
    """The exact lines of a signal as a curve, to be compared with patterns."""

    def __init__(
        self, offsets_hz: Floats, intensities: Floats, every: Sequence[Splitting], *, line_width_hz: float
    ) -> None:
        self._width = line_width_hz
        self._step = line_width_hz / _POINTS_IN_WIDTH
        widest = sum(s.coupling_hz * s.partners for s in every) / 2.0
        total = float(intensities.sum())
        strong = np.abs(offsets_hz[np.abs(intensities) > 0.001 * total])
        self._reach = max(widest, float(strong.max(initial=0.0))) + _WIDTHS_AROUND * line_width_hz
        self._exact = self._curve(offsets_hz, intensities / total)

    def overlap(self, pattern: Sequence[Splitting]) -> float:
        """Return the share of the area that the exact lines and those of a pattern have in common."""
        offsets, weights = np.zeros(1), np.ones(1)
        for splitting in pattern:
            count = splitting.partners
            steps = splitting.coupling_hz * (np.arange(count + 1) - count / 2.0)
            binomial = np.array([comb(count, k) for k in range(count + 1)]) / 2.0**count
            offsets = np.add.outer(offsets, steps).ravel()
            weights = np.multiply.outer(weights, binomial).ravel()
        curve = self._curve(offsets, weights)
        lag = self._displacement(curve)
        ours = self._exact[max(lag, 0) : len(curve) + min(lag, 0)]
        theirs = curve[max(-lag, 0) : len(curve) - max(lag, 0)]
        return float(np.minimum(ours, theirs).sum() / max(self._exact.sum(), curve.sum()))

    def _displacement(self, curve: Floats) -> int:
        """Return by how many points the exact lines lie to the right of a pattern: strong coupling moves signals.

        It is that of the largest correlation, no more than two line widths.
        """
        most = 2 * _POINTS_IN_WIDTH
        from scipy.signal import fftconvolve

        products = fftconvolve(self._exact, curve[::-1], mode="full")
        middle = len(curve) - 1
        return int(np.argmax(products[middle - most : middle + most + 1])) - most

    def _curve(self, offsets_hz: Floats, weights: Floats) -> Floats:
        return lorentzian_points(
            offsets_hz,
            weights,
            first=-self._reach,
            step=self._step,
            points=int(2.0 * self._reach / self._step) + 1,
            line_width=self._width,
        )
