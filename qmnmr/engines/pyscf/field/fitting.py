"""Density fitting: the three-centre factors that SCF, gradient, GIAO terms and response share.

Products of two orbitals are expanded in one auxiliary basis, (mn|kl) ~ (mn|P) [J^-1]_PQ (Q|kl), Coulomb metric
(Whitten, J. Chem. Phys. 58, 4496 (1973); Weigend, Phys. Chem. Chem. Phys. 4, 4285 (2002)). With J^-1 = T T^t the
factors are L = T^t (P|mn). The same expansion has to be used everywhere, or the shieldings depend on the gauge origin.
A range-separated hybrid's exchange is one operator, a/r + b erf(omega r)/r with positive a and b, and fitted as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from qmnmr.engines.pyscf.field.factors_on_disk import FactorsOnDisk
from qmnmr.engines.pyscf.pyscf_types import Mole

METRIC_CUT = 1e-9
"""Eigenvalues of the metric below this share of the largest are dropped: erf(omega r)/r hardly sees sharp functions."""

MEMORY_SHARE = 0.4
"""Factors that would take more than this share of the memory go to a file (41 atoms at def2-SVP: 0.86 GB)."""
_BLOCK_NUMBERS = 10_000_000
_BLOCKS_MB = 1000
_INTEGRALS_SHARE = 0.1
_MEMORY_OF_FACTORS = 1 / MEMORY_SHARE

Array = NDArray[np.float64]


Terms = tuple[tuple[float, float], ...]
"""An operator as a sum of factor times erf(omega r)/r; omega 0 stands for 1/r."""

COULOMB: Terms = ((1.0, 0.0),)


def operator_name(terms: Terms) -> str:
    """Return an operator in words: "1/r", "0.196/r + 0.804 erf(0.25 r)/r"."""
    return " + ".join(
        f"{'' if factor == 1.0 else f'{factor:.3g} '}erf({omega:g} r)/r" if omega else f"{factor:.3g}/r"
        for factor, omega in terms
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedOperator:
    """One two-electron operator in the auxiliary basis."""

    mol: Mole
    auxiliary: Mole
    terms: Terms
    root: Array  # T, shape (n_auxiliary, n_kept)
    factors: Array | FactorsOnDisk  # L, shape (n_kept, n_ao (n_ao + 1) / 2): lower triangles

    def __str__(self) -> str:
        """Return operator and place of its factors: "1/r in memory, 12 MB"."""
        place = "on disk" if isinstance(self.factors, FactorsOnDisk) else "in memory"
        return f"{operator_name(self.terms)} {place}, {self.factors.shape[0] * self.factors.shape[1] * 8e-6:.0f} MB"

    def blocks(self, size: int) -> Iterator[tuple[slice, Array]]:
        """Return square factors, (size, n_ao, n_ao), block after block."""
        from pyscf import lib

        for rows, packed in self.packed_blocks(size):
            yield rows, lib.unpack_tril(packed)

    def packed_blocks(self, size: int) -> Iterator[tuple[slice, Array]]:
        """Return factors as they are stored, (size, n_ao (n_ao + 1) / 2), block after block."""
        for start in range(0, len(self.factors), size):
            rows = slice(start, min(start + size, len(self.factors)))
            yield rows, np.ascontiguousarray(self.factors[rows])

    def combine(self, weights: Array) -> Array:
        """Return sum_P w_P L_P, packed."""
        size = max(1, _BLOCK_NUMBERS // self.factors.shape[1])
        total = np.zeros(self.factors.shape[1])
        for rows, packed in self.packed_blocks(size):
            total += weights[rows] @ packed
        return total

    def project_density(self, density: Array) -> Array:
        """Return L_mn D_mn of a symmetric density, (n_kept,)."""
        from pyscf import lib

        packed = lib.pack_tril(density + density.T)
        diagonal = np.arange(len(density))
        packed[diagonal * (diagonal + 3) // 2] *= 0.5
        size = max(1, _BLOCK_NUMBERS // self.factors.shape[1])
        return np.concatenate([block @ packed for _, block in self.packed_blocks(size)])

    def fit_density(self, density: Array) -> Array:
        """Return the coefficients of a symmetric density in the auxiliary basis, (n_auxiliary,)."""
        return np.asarray(self.root @ self.project_density(density))

    def exchange_energy(self, orbitals: Array) -> float:
        """Return sum_ij (ij|ij) over orbitals, (n_ao, n)."""
        total = 0.0
        for _, square in self.blocks(max(1, 4_000_000 // len(orbitals) ** 2)):
            pairs = np.matmul(orbitals.T, np.matmul(square, orbitals))
            total += float(np.vdot(pairs, pairs))
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    """The operators of one ground state: of Coulomb terms and continuum, and of the exact exchange."""

    coulomb: FittedOperator
    exchange: FittedOperator | None  # None: a functional without; of a global hybrid the same as `coulomb`
    exchange_factor: float = 1.0  # of `exchange`: a global hybrid's share; 1 where its terms have their factors

    @property
    def operators(self) -> tuple[FittedOperator, ...]:
        """Each once."""
        if self.exchange is None or self.exchange is self.coulomb:
            return (self.coulomb,)
        return (self.coulomb, self.exchange)

    def exchange_energy(self, orbitals: Array) -> float:
        """Return the exchange energy of doubly occupied orbitals, (n_ao, n), in hartree, without its sign."""
        if self.exchange is None:
            return 0.0
        return self.exchange_factor * self.exchange.exchange_energy(orbitals)


def fit_operators(mol: Mole, auxiliary: Mole, exchange: Terms) -> Fits:
    """Return the operators for an exact exchange of these terms, none for a pure functional."""
    is_separate = any(omega for _, omega in exchange)
    memory_mb = mol.max_memory // (2 if is_separate else 1)
    coulomb = fit_operator(mol, auxiliary, memory_mb=memory_mb)
    if is_separate:
        return Fits(coulomb=coulomb, exchange=fit_operator(mol, auxiliary, terms=exchange, memory_mb=memory_mb))
    if not exchange:
        return Fits(coulomb=coulomb, exchange=None)
    ((factor, _),) = exchange
    return Fits(coulomb=coulomb, exchange=coulomb, exchange_factor=factor)


def useful_memory_mb(n_functions: int) -> int:
    """Return the memory in MB beyond which a calculation only takes more and is no faster.

    Blocks of orbitals on the grid grow with the memory that there is: benzene's gradient (102 functions) took 1240 MB
    and 10.0 CPU s of 14 GB, 600 MB and 9.1 s of 1 GB. Factors stay in memory as long as there is some for them.
    """
    n_auxiliary, operators = 8 * n_functions, 2  # of 1/r and of a range-separated exchange
    factors_mb = operators * n_auxiliary * n_functions**2 / 2 * 8e-6
    return int(_BLOCKS_MB + factors_mb * _MEMORY_OF_FACTORS)


def fit_operator(mol: Mole, auxiliary: Mole, *, terms: Terms = COULOMB, memory_mb: int) -> FittedOperator:
    """Return the factors of an operator; on disk where they would take too much memory. Raises DiskTooSmallError."""
    root = _inverse_root(metric(auxiliary, "int2c2e", terms))
    shape = (root.shape[1], mol.nao * (mol.nao + 1) // 2)
    is_small = shape[0] * shape[1] * 8e-6 < MEMORY_SHARE * memory_mb
    factors: Array | FactorsOnDisk = np.empty(shape) if is_small else FactorsOnDisk(shape)
    width = max(mol.nao, int(0.05 * memory_mb * 1e6 / 8 / auxiliary.nao))
    for pairs, integrals in _three_centre_blocks(mol, auxiliary, width, terms):
        if isinstance(factors, FactorsOnDisk):
            factors.write_columns(pairs, root.T @ integrals)
        else:
            factors[:, pairs] = root.T @ integrals
    return FittedOperator(mol=mol, auxiliary=auxiliary, terms=terms, root=root, factors=factors)


def metric(auxiliary: Mole, integral: str, terms: Terms) -> Array:
    """Return an operator's two-centre integrals of that name over the auxiliary functions."""
    found = []
    for factor, omega in terms:
        with auxiliary.with_range_coulomb(omega):
            found.append(factor * auxiliary.intor(integral))
    return np.asarray(sum(found))


