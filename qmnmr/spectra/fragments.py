"""Lines of spin systems of any size: exact where they are small enough, else by a fragment around each group.

A fragment holds a group of equivalent spins with those that shape its lines most; of its exact lines only what belongs
to the group is kept (the scheme of Castillo, Patiny and Wist, J. Magn. Reson. 2011, 209, 123). A partner that found no
place splits the lines to first order.
"""

from __future__ import annotations

from math import comb

import numpy as np

from qmnmr.spectra.exact import exact_transitions
from qmnmr.spectra.spin_system import Floats, SpinSystem, Transitions, merged

MOST_EXACT_SPINS = 12
"""Larger systems take too long: each further spin takes six times as long."""

MOST_FRAGMENT_SPINS = 10


def all_transitions(
    system: SpinSystem,
    *,
    cut_hz: float,
    within_hz: float,
    most_exact: int = MOST_EXACT_SPINS,
    most_in_fragment: int = MOST_FRAGMENT_SPINS,
) -> Transitions:
    """Return the lines of a system, those that are nearer to each other than `within_hz` taken together.

    Couplings smaller than `cut_hz` are neglected; parts that don't couple with each other are independent.
    """
    couplings = np.where(np.abs(system.couplings_hz) < cut_hz, 0.0, system.couplings_hz)
    cut = SpinSystem(counts=system.counts, frequencies_hz=system.frequencies_hz, couplings_hz=couplings)
    found: list[tuple[tuple[int, ...], Transitions]] = []
    for groups in components(couplings):
        part = cut.part(groups)
        if part.n_spins <= most_exact:
            found.append((groups, merged(exact_transitions(part), within_hz=within_hz)))
        else:
            found += [
                ((groups[group],), _by_fragment(part, group, most_in_fragment, within_hz=within_hz))
                for group in range(len(groups))
            ]
    frequencies = np.concatenate([lines.frequencies_hz for _, lines in found])
    intensities = np.zeros((len(frequencies), len(system.counts)))
    start = 0
    for groups, lines in found:
        intensities[start : start + len(lines.frequencies_hz), list(groups)] = lines.intensities
        start += len(lines.frequencies_hz)
    order = np.argsort(frequencies, kind="stable")
    return merged(Transitions(frequencies_hz=frequencies[order], intensities=intensities[order]), within_hz=within_hz)


def components(couplings_hz: Floats) -> list[tuple[int, ...]]:
    """Return the sets of groups that couple with each other, directly or through others, ascending by first."""
    left = set(range(len(couplings_hz)))
    found = []
    while left:
        front = [min(left)]
        members: set[int] = set()
        while front:
            group = front.pop()
            if group not in members:
                members.add(group)
                front += [int(other) for other in np.flatnonzero(couplings_hz[group]) if int(other) not in members]
        left -= members
        found.append(tuple(sorted(members)))
    return found


def fragment(system: SpinSystem, group: int, most_spins: int) -> tuple[int, ...]:
    """Return a group and those that shape its lines most, the group first.

    A group counts by the splitting that it makes, in Hz: its coupling, or that of a partner with which it is mixed
    times the mixing J / sqrt(J^2 + dnu^2), whichever is larger.
    """
    chosen = [group]
    spins = system.counts[group]
    couplings = np.abs(system.couplings_hz)
    influence = couplings[group].copy()
    while True:
        left = [
            other
            for other in range(len(system.counts))
            if other not in chosen and influence[other] > 0 and spins + system.counts[other] <= most_spins
        ]
        if not left:
            return tuple(chosen)
        best = max(left, key=lambda other: (influence[other], -other))
        chosen.append(best)
        spins += system.counts[best]
        apart = system.frequencies_hz - system.frequencies_hz[best]
        mixing = couplings[best] / np.maximum(np.hypot(couplings[best], apart), 1e-12)
        influence = np.maximum(influence, influence[best] * mixing)


def _by_fragment(system: SpinSystem, group: int, most_spins: int, *, within_hz: float) -> Transitions:
    """Return what one group has in the lines of its fragment, (m, 1)."""
    members = fragment(system, group, max(most_spins, system.counts[group]))
    exact = exact_transitions(system.part(members))
    own = merged(
        Transitions(frequencies_hz=exact.frequencies_hz, intensities=exact.intensities[:, :1]), within_hz=within_hz
    )
    for other in range(len(system.counts)):
        coupling = system.couplings_hz[group, other]
        if other not in members and coupling:
            own = merged(_split(own, float(coupling), system.counts[other]), within_hz=within_hz)
    return own


def _split(lines: Transitions, coupling_hz: float, count: int) -> Transitions:
    """Return lines split by so many equivalent spins to first order."""
    shifts = coupling_hz * (np.arange(count + 1) - count / 2.0)
    weights = np.array([comb(count, k) for k in range(count + 1)]) / 2.0**count
    frequencies = (lines.frequencies_hz[:, None] + shifts).ravel()
    intensities = (lines.intensities[:, None, :] * weights[None, :, None]).reshape(len(frequencies), -1)
    order = np.argsort(frequencies, kind="stable")
    return Transitions(frequencies_hz=frequencies[order], intensities=intensities[order])
