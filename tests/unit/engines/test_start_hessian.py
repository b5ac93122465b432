"""What an optimiser begins with."""

from __future__ import annotations

import numpy as np
import pytest

from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.start_hessian import rigid_body_motions, start_hessian

BENT = Geometry(symbols=("O", "H", "H"), coordinates_angstrom=((0, 0, 0), (0.9, 0.3, 0), (-0.3, 0.9, 0)))
STRAIGHT = Geometry(symbols=("C", "O", "O"), coordinates_angstrom=((1, 1, 1), (1, 2.2, 1), (1, -0.2, 1)))


def internal_part(geometry: Geometry) -> np.ndarray:
    body = rigid_body_motions(np.array(geometry.coordinates_angstrom))
    return np.eye(3 * len(geometry.symbols)) - body @ body.T


@pytest.mark.parametrize(("geometry", "motions"), [(BENT, 6), (STRAIGHT, 5)], ids=["bent", "straight"])
def test_it_has_no_soft_direction_and_keeps_what_is_stiff(geometry, motions):
    inner = internal_part(geometry)
    assert np.trace(inner) == pytest.approx(9 - motions)
    values, vectors = np.linalg.eigh(inner)
    kept = vectors[:, values > 0.5]
    curvatures = np.array([-0.3, 0.001, 0.4, 0.8][-kept.shape[1] :])
    raw = (kept * curvatures) @ kept.T
    found = np.array(start_hessian(tuple(map(tuple, raw)), geometry))
    assert np.array_equal(found, found.T)
    assert np.linalg.eigvalsh(found).min() > 0.0049
    assert kept.T @ found @ kept == pytest.approx(np.diag(np.maximum(curvatures, 0.005)), abs=1e-12)


def test_what_a_gradient_of_a_turning_molecule_left_in_the_matrix_is_taken_off():
    noise = np.random.default_rng(5).normal(size=(9, 9)) * 0.01
    found = np.array(start_hessian(tuple(map(tuple, noise + noise.T)), BENT))
    body = rigid_body_motions(np.array(BENT.coordinates_angstrom))
    assert body.T @ found @ body == pytest.approx(0.05 * np.eye(6), abs=1e-12)
    assert np.abs(internal_part(BENT) @ found @ body).max() < 1e-12
