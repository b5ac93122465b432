"""PySCF's mean fields with three things of our own: overlap, orbitals on the grid, fitted operators.

They are subclasses, not attributes hung on PySCF's objects: PySCF copies its objects, and a copy takes along whatever
hangs on the original. A long-range operator once computed with the factors of 1/r that way, so that no object here
stands for more than one operator.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from pyscf import df, dft, lib, scf
from pyscf.df import df_jk
from pyscf.dft import numint

from qmnmr.engines.pyscf.field.fitting import Array, Fits, FittedOperator
from qmnmr.engines.pyscf.pyscf_types import Grids, Mole, Options

_KEPT_DERIVATIVES = 1
"""The gradient asks for second derivatives once; to keep them took a sixth of an optimisation's time."""

_GRID_MEMORY_SHARE = 0.15


class _OwnParts:
    """Leaves out nearly dependent combinations of basis functions, has fitted operators, writes no checkpoint file."""

    overlap_threshold = 0.0
    fits: Fits | None = None
    kept_core: Array | None = None

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

    def get_hcore(self, mol: Mole | None = None) -> Array:
        """Return the one-electron matrix, (n_ao, n_ao), computed once: effective cores take a while."""
        if self.kept_core is None:
            self.kept_core = np.asarray(super().get_hcore(mol))  # type: ignore[misc]
        return self.kept_core

    def get_jk(  # noqa: PLR0917 - PySCF's order
        self,
        mol: Mole | None = None,
        dm: Array | None = None,
        hermi: int = 1,
        with_j: bool = True,  # noqa: FBT001, FBT002
        with_k: bool = True,  # noqa: FBT001, FBT002
        omega: float | None = None,
    ) -> tuple[Any, Any]:
        """Return Coulomb and exchange matrix; with fitted operators the exchange is the functional's, factors and all.

        Raises ValueError for a range of the operator that is asked for apart: fitted ones are whole.
        """
        if self.fits is None:
            coulomb, exchange = super().get_jk(mol, dm, hermi, with_j, with_k, omega)  # type: ignore[misc]
            return coulomb, exchange
        if omega:
            raise ValueError(f"erf({omega:g} r)/r was not fitted alone")
        return fitted_jk(self.fits, dm, hermi=hermi, with_j=with_j, with_k=with_k)


class HartreeFock(_OwnParts, scf.hf.RHF):  # type: ignore[misc]
    """Closed-shell Hartree-Fock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCorrection:
    """What a finer grid adds, to first order in the density around the one it was made for; at first nothing."""

    energy_hartree: float = 0.0
    potential: Array | float = 0.0

    def energy_of(self, density: Array) -> float:
        """Return what is added to the energy of a density, in hartree."""
        return self.energy_hartree + float(np.sum(self.potential * density))


class KohnSham(_OwnParts, dft.rks.RKS):  # type: ignore[misc]
    """Closed-shell Kohn-Sham without dispersion and non-local correlation, which leave shieldings as they are."""

    correction = GridCorrection()

    def begin(self, overlap_threshold: float) -> None:
        """Set up the integration too."""
        super().begin(overlap_threshold)
        self.disp = None
        self.nlc = False
        self._numint = KeptOrbitals(memory_mb=_GRID_MEMORY_SHARE * self.max_memory)

    def exchange_correlation(self, density: Array) -> tuple[float, Array]:
        """Return energy in hartree and potential, (n_ao, n_ao), of the functional without its exact exchange."""
        if self.grids.coords is None:
            self.initialize_grids(self.mol, density)
        free_mb = self.max_memory - lib.current_memory()[0]
        _, energy, potential = self._numint.nr_rks(self.mol, self.grids, self.xc, density, max_memory=free_mb)
        return float(energy), np.asarray(potential)

    def get_veff(
        self,
        mol: Mole | None = None,
        dm: Array | None = None,
        dm_last: Array | None = None,
        vhf_last: Array | None = None,
        hermi: int = 1,
    ) -> Array:
        """Return the potential of electrons on a closed shell's density, with `ecoul` and `exc` as PySCF has them."""
        mol = self.mol if mol is None else mol
        dm = self.make_rdm1() if dm is None else dm
        if self.fits is None:
            found = super().get_veff(mol, dm, dm_last, vhf_last, hermi)
            energy = found.exc + self.correction.energy_of(dm)
            potential = found + self.correction.potential
            return np.asanyarray(lib.tag_array(potential, ecoul=found.ecoul, exc=energy, vj=found.vj, vk=found.vk))
        energy, potential = self.exchange_correlation(dm)
        energy += self.correction.energy_of(dm)
        potential = potential + self.correction.potential
        coulomb, exchange = self.get_jk(mol, dm, hermi, with_k=self.fits.exchange is not None)
        potential = potential + coulomb
        if exchange is not None:
            potential -= 0.5 * exchange
            energy -= 0.25 * np.vdot(dm, exchange)
        return np.asanyarray(
            lib.tag_array(potential, ecoul=0.5 * float(np.vdot(dm, coulomb)), exc=energy, vj=coulomb, vk=exchange)
        )


