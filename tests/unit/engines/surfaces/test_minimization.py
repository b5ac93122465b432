from __future__ import annotations

import numpy as np
import pytest

from qmnmr.engines.surfaces.minimization import LARGEST_FORCE, NoMinimumError, minimize

SYMBOLS = ("O", "H", "H")
START = np.array([[0.1, 0.0, 0.0], [0.0, 1.9, 0.2], [1.7, -0.6, 0.0]])


def springs(positions: np.ndarray) -> tuple[float, np.ndarray]:
    """Return energy and gradient of three springs, whose minimum has sides of 1.8, 1.8 and 2.9 bohr."""
    energy, gradient = 0.0, np.zeros((3, 3))
    for i, j, length, constant in ((0, 1, 1.8, 0.5), (0, 2, 1.8, 0.5), (1, 2, 2.9, 0.1)):
        apart = positions[i] - positions[j]
        distance = float(np.linalg.norm(apart))
        energy += float(0.5 * constant * (distance - length) ** 2)
        pull = constant * (distance - length) / distance * apart
        gradient[i] += pull
        gradient[j] -= pull
    return float(energy), gradient


def test_a_minimum_is_found_in_few_evaluations() -> None:
    found = minimize(SYMBOLS, START, springs)
    sides = [np.linalg.norm(found.positions[i] - found.positions[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert sides == pytest.approx([1.8, 1.8, 2.9], abs=2e-3)
    assert found.energy_hartree < 1e-7
    assert np.abs(found.gradient).max() < LARGEST_FORCE
    assert found.evaluations < 15


def test_the_molecule_is_neither_moved_nor_turned_on_the_way() -> None:
    found = minimize(SYMBOLS, START, springs)
    moved = found.positions - START
    assert moved.sum(axis=0) == pytest.approx([0, 0, 0], abs=1e-9)


def test_a_surface_without_a_minimum_is_named() -> None:
    def slope(positions: np.ndarray) -> tuple[float, np.ndarray]:
        gradient = np.array([[0.0, -0.01, 0.0], [0.0, 0.01, 0.0], [0.0, 0.0, 0.0]])
        return float((gradient * positions).sum()), gradient

    with pytest.raises(NoMinimumError, match="no minimum after 400 gradients"):
        minimize(SYMBOLS, START, slope)
