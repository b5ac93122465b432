"""Density fitting: the three-centre factors that SCF, GIAO terms and response share.

Products of two orbitals are expanded in one auxiliary basis, (mn|kl) ~ (mn|P) [J^-1]_PQ (Q|kl), Coulomb metric
(Whitten, J. Chem. Phys. 58, 4496 (1973); Weigend, Phys. Chem. Chem. Phys. 4, 4285 (2002)). With J^-1 = T T^t the
factors are L = T^t (P|mn). The same expansion has to be used everywhere, or the shieldings depend on the gauge origin.
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
_MEMORY_OF_FACTORS = 1 / MEMORY_SHARE

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedOperator:
    """One two-electron operator, 1/r or erf(omega r)/r, in the auxiliary basis."""

    mol: Mole
    auxiliary: Mole
    omega: float  # 0: 1/r
    root: Array  # T, shape (n_auxiliary, n_kept)
    factors: Array | FactorsOnDisk  # L, shape (n_kept, n_ao (n_ao + 1) / 2): lower triangles

    def __str__(self) -> str:
        """Return operator and place of its factors: "erf(0.25 r)/r in memory, 12 MB"."""
        name = f"erf({self.omega:g} r)/r" if self.omega else "1/r"
        place = "on disk" if isinstance(self.factors, FactorsOnDisk) else "in memory"
        return f"{name} {place}, {self.factors.shape[0] * self.factors.shape[1] * 8e-6:.0f} MB"

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


def useful_memory_mb(n_functions: int) -> int:
    """Return the memory in MB beyond which a calculation only takes more and is no faster.

    Blocks of orbitals on the grid grow with the memory that there is: benzene's gradient (102 functions) took 1240 MB
    and 10.0 CPU s of 14 GB, 600 MB and 9.1 s of 1 GB. Factors stay in memory as long as there is some for them.
    """
    n_auxiliary, operators = 8 * n_functions, 1.5  # of 1/r and of the long range, whose set is the smaller one
    factors_mb = operators * n_auxiliary * n_functions**2 / 2 * 8e-6
    return int(_BLOCKS_MB + factors_mb * _MEMORY_OF_FACTORS)


def fit_operator(mol: Mole, auxiliary: Mole, *, omega: float, memory_mb: int) -> FittedOperator:
    """Return the factors of 1/r (omega 0) or erf(omega r)/r; on disk where they would take too much memory.

    Raises DiskTooSmallError.
    """
    with mol.with_range_coulomb(omega), auxiliary.with_range_coulomb(omega):
        root = _inverse_root(auxiliary.intor("int2c2e", hermi=1))
        shape = (root.shape[1], mol.nao * (mol.nao + 1) // 2)
        is_small = shape[0] * shape[1] * 8e-6 < MEMORY_SHARE * memory_mb
        factors: Array | FactorsOnDisk = np.empty(shape) if is_small else FactorsOnDisk(shape)
        width = max(mol.nao, int(0.05 * memory_mb * 1e6 / 8 / auxiliary.nao))
        for pairs, integrals in _three_centre_blocks(mol, auxiliary, width):
            if isinstance(factors, FactorsOnDisk):
                factors.write_columns(pairs, root.T @ integrals)
            else:
                factors[:, pairs] = root.T @ integrals
    return FittedOperator(mol=mol, auxiliary=auxiliary, omega=omega, root=root, factors=factors)


def _inverse_root(metric: Array) -> Array:
    """Return T with T T^t = J^-1 on the space that the metric resolves."""
    values, vectors = scipy.linalg.eigh(metric)
    kept = values > METRIC_CUT * values[-1]
    return np.asarray(vectors[:, kept] / np.sqrt(values[kept]))


def _three_centre_blocks(mol: Mole, auxiliary: Mole, width: int) -> Iterator[tuple[slice, Array]]:
    """Return (P|mn) for blocks of rows of the lower triangle m >= n, each (n_auxiliary, n_pairs)."""
    from pyscf import gto
    from pyscf.df.outcore import _guess_shell_ranges

    name = gto.moleintor.ascint3(mol._add_suffix("int3c2e"))
    atm, bas, env = gto.mole.conc_env(mol._atm, mol._bas, mol._env, auxiliary._atm, auxiliary._bas, auxiliary._env)
    locations = gto.moleintor.make_loc(bas, name)
    optimizer = gto.moleintor.make_cintopt(atm, bas, env, name)
    last = mol.nbas + auxiliary.nbas
    start = 0
    for first_shell, end_shell, n_pairs in _guess_shell_ranges(mol, width, "s2ij"):
        shells = (first_shell, end_shell, 0, mol.nbas, mol.nbas, last)
        block = gto.moleintor.getints3c(name, atm, bas, env, shells, 1, "s2ij", locations, optimizer)
        yield slice(start, start + n_pairs), block.reshape(n_pairs, -1).T
        start += n_pairs
