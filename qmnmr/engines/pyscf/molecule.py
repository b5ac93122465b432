"""From a Calculation to PySCF's molecule: geometry, basis set, functional; and what is refused by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qmnmr.datatypes.calculation import Calculation, CalculationKind

LAST_ELEMENT = "Kr"
"""Heavier elements need an effective core potential or relativity, which this engine does not offer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Functional:
    """How PySCF spells a functional, and the dispersion correction that its energy would need."""

    xc: str  # libxc's names, exchange and correlation
    dispersion: str = ""  # a term of the energy that PySCF alone does not have; it has no effect on shieldings


HARTREE_FOCK = "hf"

FUNCTIONALS: dict[str, Functional] = {
    HARTREE_FOCK: Functional(xc=HARTREE_FOCK),
    "lda": Functional(xc="LDA_X,LDA_C_VWN"),
    "pbe": Functional(xc="GGA_X_PBE,GGA_C_PBE"),
    "blyp": Functional(xc="GGA_X_B88,GGA_C_LYP"),
    "bp86": Functional(xc="GGA_X_B88,GGA_C_P86"),
    # LYP with VWN's RPA fit, as in Gaussian and NWChem ("vwn_1_rpa")
    "b3lyp": Functional(xc="HYB_GGA_XC_B3LYP"),
    "pbe0": Functional(xc="HYB_GGA_XC_PBEH"),
    "mpw1pw91": Functional(xc="HYB_GGA_XC_MPW1PW"),
    "b97-2": Functional(xc="HYB_GGA_XC_B97_2"),
    "wp04": Functional(xc="HYB_GGA_XC_WP04"),
    # VWN's fifth fit, as Yanai, Tew, Handy 2004 have it
    "cam-b3lyp": Functional(xc="HYB_GGA_XC_CAM_B3LYP"),
    "wb97x": Functional(xc="HYB_GGA_XC_WB97X"),
    "wb97x-d": Functional(xc="HYB_GGA_XC_WB97X_D", dispersion="D2 in Chai and Head-Gordon's damping"),
    "wb97x-d3": Functional(xc="HYB_GGA_XC_WB97X_D3", dispersion="D3"),
}

_JUL_DIFFUSE = {"jul-cc-pvdz": ("aug-cc-pvdz", "cc-pvdz"), "jul-cc-pvtz": ("aug-cc-pvtz", "cc-pvtz")}


def find_refusal(calculation: Calculation) -> str:
    """Return in one sentence why this engine can't do a calculation; empty if it can."""
    from pyscf.gto import basis as library
    from pyscf.lib.exceptions import BasisNotFoundError

    level = calculation.level
    functional = FUNCTIONALS.get(level.functional)
    if functional is None:
        return f"the embedded engine has no functional {level.functional!r}; it has {', '.join(FUNCTIONALS)}"
    if calculation.multiplicity != 1:
        return f"multiplicity {calculation.multiplicity}: the embedded engine does closed shells only"
    if functional.dispersion and calculation.kind is not CalculationKind.SHIELDING:
        return (
            f"the energy of {level.functional} needs {functional.dispersion}, which the embedded engine does not have"
        )
    for symbol in sorted(set(calculation.geometry.symbols)):
        if _atomic_number(symbol) > _atomic_number(LAST_ELEMENT):
            return f"element {symbol}: the embedded engine goes to {LAST_ELEMENT}"
        try:
            library.load(_basis_of_element(level.basis, symbol), symbol)
        except (BasisNotFoundError, KeyError):
            return f"PySCF's library has no basis set {level.basis} for {symbol}"
    if _count_electrons(calculation) % 2:
        return f"an odd number of electrons with charge {calculation.charge}: closed shells only"
    return ""


def build_molecule(calculation: Calculation, *, memory_mb: int, is_centred: bool = True) -> Any:
    """Return PySCF's Mole; its origin, which is the gauge origin too, is the mean of the atoms' positions.

    With GIAOs the origin has no effect in exact arithmetic; in the middle of the molecule rounding has least.
    """
    from pyscf import gto

    geometry = calculation.geometry
    positions = np.array(geometry.coordinates_angstrom, dtype=float)
    if is_centred:
        positions = positions - positions.mean(axis=0)
    return gto.M(
        atom=[(s, tuple(p)) for s, p in zip(geometry.symbols, positions, strict=True)],
        basis={s: _basis_of_element(calculation.level.basis, s) for s in set(geometry.symbols)},
        charge=calculation.charge,
        spin=0,
        unit="Angstrom",
        cart=not calculation.level.spherical,
        symmetry=False,
        max_memory=memory_mb,
        verbose=0,
    )


def _basis_of_element(basis: str, symbol: str) -> str:
    """Return PySCF's name of a basis set for one element ("jul-": diffuse functions on heavy atoms alone)."""
    heavy, hydrogen = _JUL_DIFFUSE.get(basis, (basis, basis))
    return hydrogen if symbol == "H" else heavy


def _atomic_number(symbol: str) -> int:
    from pyscf.data import elements

    return int(elements.charge(symbol))


def _count_electrons(calculation: Calculation) -> int:
    return sum(_atomic_number(s) for s in calculation.geometry.symbols) - calculation.charge
