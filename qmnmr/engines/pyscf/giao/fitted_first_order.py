"""Density-fitted two-electron terms of the first-order GIAO Fock matrix, in blocks of auxiliary functions.

J1 = -(g mn|P) c_P with c the fitted density, K1 = -(g mk|P) [J^-1]_PQ (Q|ln) D_kl minus its transpose; signs and the
meaning of g as in first_order.py. The auxiliary functions carry no phase: they expand densities, not orbitals.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qmnmr.engines.pyscf.field.fitting import Array, FittedOperator
from qmnmr.engines.pyscf.giao.first_order import Matrices


def fitted_coulomb_exchange(
    fit: FittedOperator, *, fitted: Array | None, occupied: Array | None, memory_mb: int
) -> tuple[Matrices, Matrices]:
    """Return (J1, K1); J1 is zero without coefficients, K1 without the doubly occupied orbitals (n_ao, n_occ).

    `fitted` are the coefficients whose potential acts: those of the density, and of a continuum's charges.
    """
    n_ao = fit.mol.nao
    coulomb, exchange = np.zeros((2, 3, n_ao, n_ao))
    for number, orbitals in enumerate(_occupied_blocks(fit, occupied, memory_mb)):
        half = None if orbitals is None else half_transformed(fit, orbitals, memory_mb=memory_mb)
        for functions, giao in _giao_blocks(fit, memory_mb):
            if fitted is not None and number == 0:
                for x in range(3):
                    coulomb[x] += (fitted[functions] @ giao[x].reshape(-1, n_ao**2)).reshape(n_ao, n_ao)
            if half is not None and orbitals is not None:
                for x in range(3):
                    moved = np.matmul(orbitals.T, giao[x])  # (P, o, m): the sum over the other orbital of the bra
                    exchange[x] += moved.reshape(-1, n_ao).T @ half[functions].reshape(-1, n_ao)
    # giao[x, P] is the transpose of (g mn|P), which carries J1's minus sign
    return coulomb, -2.0 * (exchange - exchange.transpose(0, 2, 1))


def _occupied_blocks(fit: FittedOperator, occupied: Array | None, memory_mb: int) -> list[Array | None]:
    """Return the occupied orbitals in blocks whose half-transformed factors take a quarter of the memory."""
    if occupied is None:
        return [None]
    width = max(1, int(0.25 * memory_mb * 1e6 / (8 * len(fit.root) * len(occupied))))
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


def _giao_blocks(fit: FittedOperator, memory_mb: int) -> Iterator[tuple[slice, Array]]:
    """Return (g mn|P), each (3, n_block, n, m), for blocks of auxiliary shells."""
    from pyscf import gto

    mol, auxiliary = fit.mol, fit.auxiliary
    atm, bas, env = gto.mole.conc_env(mol._atm, mol._bas, mol._env, auxiliary._atm, auxiliary._bas, auxiliary._env)
    name = mol._add_suffix("int3c2e_ig1")
    locations = auxiliary.ao_loc_nr()
    most = max(1, int(0.1 * memory_mb * 1e6 / (24 * mol.nao**2)))
    with mol.with_range_coulomb(fit.omega):
        env[gto.mole.PTR_RANGE_OMEGA] = fit.omega
        for first, end in _shell_blocks(locations, most):
            shells = (0, mol.nbas, 0, mol.nbas, mol.nbas + first, mol.nbas + end)
            block = gto.moleintor.getints(name, atm, bas, env, shells, comp=3)
            yield slice(locations[first], locations[end]), block.transpose(0, 3, 2, 1)


def _shell_blocks(locations: NDArray[np.int32], most: int) -> Iterator[tuple[int, int]]:
    """Return ranges of shells with at most that many functions each (one shell at least)."""
    first = 0
    while first < len(locations) - 1:
        end = first + 1
        while end < len(locations) - 1 and locations[end + 1] - locations[first] <= most:
            end += 1
        yield first, end
        first = end
