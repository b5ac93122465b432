"""Names for PySCF's objects, which carry no types of their own."""

from __future__ import annotations

from typing import Any

Mole = Any
"""pyscf.gto.Mole: a molecule with its orbital or auxiliary basis."""
Shells = list[Any]
"""A basis set of one element: lists of angular momentum, then exponent and coefficients of each primitive."""
MeanField = Any
"""pyscf.scf.hf.SCF: Hartree-Fock or Kohn-Sham."""
Grids = Any
"""pyscf.dft.gen_grid.Grids"""
Screening = Any
"""pyscf.scf._vhf._VHFOpt: bounds of integrals and the rule by which they are left out."""
Options = Any
"""Keyword arguments that are passed on as they are."""
