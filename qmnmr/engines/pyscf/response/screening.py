"""Which four-centre integrals are too small to be computed, by the inequality of Schwarz and the density.

Source: Häser, Ahlrichs, J. Comput. Chem. 10, 104 (1989). The operator is that of the molecule at the time of the
call: 1/r, or a part of it in its `with_range_coulomb`.
"""

from __future__ import annotations

from qmnmr.engines.pyscf.pyscf_types import Mole, Screening

THRESHOLD = 1e-13
"""Contributions to a matrix element, in atomic units, below which integrals are left out."""


def screening(mol: Mole) -> Screening:
    """Return PySCF's object that screens loops over (mn|kl)."""
    from pyscf.scf import _vhf

    return _vhf._VHFOpt(mol, "int2e", "CVHFnrs8_prescreen", "CVHFnr_int2e_q_cond", "CVHFnr_dm_cond", THRESHOLD)
