from __future__ import annotations

import numpy as np
import pytest

from qmnmr.engines.pyscf.response.galerkin import ResponseNotConvergedError, solve


def _problem(seed: int = 1) -> tuple:
    random = np.random.default_rng(seed)
    gap = random.uniform(0.5, 20.0, (12, 4))
    coupling = random.normal(0, 0.05, (48, 48))
    coupling = coupling + coupling.T

    def apply(trial: np.ndarray) -> np.ndarray:
        return gap * trial + (trial.reshape(len(trial), -1) @ coupling).reshape(trial.shape)

    right = random.normal(0, 1, (3, 12, 4))
    matrix = np.diag(gap.ravel()) + coupling
    return apply, right, gap, np.linalg.solve(matrix, right.reshape(3, -1).T).T.reshape(right.shape)


def test_the_solver_finds_the_solution_to_the_threshold() -> None:
    apply, right, gap, solution = _problem()
    found = solve(apply, right, gap, threshold=1e-8, most_builds=40)
    assert found.error < 1e-8
    assert found.builds < 20
    assert np.abs(found.amplitudes - solution).max() < 1e-7


def test_a_component_that_is_zero_does_no_harm() -> None:
    apply, right, gap, solution = _problem()
    right[1] = 0.0
    found = solve(apply, right, gap, threshold=1e-8, most_builds=40).amplitudes
    assert np.abs(found[0] - solution[0]).max() < 1e-7
    assert np.abs(found[1]).max() < 1e-12


def test_a_response_that_does_not_converge_is_refused() -> None:
    apply, right, gap, _ = _problem()
    with pytest.raises(ResponseNotConvergedError, match="residual of"):
        solve(apply, right, gap, threshold=1e-12, most_builds=2)
