"""Exchange of perturbed orbitals, X = -1/2 K[D1], with one index in the occupied space.

D1 = 2 (c' c^t -+ c c'^t) for the perturbed c' and the occupied orbitals c, so that
K_mi = 2 sum_j [(m c'_j|c_j i) -+ (m c_j|c'_j i)]: minus for an imaginary perturbation (a magnetic field), whose density
is antisymmetric, plus for a real one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmnmr.engines.pyscf.field.fitting import Array, FittedOperator, Terms
from qmnmr.engines.pyscf.field.scf import GroundState
from qmnmr.engines.pyscf.pyscf_types import MeanField
from qmnmr.engines.pyscf.response.screening import screening

AnyArray = NDArray[np.floating[Any]]
Exchange = Callable[[Array], Array]
"""From first-order orbitals (k, n_ao, n_occ), the perturbed occupied ones, to X (k, n_ao, n_occ) with one index in the
occupied space."""


def exchange_of(state: GroundState, *, is_imaginary: bool, is_single: bool = False) -> Exchange | None:
    """Return the function that builds X of a ground state's exact exchange, None for a functional without.

    With `is_single` fitted integrals are contracted in single precision, in half the time.
    """
    if state.fits is not None and state.fits.exchange is not None:
        return fitted_exchange(
            state.fits.exchange,
            state.fits.exchange_factor,
            state.occupied,
            is_imaginary=is_imaginary,
            is_single=is_single,
        )
    if state.exchange:
        return exact_exchange(state.mean_field, state.exchange, state.occupied, is_imaginary=is_imaginary)
    return None


def fitted_exchange(
    operator: FittedOperator, factor: float, occupied: Array, *, is_imaginary: bool = True, is_single: bool = False
) -> Exchange:
    """Return the function that builds X of an operator times a factor."""
    sign = -1.0 if is_imaginary else 1.0
    kind = np.float32 if is_single else np.float64

    def build(perturbed: Array) -> Array:
        return -factor * _half_exchange(operator, occupied.astype(kind), perturbed.astype(kind), sign)

    return build


def exact_exchange(mean_field: MeanField, operator: Terms, occupied: Array, *, is_imaginary: bool = True) -> Exchange:
    """Return the same with four-centre integrals."""
    from pyscf.scf import _vhf

    mol, screenings = mean_field.mol, {}
    for _, omega in operator:
        with mol.with_range_coulomb(omega or None):
            screenings[omega] = screening(mol)
    sign, symmetry = (-1.0, 2) if is_imaginary else (1.0, 1)

    def build(perturbed: Array) -> Array:
        density = 2.0 * perturbed @ occupied.T
        density = density + sign * density.transpose(0, 2, 1)
        total = np.zeros_like(density)
        for factor, omega in operator:
            with mol.with_range_coulomb(omega or None):
                found = _vhf.direct(
                    density,
                    mol._atm,
                    mol._bas,
                    mol._env,
                    screenings[omega],
                    symmetry,
                    mol.cart,
                    with_j=False,
                    with_k=True,
                )
            total -= 0.5 * factor * found[1]
        return total @ occupied

    return build


def _half_exchange(fit: FittedOperator, occupied: AnyArray, perturbed: AnyArray, sign: float) -> Array:
    """Return K/2 of the perturbed orbitals, (k, n_ao, n_occ); contracted in the precision that they have."""
    n_sets, n_ao, n_occ = perturbed.shape
    columns = np.hstack([occupied, *perturbed])
    result = np.zeros((n_sets, n_occ, n_ao))
    for _, square in fit.blocks(max(1, 4_000_000 // (n_ao * columns.shape[1]))):
        half = np.matmul(columns.T, square.astype(columns.dtype, copy=False))  # (P, all columns, n_ao)
        plain = half[:, :n_occ]
        both = np.matmul(half, occupied)  # (P, all columns, n_occ)
        for k in range(n_sets):
            part = slice((k + 1) * n_occ, (k + 2) * n_occ)
            # sum over P and j: (m c'_j|P)(P|c_j i) -+ (m c_j|P)(P|c'_j i)
            result[k] += both[:, :n_occ].reshape(-1, n_occ).T @ half[:, part].reshape(-1, n_ao)
            result[k] += sign * (both[:, part].reshape(-1, n_occ).T @ plain.reshape(-1, n_ao))
    return result.transpose(0, 2, 1)