class KeptOrbitals(numint.NumInt):  # type: ignore[misc]
    """Numerical integration that keeps the orbitals' values on the grid, if all of them fit into its memory.

    They are a third of a small molecule's self-consistent field. What comes first is kept. Of larger molecules a block
    takes at most twice that memory.
    """

    def __init__(self, *, memory_mb: float) -> None:
        super().__init__()
        self.memory_mb = memory_mb
        self.kept: list[tuple[Mole, Any, int, list[Any]]] = []  # molecule, points, derivatives, blocks
        self.kept_mb = 0.0

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
        blocks_kept = None if options else self._kept_blocks(mol, grids, deriv)
        if blocks_kept is not None:
            yield from blocks_kept
            return
        size_mb = 0.0 if grids.coords is None else n_derivatives * len(grids.coords) * mol.nao * 8e-6
        if options or deriv > _KEPT_DERIVATIVES or not 0.0 < size_mb < self.memory_mb - self.kept_mb:
            yield from super().block_loop(mol, grids, nao, deriv, min(max_memory, 2 * self.memory_mb), **options)
            return
        blocks = super().block_loop(mol, grids, nao, deriv, max_memory, **options)
        new = []
        for orbitals, mask, weights, points in blocks:
            is_whole = len(weights) == len(grids.coords)  # else the next block overwrites this one's memory
            new.append((orbitals if is_whole else orbitals.copy(order="K"), mask, weights, points))
            yield new[-1]
        self.kept.append((mol, grids.coords, deriv, new))
        self.kept_mb += size_mb

    def _kept_blocks(self, mol: Mole, grids: Grids, deriv: int) -> list[Any] | None:
        for kept_mol, points, derivatives, blocks in self.kept:
            if kept_mol is mol and points is grids.coords and derivatives == deriv:
                return blocks
        return None


class _Rows(df.DF):  # type: ignore[misc]
    """What PySCF's loop over density-fitting factors asks for, of one operator, wherever its factors lie."""

    def __init__(self, fit: FittedOperator) -> None:
        super().__init__(fit.mol, fit.auxiliary.basis)
        self._cderi = fit.factors  # PySCF asks whether there are some
        self._fit = fit

    def loop(self, blksize: int | None = None) -> Iterator[Array]:
        """Yield rows of factors, packed, block after block."""
        yield from (packed for _, packed in self._fit.packed_blocks(blksize or self.blockdim))

    def get_naoaux(self) -> int:
        """Return the number of rows."""
        return len(self._fit.factors)


def fitted_jk(
    fits: Fits, density: Array | None, *, hermi: int = 1, with_j: bool = True, with_k: bool = True
) -> tuple[Any, Any]:
    """Return Coulomb matrix and the functional's exchange matrix; None for what is not wanted or not there."""
    exchange_fit = fits.exchange if with_k else None
    is_shared = exchange_fit is fits.coulomb
    coulomb: Any = None
    exchange: Any = None
    if with_j or is_shared:
        coulomb, exchange = df_jk.get_jk(_Rows(fits.coulomb), density, hermi, with_j=with_j, with_k=is_shared)
    if exchange_fit is None:
        return coulomb, None
    if not is_shared:
        _, exchange = df_jk.get_jk(_Rows(exchange_fit), density, hermi, with_j=False)
    return coulomb, fits.exchange_factor * exchange


def grid_correction(mean_field: KohnSham, coarse: Grids, final: Grids, density: Array) -> GridCorrection:
    """Return the correction of a coarse grid for densities near this one; the mean field has it afterwards."""
    mean_field.grids = final
    energy, potential = mean_field.exchange_correlation(density)
    mean_field.grids = coarse
    less, coarse_potential = mean_field.exchange_correlation(density)
    potential = potential - coarse_potential
    return GridCorrection(energy_hartree=energy - less - float(np.vdot(potential, density)), potential=potential)
