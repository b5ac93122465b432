"""A spin system: spins 1/2 in groups of magnetically equivalent ones, and the lines that it gives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SpinSystem:
    """k groups of spins 1/2; the spins of a group have one frequency and the same couplings to each spin outside.

    What couples within a group leaves no trace in a spectrum.
    """

    counts: tuple[int, ...]  # (k,) spins of each group
    frequencies_hz: Floats  # (k,)
    couplings_hz: Floats  # (k, k) between a spin of one group and one of another; symmetric, zero on the diagonal

    @cached_property
    def n_spins(self) -> int:
        """The number of spins."""
        return sum(self.counts)

    def part(self, groups: tuple[int, ...]) -> SpinSystem:
        """Return the system of some groups, in this order."""
        chosen = list(groups)
        return SpinSystem(
            counts=tuple(self.counts[group] for group in groups),
            frequencies_hz=self.frequencies_hz[chosen],
            couplings_hz=self.couplings_hz[np.ix_(chosen, chosen)],
        )


@dataclass(frozen=True, slots=True)
class Transitions:
    """The lines of a spin system.

    The intensity of a line is the sum of what its groups have in it. That of one group may be negative where the
    others' is larger; over all lines it sums to the number of the group's spins.
    """

    frequencies_hz: Floats  # (m,) ascending
    intensities: Floats  # (m, k)


def merged(transitions: Transitions, *, within_hz: float) -> Transitions:
    """Return the lines with those that are nearer to each other than this taken together, at their centre.

    Sums of intensities are kept.
    """
    frequencies = transitions.frequencies_hz
    if len(frequencies) == 0:
        return transitions
    order = np.argsort(frequencies, kind="stable")
    frequencies, intensities = frequencies[order], transitions.intensities[order]
    cells = np.floor((frequencies - frequencies[0]) / within_hz).astype(np.int64)
    starts = np.flatnonzero(np.diff(cells, prepend=-1))
    # A line on a cell's edge would fall in two parts: neighbours as near as a cell is wide are joined once more.
    totals = np.add.reduceat(intensities.sum(axis=1), starts)
    weights = np.maximum(np.abs(intensities.sum(axis=1)), 1e-300)
    centres = np.add.reduceat(frequencies * weights, starts) / np.add.reduceat(weights, starts)
    summed = np.add.reduceat(intensities, starts, axis=0)
    gaps = np.diff(centres, prepend=-np.inf)
    joined = np.flatnonzero(gaps >= within_hz / 2.0)
    weights = np.maximum(np.abs(totals), 1e-300)
    return Transitions(
        frequencies_hz=np.add.reduceat(centres * weights, joined) / np.add.reduceat(weights, joined),
        intensities=np.add.reduceat(summed, joined, axis=0),
    )
