"""Drawings that pass for structures: all atoms in one plane where the bonds need space."""

from __future__ import annotations

from typing import Any


def is_flattened(mol: Any, coordinates: Any) -> bool:  # noqa: ANN401
    """Return whether all atoms lie in one plane although some atom can't be planar.

    `coordinates` is (n, 3) in Å. Benzene and water are flat by nature; methane and ammonia are not.
    """
    import numpy as np
    from rdkit import Chem

    if len(coordinates) < 4:
        return False
    spread = np.linalg.svd(coordinates - coordinates.mean(axis=0), compute_uv=False)
    if spread[-1] > 1e-3 * len(coordinates) ** 0.5:
        return False
    return any(
        atom.GetTotalDegree() >= 4
        or (atom.GetTotalDegree() == 3 and atom.GetHybridization() == Chem.HybridizationType.SP3)
        for atom in mol.GetAtoms()
    )
