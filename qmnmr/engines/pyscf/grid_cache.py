"""Orbitals on the integration grid, evaluated once and kept where memory allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qmnmr.engines.pyscf.pyscf_types import Grids, MeanField, Mole, Options

_KEPT_DERIVATIVES = 1
"""The gradient asks for second derivatives once; to keep them took a sixth of an optimisation's time."""


def cache_grid_orbitals(mean_field: MeanField, *, memory_mb: float) -> None:
    """Let a Kohn-Sham mean field keep its orbitals' values on the grid, if all of them fit into that memory.

    They are a third of a small molecule's self-consistent field. A new grid drops what was kept for the old one. Of
    larger molecules a block takes at most twice that memory.
    """
    numint = mean_field._numint
    evaluate = numint.block_loop
    kept: dict[str, Any] = {"points": None, "derivatives": -1, "blocks": []}

    def block_loop(
        mol: Mole, grids: Grids, nao: int | None = None, deriv: int = 0, max_memory: float = 2000, **options: Options
    ) -> Iterator[Any]:
        n_derivatives = (deriv + 1) * (deriv + 2) * (deriv + 3) // 6
        if not options and grids.coords is not None and kept["points"] is grids.coords and kept["derivatives"] == deriv:
            yield from kept["blocks"]
            return
        size_mb = 0.0 if grids.coords is None else n_derivatives * len(grids.coords) * mol.nao * 8e-6
        if options or deriv > _KEPT_DERIVATIVES or not 0.0 < size_mb < memory_mb:
            yield from evaluate(mol, grids, nao, deriv, min(max_memory, 2 * memory_mb), **options)
            return
        blocks = evaluate(mol, grids, nao, deriv, max_memory, **options)
        new = []
        for orbitals, mask, weights, points in blocks:
            is_whole = len(weights) == len(grids.coords)  # else the next block overwrites this one's memory
            new.append((orbitals if is_whole else orbitals.copy(order="K"), mask, weights, points))
            yield new[-1]
        kept.update(points=grids.coords, derivatives=deriv, blocks=new)

    numint.block_loop = block_loop
