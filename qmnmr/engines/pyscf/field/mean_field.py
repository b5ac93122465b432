"""PySCF's mean fields with three things of our own: overlap, orbitals on the grid, fitted operators.

They are subclasses, not attributes hung on PySCF's objects: PySCF copies its objects, and a copy takes along whatever
hangs on the original. A long-range operator once computed with the factors of 1/r that way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from pyscf import df, dft, scf
from pyscf.dft import numint

from qmnmr.engines.pyscf.field.fitting import Array, FittedOperator
from qmnmr.engines.pyscf.pyscf_types import Grids, MeanField, Mole, Options

_KEPT_DERIVATIVES = 1
"""The gradient asks for second derivatives once; to keep them took a sixth of an optimisation's time."""

_GRID_MEMORY_SHARE = 0.15


class _OwnOverlap:
    """Leaves out combinations of basis functions that are nearly dependent, and writes no checkpoint file."""

    overlap_threshold = 0.0

    def begin(self, overlap_threshold: float) -> None:
        """Set the smallest eigenvalue of the overlap matrix that is kept; close the file of every cycle."""
        self.overlap_threshold = overlap_threshold
        self._chkfile.close()  # type: ignore[has-type]
        self._chkfile = self.chkfile = None

    def check_linear_dependency(self, overlap: Array, verbose: object = None) -> Array:
        """Return combinations of the basis functions, (n_ao, n_mo), that are orthonormal and not nearly dependent."""
        values, vectors = np.linalg.eigh(overlap)
        kept = values > self.overlap_threshold
        return np.asarray(vectors[:, kept] / np.sqrt(values[kept]))


class HartreeFock(_OwnOverlap, scf.hf.RHF):  # type: ignore[misc]
    """Closed-shell Hartree-Fock."""


class KohnSham(_OwnOverlap, dft.rks.RKS):  # type: ignore[misc]
    """Closed-shell Kohn-Sham without dispersion and non-local correlation, which leave shieldings as they are."""

    def begin(self, overlap_threshold: float) -> None:
        """Set up the integration too."""
        super().begin(overlap_threshold)
        self.disp = None
        self.nlc = False
        self._numint = KeptOrbitals(memory_mb=_GRID_MEMORY_SHARE * self.max_memory)


class KeptOrbitals(numint.NumInt):  # type: ignore[misc]
    """Numerical integration that keeps the orbitals' values on the grid, if all of them fit into its memory.

    They are a third of a small molecule's self-consistent field. A new grid or molecule drops what was kept for the
    old one. Of larger molecules a block takes at most twice that memory.
    """

    def __init__(self, *, memory_mb: float) -> None:
        super().__init__()
        self.memory_mb = memory_mb
        self.kept_for: tuple[Mole, Any, int] | None = None  # molecule, points, derivatives
        self.kept_blocks: list[Any] = []

    def block_loop(
        self,
        mol: Mole,
        grids: Grids,
        nao: int | None = None,
        deriv: int = 0,
        max_memory: float = 2000,
        **options: Options,
    ) -> Iterator[Any]:
        """Yield orbitals, mask, weights and points of the grid, block after block."""
        n_derivatives = (deriv + 1) * (deriv + 2) * (deriv + 3) // 6
        if not options and self._is_kept(mol, grids, deriv):
            yield from self.kept_blocks
            return
        size_mb = 0.0 if grids.coords is None else n_derivatives * len(grids.coords) * mol.nao * 8e-6
        if options or deriv > _KEPT_DERIVATIVES or not 0.0 < size_mb < self.memory_mb:
            yield from super().block_loop(mol, grids, nao, deriv, min(max_memory, 2 * self.memory_mb), **options)
            return
        blocks = super().block_loop(mol, grids, nao, deriv, max_memory, **options)
        new = []
        for orbitals, mask, weights, points in blocks:
            is_whole = len(weights) == len(grids.coords)  # else the next block overwrites this one's memory
            new.append((orbitals if is_whole else orbitals.copy(order="K"), mask, weights, points))
            yield new[-1]
        self.kept_for, self.kept_blocks = (mol, grids.coords, deriv), new

    def _is_kept(self, mol: Mole, grids: Grids, deriv: int) -> bool:
        if self.kept_for is None or grids.coords is None:
            return False
        kept_mol, points, derivatives = self.kept_for
        return kept_mol is mol and points is grids.coords and derivatives == deriv


class FittedOperators(df.DF):  # type: ignore[misc]
    """PySCF's density fitting with our factors, one set for each operator, wherever they lie.

    PySCF's own makes the long-range object as a copy of this one; here each has its own factors from the beginning,
    and an operator that was not fitted is an error, not another operator.
    """

    def __init__(self, fits: Mapping[float, FittedOperator], *, omega: float = 0.0) -> None:
        fit = fits[omega]
        super().__init__(fit.mol, fit.auxiliary.basis)
        self.auxmol = fit.auxiliary
        self._cderi = fit.factors  # PySCF asks whether there are some
        self.fits = fits
        self.fit = fit

    def build(self) -> FittedOperators:
        """Return self: the factors are there."""
        return self

    def reset(self, mol: Mole | None = None) -> FittedOperators:
        """Return self for the same molecule. Raises ValueError for another one, which has other factors."""
        if mol is not None and mol is not self.mol:
            raise ValueError("density-fitting factors belong to one geometry")
        return self

    def loop(self, blksize: int | None = None) -> Iterator[Array]:
        """Yield rows of factors, packed, block after block."""
        yield from (packed for _, packed in self.fit.packed_blocks(blksize or self.blockdim))

    def get_naoaux(self) -> int:
        """Return the number of rows."""
        return len(self.fit.factors)

    @contextmanager
    def range_coulomb(self, omega: float | None) -> Iterator[FittedOperators]:
        """Give the object of erf(omega r)/r; molecule and auxiliary basis compute that operator meanwhile.

        Raises KeyError for an operator that was not fitted.
        """
        wanted = omega or 0.0
        if wanted not in self.fits:
            raise KeyError(f"no density fitting of erf({wanted} r)/r; there are {sorted(self.fits)}")
        with self.mol.with_range_coulomb(wanted), self.auxmol.with_range_coulomb(wanted):
            yield FittedOperators(self.fits, omega=wanted)


def fitted(mean_field: MeanField, fits: Mapping[float, FittedOperator]) -> MeanField:
    """Return the mean field with density fitting of all two-electron terms."""
    operators = FittedOperators(fits)
    operators.max_memory = mean_field.max_memory
    return mean_field.density_fit(with_df=operators)
