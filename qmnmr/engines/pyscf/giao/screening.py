"""Which four-centre integrals are too small to be computed, by the inequality of Schwarz and the density.

Source: Häser, Ahlrichs, J. Comput. Chem. 10, 104 (1989). With a GIAO's phase |(g mn|kl)| <= sqrt((g mn|g mn))
sqrt((kl|kl)). The operator is that of the molecule at the time of the call: 1/r, or a part of it in its
`with_range_coulomb`.
"""

from __future__ import annotations

import numpy as np

from qmnmr.engines.pyscf.field.fitting import Array
from qmnmr.engines.pyscf.pyscf_types import Mole, Screening

THRESHOLD = 1e-13
"""Contributions to a matrix element, in atomic units, below which integrals are left out."""


def screening(mol: Mole) -> Screening:
    """Return PySCF's object that screens loops over (mn|kl)."""
    from pyscf.scf import _vhf

    return _vhf._VHFOpt(mol, "int2e", "CVHFnrs8_prescreen", "CVHFnr_int2e_q_cond", "CVHFnr_dm_cond", THRESHOLD)


def phase_screening(mol: Mole) -> Screening:
    """Return the same for (g mn|kl)."""
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
