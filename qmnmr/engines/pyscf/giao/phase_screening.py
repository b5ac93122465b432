"""Which integrals over a GIAO's phase are too small to be computed: |(g mn|kl)| <= sqrt((g mn|g mn)) sqrt((kl|kl))."""

from __future__ import annotations

import numpy as np

from qmnmr.engines.pyscf.field.fitting import Array
from qmnmr.engines.pyscf.pyscf_types import Mole, Screening
from qmnmr.engines.pyscf.response.screening import THRESHOLD, screening


def phase_screening(mol: Mole) -> Screening:
    """Return PySCF's object that screens loops over (g mn|kl), of the operator that the molecule has now."""
    from pyscf.scf import _vhf

    found = _vhf._VHFOpt(mol, "int2e_ig1", "CVHFnrs8_prescreen", None, "CVHFnr_dm_cond", THRESHOLD)
    # PySCF has one table for both pairs: it gets the larger of the two bounds.
    found.q_cond = np.maximum(screening(mol).q_cond, _phase_bounds(mol))
    return found


def _phase_bounds(mol: Mole) -> Array:
    """Return sqrt((g mn|g mn)), the largest of each pair of shells, (n_shells, n_shells)."""
    bounds = np.zeros((mol.nbas, mol.nbas))
    for m in range(mol.nbas):
        for n in range(m):
            block = mol.intor_by_shell("int2e_g1g2", (m, n, m, n), comp=9)[[0, 4, 8]]
            bounds[m, n] = bounds[n, m] = np.sqrt(np.abs(np.einsum("xmnmn->xmn", block)).max())
    return bounds
