"""From a Calculation to PySCF's molecule: geometry, basis set, functional; and what is refused by name."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.engines.cavities import refuse_cavity
from qmnmr.engines.effective_cores import element_basis, has_effective_cores
from qmnmr.engines.elements import ATOMIC_NUMBERS, SYMBOLS
from qmnmr.engines.pyscf.pyscf_types import Mole, Shells
from qmnmr.engines.refusals import refuse_geometry, refuse_level, refuse_open_shell


@dataclass(frozen=True, slots=True, kw_only=True)
class Functional:
    """How PySCF spells a functional, and the dispersion term that belongs to its energy."""

    xc: str  # libxc's names, exchange and correlation
    dispersion: str = ""  # it has no effect on shieldings
    is_added: bool = False  # to energies, by qmnmr.engines.dispersion


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
    "wb97x-d3": Functional(xc="HYB_GGA_XC_WB97X_D3", dispersion="D3", is_added=True),
}

_WITHOUT_DISPERSION = frozenset({CalculationKind.SHIELDING, CalculationKind.COUPLINGS})
"""Kinds of which a dispersion term of the energy is no part."""

_SPLIT_D = {"6-311+g(2d,p)": "6-311+g(d,p)", "6-311g(2d,p)": "6-311g(d,p)"}
"""Basis sets that PySCF's library has from H to Ne alone, and the ones that they come from."""

CONTACT_SUFFIX = "u+1s(h)"
"""Behind a basis set's name: hydrogen's s shell is uncontracted and has one tighter function, for the density at the
nucleus (docs/explanation/couplings.md)."""

_JUL_DIFFUSE = {"jul-cc-pvdz": ("aug-cc-pvdz", "cc-pvdz"), "jul-cc-pvtz": ("aug-cc-pvtz", "cc-pvtz")}


def find_refusal(calculation: Calculation) -> str | None:
    """Return in one sentence why this engine can't do a calculation, None if it can."""
    return (
        refuse_level(calculation)
        or _refuse_functional(calculation)
        or refuse_cavity(calculation.level.cavity)
        or refuse_geometry(calculation.geometry)
        or _refuse_elements(calculation)
        or refuse_open_shell(calculation)
        or _refuse_basis(calculation)
    )


def _refuse_functional(calculation: Calculation) -> str | None:
    name = calculation.level.functional
    functional = FUNCTIONALS.get(name)
    if functional is None:
        return f"The embedded engine has no functional {name!r}; it has {', '.join(FUNCTIONALS)}."
    is_added = functional.is_added and calculation.kind is CalculationKind.ENERGY
    if functional.dispersion and calculation.kind not in _WITHOUT_DISPERSION and not is_added:
        return f"The energy of {name} needs {functional.dispersion}, which the embedded engine does not have."
    return None


def _refuse_elements(calculation: Calculation) -> str | None:
    unknown = sorted(set(calculation.geometry.symbols) - set(SYMBOLS))
    if unknown:
        return f"The embedded engine does hydrogen to krypton, not {', '.join(map(repr, unknown))}."
    return None


def _refuse_basis(calculation: Calculation) -> str | None:
    from pyscf.gto import basis as library
    from pyscf.lib.exceptions import BasisNotFoundError

    name = calculation.level.basis
    for symbol in sorted(set(calculation.geometry.symbols)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # PySCF's advice to install another library of basis sets
                found = _basis_of_element(name, symbol)
                if isinstance(found, str):
                    library.load(found, symbol)
        except (BasisNotFoundError, KeyError):
            return f"PySCF's library has no basis set {name!r} for {symbol}."
    return None


def build_molecule(calculation: Calculation, *, memory_mb: int, is_centred: bool = True) -> Mole:
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
        ecp=_effective_cores(calculation.level.basis, set(geometry.symbols)),
        charge=calculation.charge,
        spin=0,
        unit="Angstrom",
        cart=not calculation.level.spherical,
        symmetry=False,
        max_memory=memory_mb,
        verbose=0,
    )


def _basis_of_element(basis: str, symbol: str) -> str | Shells:
    """Return a basis set's name in PySCF, or its shells, for one element ("jul-": diffuse functions on heavy atoms).

    From Na to Ar "2d" means exponents twice and half that of the single d shell (Frisch, Pople, Binkley, J. Chem. Phys.
    80, 3265 (1984)). Raises BasisNotFoundError or KeyError where there are no shells.
    """
    from pyscf.gto import basis as library

    if basis.endswith(CONTACT_SUFFIX):
        plain = _basis_of_element(basis.removesuffix(CONTACT_SUFFIX), symbol)
        return (
            _with_tight_s(library.load(plain, symbol) if isinstance(plain, str) else plain) if symbol == "H" else plain
        )
    if has_effective_cores(basis):
        own: Shells = library.parse_nwchem.parse("\n".join(element_basis(basis, symbol).shells))
        return own
    if basis in _SPLIT_D and 11 <= ATOMIC_NUMBERS[symbol] <= 18:
        shells: Shells = library.load(_SPLIT_D[basis], symbol)
        (single,) = (shell[1][0] for shell in shells if shell[0] == 2)
        return [shell for shell in shells if shell[0] != 2] + [[2, [2 * single, 1.0]], [2, [single / 2, 1.0]]]
    heavy, hydrogen = _JUL_DIFFUSE.get(basis, (basis, basis))
    return hydrogen if symbol == "H" else heavy


def _with_tight_s(shells: Shells) -> Shells:
    """Return shells whose s functions are all primitives, and one tighter by the ratio of the two tightest."""
    exponents = sorted({float(row[0]) for shell in shells if shell[0] == 0 for row in shell[1:]}, reverse=True)
    exponents.insert(0, exponents[0] ** 2 / exponents[1])
    return [[0, [exponent, 1.0]] for exponent in exponents] + [shell for shell in shells if shell[0] != 0]


def _effective_cores(basis: str, symbols: Collection[str]) -> dict[str, Shells]:
    """Return the potentials of these elements as PySCF has them; nothing for a basis set of all electrons."""
    from pyscf.gto import basis as library

    if not has_effective_cores(basis):
        return {}
    texts = {symbol: "\n".join(element_basis(basis, symbol).core) for symbol in symbols}
    return {symbol: library.parse_nwchem_ecp.parse(text) for symbol, text in texts.items() if text}
