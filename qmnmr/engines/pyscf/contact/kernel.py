"""What the exchange-correlation potential answers to a spin density: the kernel of a closed shell's triplet response.

With rho' the first-order density of the spin-up electrons, and its negative for spin down, their potential is
(f_uu - f_ud) rho', f the second derivatives of the energy (Bauernschmitt, Ahlrichs, Chem. Phys. Lett. 256, 454 (1996)).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qmnmr.engines.pyscf.field.fitting import Array
from qmnmr.engines.pyscf.pyscf_types import Grids, MeanField

SingleArray = NDArray[np.float32]

_LEAST_VALUE = 1e-7
"""Basis functions that are smaller on all points of a block are left out there."""
_PRECISION = np.float32
"""Of orbitals on the grid: the response to them is of second order in its error."""

_BLOCK_MB = 40.0
_POINTS = 56  # PySCF's blocks of points are multiples of it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Some points of the grid: basis functions that matter there, the occupied orbitals, and the points' places."""

    functions: NDArray[np.intp]  # indices of basis functions, (n,)
    values: SingleArray  # of these functions, (1 or 4, n_points, n): with the gradient for a GGA
    occupied: SingleArray  # (1 or 4, n_points, n_occ)
    points: slice


class TripletKernel:
    """The kernel on a grid, times the grid's weights."""

    def __init__(self, mean_field: MeanField, occupied: Array, *, grid_level: int) -> None:
        """Integrate on a grid of PySCF's level."""
        self._mean_field, self._occupied = mean_field, occupied
        self._integration = mean_field._numint
        self._grid: Grids = mean_field.grids.copy()
        self._grid.level = grid_level
        self._grid.build(with_non0tab=True)
        kind = self._integration._xc_type(mean_field.xc)
        self._n_derivatives = {"LDA": 0, "GGA": 1}[kind]
        self._weighted = np.concatenate([self._weighted_kernel(block, kind) for block in self._blocks(1)], axis=-1)

    def __call__(self, perturbed: Array) -> Array:
        """Return the potential of perturbed orbitals (k, n_ao, n_occ) with one index in the occupied space, as they."""
        n_sets, n_ao, n_occ = perturbed.shape
        columns = perturbed.transpose(1, 0, 2).reshape(n_ao, n_sets * n_occ).astype(_PRECISION)
        total = np.zeros((n_ao, n_sets * n_occ))
        for block in self._blocks(n_sets):
            own = columns[block.functions]
            n_points = block.occupied.shape[1]
            moved = (block.values @ own).reshape(-1, n_points, n_sets, n_occ)
            density = np.einsum("xgi,gki->xkg", block.occupied, moved[0])
            density[1:] += np.einsum("gi,xgki->xkg", block.occupied[0], moved[1:])
            density *= 2.0
            potential = np.einsum("xyg,ykg->xgk", self._weighted[..., block.points], density)
            acting = potential[..., None] * block.occupied[0][:, None]  # (x, points, k, n_occ)
            acting[0] += np.einsum("xgk,xgi->gki", potential[1:], block.occupied[1:])
            flat = acting.reshape(len(acting), n_points, -1)
            total[block.functions] += sum(v.T @ a for v, a in zip(block.values, flat, strict=True))
        return total.reshape(n_ao, n_sets, n_occ).transpose(1, 0, 2)

    def _blocks(self, n_sets: int) -> Iterator[_Block]:
        """Yield blocks of points whose orbitals of so many sets take little memory."""
        mol, n_occ = self._mean_field.mol, self._occupied.shape[1]
        most = _BLOCK_MB * 1e6 / (8 * (1 + 3 * self._n_derivatives) * max(mol.nao, n_sets * n_occ))
        size = max(4, int(most // _POINTS)) * _POINTS
        start = 0
        loop = self._integration.block_loop(mol, self._grid, mol.nao, self._n_derivatives, blksize=size)
        for found, _, weights, _ in loop:
            values = found if self._n_derivatives else found[None]
            functions = np.flatnonzero(np.abs(values[0]).max(axis=0) > _LEAST_VALUE)
            own = values[..., functions].astype(_PRECISION)
            points = slice(start, start + len(weights))
            yield _Block(
                functions=functions,
                values=own,
                occupied=own @ self._occupied[functions].astype(_PRECISION),
                points=points,
            )
            start = points.stop

    def _weighted_kernel(self, block: _Block, kind: str) -> Array:
        """Return (f_uu - f_ud) times the weights, (1 or 4, 1 or 4, n_points): of density and gradient."""
        occupied = block.occupied.astype(np.float64)
        density = np.einsum("gi,xgi->xg", occupied[0], occupied)  # of one spin
        density[1:] *= 2.0
        both = np.array([density, density])
        if kind == "LDA":
            both = both[:, 0]
        kernel = self._integration.eval_xc_eff(self._mean_field.xc, both, deriv=2, xctype=kind, spin=1)[2]
        n = len(density)
        kernel = np.asarray(kernel).reshape(2, n, 2, n, -1)
        return np.asarray((kernel[0, :, 0] - kernel[0, :, 1]) * self._grid.weights[block.points], dtype=_PRECISION)
