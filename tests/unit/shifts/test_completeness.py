"""The error that conformers add which are not in the average."""

from __future__ import annotations

import numpy as np
import pytest

from qmnmr.shifts.completeness import incompleteness_sensitivities


def sensitivities(values, populations, *, inclusions=None, missed=0.0, sets=((0,),)):
    return incompleteness_sensitivities(
        values,
        populations=populations,
        inclusions=inclusions or [1.0] * len(populations),
        missed_population=missed,
        sets=sets,
    )


def test_one_conformer_or_nothing_missed_adds_nothing():
    assert sensitivities([[30.0]], [1.0], missed=0.3) == (0.0,)
    assert sensitivities([[30.0], [34.0]], [0.5, 0.5]) == (0.0,)


def test_what_is_missed_counts_by_the_spread_of_what_is_there():
    assert sensitivities([[30.0], [34.0]], [0.5, 0.5], missed=0.1) == pytest.approx((0.2,))


def test_equivalent_nuclei_are_averaged_first():
    apart = [[30.0, 34.0], [34.0, 30.0]]
    assert sensitivities(apart, [0.5, 0.5], missed=0.1, sets=[(0, 1)]) == pytest.approx((0.0,))


def test_the_error_of_a_sample_is_that_of_many_samples():
    draw = np.random.default_rng(3)
    values, weights = draw.normal(50.0, 3.0, size=40), np.full(40, 1 / 40)
    means, errors = [], []
    for _ in range(400):
        taken = draw.random(40) < 0.5
        means.append(values[taken].mean())
        (error,) = sensitivities(
            values[taken][:, None].tolist(),
            (weights[taken] / weights[taken].sum()).tolist(),
            inclusions=[0.5] * int(taken.sum()),
        )
        errors.append(error)
    assert np.median(errors) == pytest.approx(np.std(means), rel=0.2)
