"""Rotational constants as a measure of shape."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.constants import Avogadro, c, h, pi

from qmnmr.conformers.rotation import principal_moments, rotates_alike
from qmnmr.datatypes.molecule import Geometry

WATER = ((0.0, 0.0, 0.11779), (0.0, 0.75545, -0.47116), (0.0, -0.75545, -0.47116))


def moments(points, symbols=("O", "H", "H")):
    return principal_moments(Geometry(symbols=symbols, coordinates_angstrom=tuple(map(tuple, points))))


def test_the_constants_of_water_are_those_of_its_r0_structure():
    # r 0.958 Å, 104.5 degrees: 27.4, 14.6, 9.5 cm-1 (microwave A0 27.88, B0 14.52, C0 9.28)
    constants = h / (8 * pi**2 * c * 100 * moments(WATER) * 1e-23 / Avogadro)
    assert constants == pytest.approx([27.4, 14.6, 9.5], rel=0.02)


def test_turning_moving_mirroring_and_renumbering_changes_nothing():
    generator = np.random.default_rng(1)
    turn, _ = np.linalg.qr(generator.normal(size=(3, 3)))
    turned = np.array(WATER) @ turn + 5.0
    assert rotates_alike(moments(WATER), moments(turned[[0, 2, 1]]), tolerance=1e-9)


def test_shapes_that_differ_by_more_than_the_tolerance_are_two():
    bent = [WATER[0], (0.0, 0.80, -0.42), (0.0, -0.80, -0.42)]
    assert not rotates_alike(moments(WATER), moments(bent))


def test_linear_molecules_have_a_moment_of_nothing_and_still_compare():
    line = [(0.0, 0.0, 0.0), (0.0, 0.0, 1.1), (0.0, 0.0, -1.06)]
    bent = [(0.0, 0.0, 0.0), (0.001, 0.0, 1.1), (0.001, 0.0, -1.06)]
    first, second = moments(line, ("C", "N", "H")), moments(bent, ("C", "N", "H"))
    assert first[0] == pytest.approx(0.0, abs=1e-9)
    assert rotates_alike(first, second)