def _inverse_root(metric: Array) -> Array:
    """Return T with T T^t = J^-1 on the space that the metric resolves."""
    values, vectors = scipy.linalg.eigh(metric)
    kept = values > METRIC_CUT * values[-1]
    return np.asarray(vectors[:, kept] / np.sqrt(values[kept]))


def _three_centre_blocks(mol: Mole, auxiliary: Mole, width: int, terms: Terms) -> Iterator[tuple[slice, Array]]:
    """Return (P|mn) for blocks of rows of the lower triangle m >= n, each (n_auxiliary, n_pairs)."""
    each = [_blocks_of_one(mol, auxiliary, width, omega) for _, omega in terms]
    for parts in zip(*each, strict=True):
        block = terms[0][0] * parts[0][1]
        for (factor, _), (_, more) in zip(terms[1:], parts[1:], strict=True):
            block += factor * more
        yield parts[0][0], block


def _blocks_of_one(mol: Mole, auxiliary: Mole, width: int, omega: float) -> Iterator[tuple[slice, Array]]:
    from pyscf import gto
    from pyscf.df.outcore import _guess_shell_ranges

    name = gto.moleintor.ascint3(mol._add_suffix("int3c2e"))
    atm, bas, env = gto.mole.conc_env(mol._atm, mol._bas, mol._env, auxiliary._atm, auxiliary._bas, auxiliary._env)
    env[gto.mole.PTR_RANGE_OMEGA] = omega
    locations = gto.moleintor.make_loc(bas, name)
    optimizer = gto.moleintor.make_cintopt(atm, bas, env, name)
    last = mol.nbas + auxiliary.nbas
    start = 0
    for first_shell, end_shell, n_pairs in _guess_shell_ranges(mol, width, "s2ij"):
        shells = (first_shell, end_shell, 0, mol.nbas, mol.nbas, last)
        block = gto.moleintor.getints3c(name, atm, bas, env, shells, 1, "s2ij", locations, optimizer)
        yield slice(start, start + n_pairs), block.reshape(n_pairs, -1).T
        start += n_pairs


