"""Density-fitted two-electron terms of the first-order GIAO Fock matrix, in blocks of auxiliary functions.

J1 = -(g mn|P) c_P with c the fitted density, K1 = -(g mk|P) [J^-1]_PQ (Q|ln) D_kl minus its transpose; signs and the
meaning of g as in first_order.py. The auxiliary functions carry no phase: they expand densities, not orbitals.
"""

from __future__ import annotations

import numpy as np

from qmnmr.engines.pyscf.field.fitting import Array, Fits, FittedOperator, auxiliary_blocks
from qmnmr.engines.pyscf.giao.first_order import Matrices


def fitted_coulomb_exchange(fits: Fits, *, fitted: Array, occupied: Array, memory_mb: int) -> Matrices:
    """Return J1 - K1/2, K1 of the functional's exchange; `occupied` are the doubly occupied orbitals, (n_ao, n_occ).

    `fitted` are the coefficients whose potential acts: those of the density, and of a continuum's charges.
    """
    n_ao = len(occupied)
    coulomb, exchange = np.zeros((2, 3, n_ao, n_ao))
    exchange_terms = {} if fits.exchange is None else {omega: factor for factor, omega in fits.exchange.terms}
    for number, orbitals in enumerate(_occupied_blocks(fits, occupied, memory_mb)):
        half = None if fits.exchange is None else half_transformed(fits.exchange, orbitals, memory_mb=memory_mb)
        for omega in sorted({0.0, *exchange_terms}):
            factor = exchange_terms.get(omega, 0.0)
            acts = omega == 0.0 and number == 0
            if not acts and factor == 0.0:
                continue
            for functions, giao in auxiliary_blocks(fits.coulomb, "int3c2e_ig1", omega=omega, memory_mb=memory_mb):
                if acts:
                    for x in range(3):
                        coulomb[x] += (fitted[functions] @ giao[x].reshape(-1, n_ao**2)).reshape(n_ao, n_ao)
                if half is None or factor == 0.0:
                    continue
                for x in range(3):
                    moved = np.matmul(orbitals.T, giao[x])  # (P, o, m): the sum over the other orbital of the bra
                    exchange[x] += factor * moved.reshape(-1, n_ao).T @ half[functions].reshape(-1, n_ao)
    # giao[x, P] is the transpose of (g mn|P), which carries J1's minus sign
    return coulomb + fits.exchange_factor * (exchange - exchange.transpose(0, 2, 1))


def _occupied_blocks(fits: Fits, occupied: Array, memory_mb: int) -> list[Array]:
    """Return the occupied orbitals in blocks whose half-transformed factors take a quarter of the memory."""
    if fits.exchange is None:
        return [occupied]
    width = max(1, int(0.25 * memory_mb * 1e6 / (8 * len(fits.exchange.root) * len(occupied))))
    return [occupied[:, start : start + width] for start in range(0, occupied.shape[1], width)]


def half_transformed(fit: FittedOperator, occupied: Array, *, memory_mb: int) -> Array:
    """Return [J^-1]_PQ (Q|o n), shape (n_auxiliary, n_occ, n_ao)."""
    n_ao, n_occ = occupied.shape
    result = np.empty((len(fit.root), n_occ, n_ao))
    width = max(1, int(0.05 * memory_mb * 1e6 / (8 * len(fit.root) * n_ao)))
    for start in range(0, n_occ, width):
        part = slice(start, start + width)
        orbitals = np.ascontiguousarray(occupied[:, part].T)
        rows = np.empty((fit.root.shape[1], len(orbitals), n_ao))
        for block, square in fit.blocks(max(1, 4_000_000 // n_ao**2)):
            rows[block] = np.matmul(orbitals, square)
        result[:, part] = (fit.root @ rows.reshape(len(rows), -1)).reshape(-1, len(orbitals), n_ao)
    return result
