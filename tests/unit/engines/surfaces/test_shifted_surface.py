from __future__ import annotations

import numpy as np
import pytest

from qmnmr.engines.surfaces.minimization import minimize
from qmnmr.engines.surfaces.shifted_surface import ShiftedSurface, hessian_of

from .test_minimization import START, SYMBOLS, springs


def stiffer(positions: np.ndarray) -> tuple[float, np.ndarray]:
    """Return what stands for DFT here: nearly the same springs, of other lengths."""
    scaled = positions * 0.98
    energy, gradient = springs(scaled)
    return 1.2 * energy, 1.2 * 0.98 * gradient


def test_at_its_origin_it_has_the_slope_that_it_was_given_and_no_energy_of_its_own() -> None:
    _, wanted = stiffer(START)
    surface = ShiftedSurface(SYMBOLS, springs, origin=START, gradient=wanted)
    energy, gradient = surface(START)
    assert gradient == pytest.approx(wanted, abs=1e-10)
    assert energy == surface.energy_at_origin == springs(START)[0]


def test_its_gradient_is_the_derivative_of_its_energy() -> None:
    surface = ShiftedSurface(
        SYMBOLS, springs, origin=START, gradient=stiffer(START)[1], stiffening={"HO": 0.07, "CO": 1.0}
    )
    there = START + np.array([[0.05, 0.1, -0.1], [0.2, 0.0, 0.1], [-0.1, 0.1, 0.0]])
    step = 1e-5
    for place in range(9):
        moved = np.zeros(9)
        moved[place] = step
        ends = [surface(there + sign * moved.reshape(3, 3))[0] for sign in (1, -1)]
        assert surface(there)[1].ravel()[place] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-8)


def test_from_the_cheap_minimum_one_gradient_leads_near_the_right_one_and_two_nearer() -> None:
    right = minimize(SYMBOLS, START, stiffer).positions
    here, errors = minimize(SYMBOLS, START, springs).positions, []
    for _ in range(3):
        sides = [np.linalg.norm(here[i] - here[j]) - np.linalg.norm(right[i] - right[j]) for i, j in ((0, 1), (1, 2))]
        errors.append(max(map(abs, sides)))
        here = minimize(
            SYMBOLS, here, ShiftedSurface(SYMBOLS, springs, origin=here, gradient=stiffer(here)[1])
        ).positions
    assert errors[1] < 0.2 * errors[0]
    assert errors[2] < 0.2 * errors[1]


def test_stiffer_bonds_shorten_the_way_and_leave_its_end() -> None:
    right = minimize(SYMBOLS, START, stiffer).positions
    start = minimize(SYMBOLS, START, springs).positions
    ways = []
    for stiffening in ({}, {"HO": 0.1}):
        there = ShiftedSurface(SYMBOLS, springs, origin=start, gradient=stiffer(start)[1], stiffening=stiffening)
        end = minimize(SYMBOLS, start, there).positions
        ways.append(np.linalg.norm(end[0] - end[1]) - np.linalg.norm(start[0] - start[1]))
        held = ShiftedSurface(SYMBOLS, springs, origin=right, gradient=stiffer(right)[1], stiffening=stiffening)
        assert minimize(SYMBOLS, right, held).positions == pytest.approx(right, abs=2e-3)
    assert 0.6 < ways[1] / ways[0] < 0.95


def test_a_hessian_is_that_of_the_springs() -> None:
    minimum = minimize(SYMBOLS, START, springs).positions
    hessian = hessian_of(springs, minimum)
    assert hessian == pytest.approx(hessian.T, abs=1e-12)
    apart = (minimum[0] - minimum[1]) / np.linalg.norm(minimum[0] - minimum[1])
    assert hessian[:3, 3:6] == pytest.approx(-0.5 * np.outer(apart, apart), abs=2e-3)