def auxiliary_blocks(
    fit: FittedOperator, integral: str, *, omega: float, memory_mb: int
) -> Iterator[tuple[slice, Array]]:
    """Return a vector integral (mn|P) of erf(omega r)/r or 1/r (omega 0) for blocks of auxiliary shells.

    Each block is (3, n_block, n, m), the transpose of what the integral's name says.
    """
    from pyscf import gto

    mol, auxiliary = fit.mol, fit.auxiliary
    atm, bas, env = gto.mole.conc_env(mol._atm, mol._bas, mol._env, auxiliary._atm, auxiliary._bas, auxiliary._env)
    env[gto.mole.PTR_RANGE_OMEGA] = omega
    name, locations = mol._add_suffix(integral), auxiliary.ao_loc_nr()
    most = max(1, int(_INTEGRALS_SHARE * memory_mb * 1e6 / (24 * mol.nao**2)))
    for first, end in shell_blocks(locations, most):
        shells = (0, mol.nbas, 0, mol.nbas, mol.nbas + first, mol.nbas + end)
        block = gto.moleintor.getints(name, atm, bas, env, shells, comp=3)
        yield slice(locations[first], locations[end]), block.transpose(0, 3, 2, 1)


def shell_blocks(locations: NDArray[np.int32], most: int) -> Iterator[tuple[int, int]]:
    """Return ranges of shells with at most that many functions each (one shell at least)."""
    first = 0
    while first < len(locations) - 1:
        end = first + 1
        while end < len(locations) - 1 and locations[end + 1] - locations[first] <= most:
            end += 1
        yield first, end
        first = end
