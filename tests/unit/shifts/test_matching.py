"""The best matching of an unassigned list, beside trying all of them."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmnmr.datatypes.measured.experiment import MeasuredSignal
from qmnmr.shifts.matching import PredictedSet, match_signals


def signal(shift, nuclei=None, hydrogens=None):
    return MeasuredSignal(low_ppm=shift, high_ppm=shift, nuclei=nuclei, hydrogens=hydrogens)


def of(shift, nuclei=1, hydrogens=None):
    return PredictedSet(shift_ppm=shift, nuclei=nuclei, hydrogens=hydrogens)


def test_without_restrictions_the_order_is_kept():
    found = match_signals([signal(14.2), signal(171.1), signal(60.4)], [of(62.0), of(171.0), of(14.0), of(20.0)])
    assert found is not None
    assert found.sets == ((2,), (1,), (0,))
    assert (found.kept_numbers, found.kept_kinds, found.dropped) == (False, False, ())


def test_more_signals_than_sets_have_no_matching():
    assert match_signals([signal(1.0), signal(2.0)], [of(1.0)]) is None


def test_kinds_forbid_what_would_fit_better():
    found = match_signals(
        [signal(30.0, hydrogens=2), signal(29.0, hydrogens=3)], [of(30.0, hydrogens=3), of(25.0, hydrogens=2)]
    )
    assert found is not None
    assert found.sets == ((1,), (0,))
    assert found.kept_kinds


def test_a_signal_of_five_hydrogens_takes_sets_of_five_together():
    sets = [of(7.4, 2), of(7.3, 2), of(7.2, 1), of(4.1, 2), of(1.2, 3)]
    found = match_signals([signal(7.3, 5), signal(4.2, 2), signal(1.3, 3)], sets)
    assert found is not None
    assert found.sets == ((0, 1, 2), (3,), (4,))
    assert found.kept_numbers


def test_numbers_that_fit_nothing_are_dropped_before_kinds():
    sets = [of(30.0, hydrogens=3), of(25.0, hydrogens=2)]
    found = match_signals([signal(30.0, 7, 2), signal(29.0, hydrogens=3)], sets)
    assert found is not None
    assert found.sets == ((1,), (0,))
    assert found.dropped == ("the numbers of nuclei fit no matching and were not used",)
    found = match_signals([signal(30.0, hydrogens=0), signal(29.0, hydrogens=0)], sets)
    assert found is not None
    assert (found.sets, found.kept_kinds) == (((0,), (1,)), False)
    assert found.dropped == ("the kinds (CH3, CH2, CH, C) fit no matching and were not used",)


def test_a_fraction_of_a_nucleus_restricts_nothing():
    found = match_signals([signal(8.0, 0.75), signal(2.9, 2.25)], [of(2.9, 3), of(8.0, 1)])
    assert found is not None
    assert (found.sets, found.kept_numbers) == (((1,), (0,)), False)


def all_matchings(signals, sets):
    """Yield every way to give each signal sets of its number of nuclei and kind."""
    places = range(len(sets))
    choices = []
    for s in signals:
        groups = (
            [(j,) for j in places] if s.nuclei is None else [g for n in range(1, 4) for g in combinations(places, n)]
        )
        wanted = [g for g in groups if s.nuclei is None or sum(sets[j].nuclei for j in g) == s.nuclei]
        choices.append([g for g in wanted if all(s.hydrogens in (None, sets[j].hydrogens) for j in g)])
    for chosen in product(*choices):
        flat = [j for group in chosen for j in group]
        if len(flat) == len(set(flat)):
            yield chosen


def cost(signals, sets, chosen, *, weighted):
    return sum(
        (sets[j].nuclei if weighted else 1) * (sets[j].shift_ppm - s.shift_ppm) ** 2
        for s, group in zip(signals, chosen, strict=True)
        for j in group
    )


SHIFTS = st.integers(0, 200).map(lambda n: n / 10)
SETS = st.lists(
    st.builds(of, SHIFTS, st.integers(1, 3), st.integers(0, 3)),
    min_size=1,
    max_size=5,
)
SIGNALS = st.lists(
    st.builds(signal, SHIFTS, st.none() | st.integers(1, 5).map(float), st.none() | st.integers(0, 3)),
    min_size=1,
    max_size=4,
)


@given(SIGNALS, SETS)
def test_no_other_matching_is_better(signals, sets):
    found = match_signals(signals, sets)
    if len(signals) > len(sets):
        assert found is None
        return
    assert found is not None
    kept = [
        signal(s.shift_ppm, s.nuclei if found.kept_numbers else None, s.hydrogens if found.kept_kinds else None)
        for s in signals
    ]
    ours = cost(kept, sets, found.sets, weighted=found.kept_numbers)
    best = min(cost(kept, sets, chosen, weighted=found.kept_numbers) for chosen in all_matchings(kept, sets))
    assert ours == pytest.approx(best, abs=1e-6)
    if not found.dropped:
        return
    everything = list(all_matchings(signals, sets))
    assert everything == []  # nothing was dropped without need


@given(st.lists(SHIFTS, min_size=1, max_size=8), st.randoms())
def test_equal_numbers_without_restrictions_are_matched_by_rank(shifts, random):
    predicted = sorted(shifts)
    measured = [shift + 0.01 * i for i, shift in enumerate(sorted(shifts))]
    random.shuffle(measured)
    found = match_signals([signal(shift) for shift in measured], [of(shift) for shift in predicted])
    assert found is not None
    ranks = sorted(range(len(measured)), key=measured.__getitem__)
    total = cost([signal(x) for x in measured], [of(x) for x in predicted], found.sets, weighted=False)
    by_rank = sum((predicted[k] - measured[i]) ** 2 for k, i in enumerate(ranks))
    assert total == pytest.approx(by_rank, abs=1e-9)
