from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qmnmr.engines.surfaces.internal_coordinates import internal_coordinates
from qmnmr.engines.surfaces.minimization import minimize
from qmnmr.engines.surfaces.shifted_surface import BondStiffening, ShiftedSurface, Stiffening, hessian_of
from qmnmr.units import BOHR_ANGSTROM

from .test_minimization import START, SYMBOLS, springs

HYDROXYL = BondStiffening(elements="HO", shortest_angstrom=0.0, constant=0.1)
LONG = BondStiffening(elements="HO", shortest_angstrom=2.0, constant=0.3)
STIFFENING = Stiffening(bonds=(LONG, HYDROXYL), angles=(0.2, 0.05, 0.02), bends=0.01)
NONE = Stiffening(bonds=(), angles=(0.0, 0.0, 0.0), bends=0.0)


def stiffer(positions: np.ndarray) -> tuple[float, np.ndarray]:
    """Return what stands for DFT here: nearly the same springs, of other lengths."""
    scaled = positions * 0.98
    energy, gradient = springs(scaled)
    return 1.2 * energy, 1.2 * 0.98 * gradient


def peroxide(torsion: float) -> np.ndarray:
    end = [2.8, 1.8 * np.cos(torsion), 1.8 * np.sin(torsion)]
    return np.array([[0.1, 1.8, 0.0], [0.0, 0.0, 0.0], [2.7, 0.0, 0.0], end])


def test_at_its_origin_it_has_the_slope_that_it_was_given_and_no_energy_of_its_own() -> None:
    _, wanted = stiffer(START)
    surface = ShiftedSurface(SYMBOLS, springs, origin=START, gradient=wanted)
    energy, gradient = surface(START)
    assert gradient == pytest.approx(wanted, abs=1e-10)
    assert energy == surface.energy_at_origin == springs(START)[0]


def test_its_gradient_is_the_derivative_of_its_energy() -> None:
    before = START + 0.1
    before[0, 1] += 0.2
    surface = ShiftedSurface(
        SYMBOLS,
        springs,
        origin=START,
        gradient=stiffer(START)[1],
        stiffening=STIFFENING,
        earlier=[(before, stiffer(before)[1])],
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
    for stiffening in (NONE, replace(NONE, bonds=(HYDROXYL,))):
        there = ShiftedSurface(SYMBOLS, springs, origin=start, gradient=stiffer(start)[1], stiffening=stiffening)
        end = minimize(SYMBOLS, start, there).positions
        ways.append(np.linalg.norm(end[0] - end[1]) - np.linalg.norm(start[0] - start[1]))
        held = ShiftedSurface(SYMBOLS, springs, origin=right, gradient=stiffer(right)[1], stiffening=stiffening)
        assert minimize(SYMBOLS, right, held).positions == pytest.approx(right, abs=2e-3)
    assert 0.6 < ways[1] / ways[0] < 0.95


def test_angles_are_stiffened_by_the_hydrogen_atoms_at_their_ends() -> None:
    coordinates = internal_coordinates(SYMBOLS, START)
    found = STIFFENING.of(SYMBOLS, coordinates, START)
    elements = [tuple(sorted(SYMBOLS[a] for a in (i, k))) for i, _, k in coordinates.angles]
    angles = found[len(coordinates.bonds) : coordinates.torsion_part.start]
    assert angles.tolist() == [STIFFENING.angles[pair.count("H")] for pair in elements]
    assert not found[coordinates.torsion_part].any()


def test_a_bond_is_stiffened_by_its_elements_and_its_length() -> None:
    coordinates = internal_coordinates(SYMBOLS, START)
    lengths = [float(np.linalg.norm(START[i] - START[j])) * BOHR_ANGSTROM for i, j in coordinates.bonds]
    assert len(lengths) == 2
    for scale in (1.0, 2.5 / min(lengths)):
        found = STIFFENING.of(SYMBOLS, coordinates, scale * START)[:2]
        assert found.tolist() == [0.3 if scale * length >= 2.0 else 0.1 for length in lengths]


def test_a_gradient_from_before_corrects_the_stiffness() -> None:
    right = minimize(SYMBOLS, START, stiffer).positions
    first = minimize(SYMBOLS, START, springs).positions
    plain = ShiftedSurface(SYMBOLS, springs, origin=first, gradient=stiffer(first)[1])
    second = minimize(SYMBOLS, first, plain).positions
    errors = []
    for earlier in ((), ((first, stiffer(first)[1]),)):
        surface = ShiftedSurface(SYMBOLS, springs, origin=second, gradient=stiffer(second)[1], earlier=earlier)
        third = minimize(SYMBOLS, second, surface).positions
        sides = [np.linalg.norm(third[i] - third[j]) - np.linalg.norm(right[i] - right[j]) for i, j in ((0, 1), (1, 2))]
        errors.append(max(map(abs, sides)))
    assert surface(first)[1] == pytest.approx(stiffer(first)[1], abs=2e-3)
    assert errors[1] < 0.5 * errors[0]


def test_a_rotor_that_is_driven_harder_than_its_barrier_does_not_turn_for_ever() -> None:
    def rotor(positions: np.ndarray) -> tuple[float, np.ndarray]:
        return 0.0, np.zeros_like(positions)

    here = peroxide(2.0)
    slope = internal_coordinates("HOOH", here).matrix(here)[-1].reshape(4, 3) * 0.001
    surface = ShiftedSurface("HOOH", rotor, origin=here, gradient=slope)
    energies = [surface(peroxide(2.0 - np.radians(turned)))[0] for turned in (0.0, 30.0, 60.0)]
    assert energies == pytest.approx([0.0, -0.001 / 3, 0.0], abs=1e-9)


@pytest.mark.parametrize(("turned_degrees", "is_used"), [(15.0, True), (60.0, False)])
def test_a_gradient_from_another_rotamer_is_not_taken_for_a_stiffness(turned_degrees: float, is_used: bool) -> None:
    def flat(positions: np.ndarray) -> tuple[float, np.ndarray]:
        return 0.0, np.zeros_like(positions)

    here, turned = peroxide(2.0), peroxide(2.0 + np.radians(turned_degrees))
    slope = np.full((4, 3), 0.001)
    slopes = [
        ShiftedSurface("HOOH", flat, origin=here, gradient=0 * slope, earlier=earlier)(turned)[1]
        for earlier in ((), [(turned, slope - slope.mean(axis=0) + [[0, 0, 0.001], [0] * 3, [0] * 3, [0, 0, -0.001]])])
    ]
    assert np.allclose(slopes[0], slopes[1]) is not is_used


def test_a_hessian_is_that_of_the_springs() -> None:
    minimum = minimize(SYMBOLS, START, springs).positions
    hessian = hessian_of(springs, minimum)
    assert hessian == pytest.approx(hessian.T, abs=1e-12)
    apart = (minimum[0] - minimum[1]) / np.linalg.norm(minimum[0] - minimum[1])
    assert hessian[:3, 3:6] == pytest.approx(-0.5 * np.outer(apart, apart), abs=2e-3)
