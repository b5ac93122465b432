"""Exchange of the perturbed orbitals, X = -1/2 K[D1], with one index in the occupied space.

D1 = 2 (c' c^t - c c'^t) for the perturbed c' and the occupied orbitals c, so that
K_mi = 2 sum_j [(m c'_j|c_j i) - (m c_j|c'_j i)].
"""

from __future__ import annotations

import numpy as np

from qmnmr.engines.pyscf.field.fitting import Array, FittedOperator, Terms
from qmnmr.engines.pyscf.giao.response import Exchange
from qmnmr.engines.pyscf.giao.screening import screening
from qmnmr.engines.pyscf.pyscf_types import MeanField


def fitted_exchange(operator: FittedOperator, factor: float, occupied: Array) -> Exchange:
    """Return the function that builds X of an operator times a factor."""

    def build(perturbed: Array) -> Array:
        return -factor * _antisymmetric_exchange(operator, occupied, perturbed)

    return build


def exact_exchange(mean_field: MeanField, operator: Terms, occupied: Array) -> Exchange:
    """Return the same with four-centre integrals."""
    from pyscf.scf import _vhf

    mol, screenings = mean_field.mol, {}
    for _, omega in operator:
        with mol.with_range_coulomb(omega or None):
            screenings[omega] = screening(mol)

    def build(perturbed: Array) -> Array:
        density = 2.0 * perturbed @ occupied.T
        density = density - density.transpose(0, 2, 1)
        total = np.zeros_like(density)
        for factor, omega in operator:
            with mol.with_range_coulomb(omega or None):
                found = _vhf.direct(
                    density, mol._atm, mol._bas, mol._env, screenings[omega], 2, mol.cart, with_j=False, with_k=True
                )
            total -= 0.5 * factor * found[1]
        return total @ occupied

    return build


def _antisymmetric_exchange(fit: FittedOperator, occupied: Array, perturbed: Array) -> Array:
    """Return K/2 of the perturbed orbitals, (k, n_ao, n_occ)."""
    n_sets, n_ao, n_occ = perturbed.shape
    columns = np.hstack([occupied, *perturbed])
    result = np.zeros((n_sets, n_occ, n_ao))
    for _, square in fit.blocks(max(1, 4_000_000 // (n_ao * columns.shape[1]))):
        half = np.matmul(columns.T, square)  # (P, all columns, n_ao)
        plain = half[:, :n_occ]
        both = np.matmul(half, occupied)  # (P, all columns, n_occ)
        for k in range(n_sets):
            part = slice((k + 1) * n_occ, (k + 2) * n_occ)
            # sum over P and j: (m c'_j|P)(P|c_j i) - (m c_j|P)(P|c'_j i)
            result[k] += both[:, :n_occ].reshape(-1, n_occ).T @ half[:, part].reshape(-1, n_ao)
            result[k] -= both[:, part].reshape(-1, n_occ).T @ plain.reshape(-1, n_ao)
    return result.transpose(0, 2, 1)
