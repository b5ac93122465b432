"""The nearest minimum of a cheap surface: quasi-Newton steps in Cartesian coordinates with a force field's curvature.

A plain valence force field gives the first Hessian, so that bonds and torsions are steps of the same ease; gradients
update it (Broyden, Fletcher, Goldfarb, Shanno), and a step is that of the rational function (Banerjee et al., J. Phys.
Chem. 89, 52 (1985)) within a radius of trust. A general optimiser's own cost would be that of the surface.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qmnmr.engines.start_hessian import rigid_body_motions
from qmnmr.engines.surfaces.internal_coordinates import Array, internal_coordinates

Surface = Callable[[Array], tuple[float, Array]]
"""Energy in hartree and gradient in hartree/bohr, (n_atoms, 3), at positions in bohr, (n_atoms, 3)."""

LARGEST_FORCE = 1.0e-4
LAST_GAIN_HARTREE = 1.0e-7
"""A minimum: no component of the gradient above the first, in hartree/bohr, nor more than the second to be gained."""

_MAX_EVALUATIONS = 400
_RENEWAL = 40  # steps after which the force field is set up anew: torsions may have turned
_SOFTEST = 0.008  # hartree/bohr^2: of what the force field does not hold
_FIRST_RADIUS, _LARGEST_RADIUS, _SMALLEST_RADIUS = 0.3, 0.6, 1e-4  # bohr, of the largest component


class NoMinimumError(Exception):
    """No minimum within the evaluations that are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """Where a walk ended."""

    positions: Array  # (n_atoms, 3), bohr
    energy_hartree: float
    gradient: Array
    evaluations: int


def minimize(
    symbols: Sequence[str],
    positions: Array,
    surface: Surface,
    *,
    largest_force: float = LARGEST_FORCE,
    last_gain_hartree: float = LAST_GAIN_HARTREE,
) -> Minimum:
    """Return the nearest minimum of a surface, to these limits. Raises NoMinimumError, and what the surface raises."""
    here = np.array(positions, dtype=float)
    energy, gradient = surface(here)
    hessian = _force_field(symbols, here)
    radius, since_renewal = _FIRST_RADIUS, 0
    for evaluations in range(1, _MAX_EVALUATIONS):
        body = rigid_body_motions(here)
        slope = gradient.ravel() - body @ (body.T @ gradient.ravel())
        step, gain = _rational_step(hessian, slope, body, radius)
        if np.abs(slope).max() < largest_force and gain < last_gain_hartree:
            return Minimum(positions=here, energy_hartree=energy, gradient=gradient, evaluations=evaluations)
        there = here + step.reshape(-1, 3)
        new_energy, new_gradient = surface(there)
        hessian = _updated(hessian, step, (new_gradient - gradient).ravel())
        ratio = (energy - new_energy) / max(gain, 1e-12)
        size = float(np.abs(step).max())
        if ratio < 0.25:
            radius = max(_SMALLEST_RADIUS, 0.5 * size)
        elif ratio > 0.75 and size > 0.8 * radius:
            radius = min(_LARGEST_RADIUS, 1.5 * radius)
        if new_energy > energy + 1e-8 and radius > _SMALLEST_RADIUS:
            continue  # the same place again, with the new curvature and a smaller radius
        here, energy, gradient = there, new_energy, new_gradient
        since_renewal += 1
        if since_renewal == _RENEWAL:
            hessian, since_renewal = _force_field(symbols, here), 0
    raise NoMinimumError(f"no minimum after {_MAX_EVALUATIONS} gradients; largest force {np.abs(slope).max():.5f}")


def _force_field(symbols: Sequence[str], positions: Array) -> Array:
    """Return the valence force field's Hessian, (3 n_atoms, 3 n_atoms), nowhere softer than _SOFTEST."""
    coordinates = internal_coordinates(symbols, positions)
    matrix = coordinates.matrix(positions)
    return matrix.T @ (coordinates.force_constants[:, None] * matrix) + _SOFTEST * np.eye(positions.size)


def _rational_step(hessian: Array, slope: Array, body: Array, radius: float) -> tuple[Array, float]:
    """Return the step, (3 n_atoms,), without turning the whole, and the energy that the model gains by it."""
    inner = np.eye(len(slope)) - body @ body.T
    values, vectors = np.linalg.eigh(inner @ hessian @ inner + body @ body.T)
    values = np.maximum(values, 1e-3)
    on_vectors = vectors.T @ slope
    shift = 0.0
    for _ in range(50):  # lambda = sum g^2 / (lambda - h), the lowest root
        new = -float((on_vectors**2 / (values - shift)).sum())
        if abs(new - shift) < 1e-10:
            break
        shift = 0.5 * (shift + new)
    on_step = -on_vectors / (values - shift)
    step = vectors @ on_step
    largest = float(np.abs(step).max())
    if largest > radius:
        on_step, step = on_step * radius / largest, step * radius / largest
    gain = -float(on_vectors @ on_step + 0.5 * (values * on_step) @ on_step)
    return step, gain


def _updated(hessian: Array, step: Array, change: Array) -> Array:
    """Return the Hessian after a step, by BFGS; damped where the curvature along it is not positive (Powell)."""
    along = hessian @ step
    curvature, old = float(step @ change), float(step @ along)
    if old <= 0.0:
        return hessian
    if curvature < 0.1 * old:
        share = 0.9 * old / (old - curvature)
        change = share * change + (1.0 - share) * along
        curvature = float(step @ change)
    return hessian + np.outer(change, change) / curvature - np.outer(along, along) / old
