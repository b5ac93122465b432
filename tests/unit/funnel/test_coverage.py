"""What a search has missed, from what two sources found."""

from __future__ import annotations

import numpy as np
import pytest

from qmnmr.funnel.minima.coverage import Captures, missed_population


def captures(*counts: tuple[int, int]) -> list[Captures]:
    return [Captures(counts=list(pair)) for pair in counts]


def test_nothing_found_is_everything_missed():
    assert missed_population([], []) == 1.0


def test_two_sources_that_found_the_same_often_leave_half_a_find():
    assert missed_population([0.6, 0.4], captures((10, 15), (12, 13))) == pytest.approx(0.5 / 50)


def test_recapture_multiplies_what_each_source_has_not():
    # By population the first found 0.5/0.75 of the second's, the second 0.5/0.75 of the first's.
    found = missed_population([0.5, 0.25, 0.25], captures((40, 40), (30, 0), (0, 30)))
    assert found == pytest.approx((1 / 3) ** 2)


def test_sources_without_a_minimum_in_common_know_nothing():
    assert missed_population([0.5, 0.5], captures((9, 0), (0, 9))) == 1.0


def test_minima_found_once_speak_of_others_and_those_found_twice_by_half():
    assert missed_population([0.8, 0.2], captures((50, 50), (1, 0))) == pytest.approx(0.2)
    assert missed_population([0.8, 0.2], captures((50, 50), (1, 1))) == pytest.approx(0.1)


def test_the_estimate_holds_for_draws_whose_truth_is_known():
    draw = np.random.default_rng(5)
    populations = np.exp(-draw.uniform(0.0, 5.0, size=100))  # 100 minima within 5 kT
    populations /= populations.sum()
    chances = np.sqrt(populations) * draw.lognormal(sigma=0.5, size=100)
    chances /= chances.sum()
    ratios = []
    for _ in range(100):
        counts = np.stack([draw.multinomial(200, chances), draw.multinomial(200, chances)], axis=1)
        found = counts.sum(axis=1) > 0
        inside = populations[found] / populations[found].sum()
        estimate = missed_population(list(inside), captures(*((int(a), int(b)) for a, b in counts[found])))
        ratios.append((1.0 - populations[found].sum()) / estimate)
    assert np.median(ratios) < 1.0
    assert np.mean(np.array(ratios) > 2.0) <= 0.05
