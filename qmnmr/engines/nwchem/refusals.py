"""What NWChem, as qmnmr asks it, can't do; said before anything runs."""

from __future__ import annotations

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.cavities import refuse_cavity
from qmnmr.engines.nwchem.basis_sets import BASIS_SETS
from qmnmr.engines.nwchem.functionals import FUNCTIONALS
from qmnmr.engines.nwchem.solvents import NWCHEM_SOLVENTS
from qmnmr.engines.refusals import refuse_geometry, refuse_level, refuse_open_shell


def refusal(calculation: Calculation) -> str | None:
    """Return in one sentence why the calculation can't be done, None if it can."""
    if calculation.kind in {CalculationKind.FREE_ENERGY, CalculationKind.HESSIAN}:
        return "NWChem is not used for Hessians and free energies here."
    if calculation.kind is CalculationKind.COUPLINGS:
        return "NWChem is not used for couplings here; the embedded engine computes them (--engine pyscf)."
    return (
        refuse_level(calculation)
        or _refuse_level(calculation.level)
        or _refuse_slope(calculation)
        or refuse_geometry(calculation.geometry)
        or _refuse_elements(calculation)
        or refuse_open_shell(calculation)
    )


def _refuse_level(level: LevelOfTheory) -> str | None:
    if level.functional not in FUNCTIONALS:
        return f"NWChem has no functional {level.functional!r} here; it has {', '.join(FUNCTIONALS)}."
    if level.basis not in BASIS_SETS:
        return f"NWChem has no basis set {level.basis!r} here; it has {', '.join(BASIS_SETS)}."
    if level.solvent is not None and level.solvent.name not in NWCHEM_SOLVENTS:
        return f"NWChem has no solvent {level.solvent.name!r} here; it has {', '.join(NWCHEM_SOLVENTS)}."
    return refuse_cavity(level.cavity)


def _refuse_slope(calculation: Calculation) -> str | None:
    is_slope = calculation.kind in {CalculationKind.GRADIENT, CalculationKind.OPTIMIZATION}
    if is_slope and FUNCTIONALS[calculation.level.functional].has_dispersion:
        return f"NWChem's gradients of {calculation.level.functional} hold a dispersion term that no level here names."
    return None


def _refuse_elements(calculation: Calculation) -> str | None:
    basis = BASIS_SETS[calculation.level.basis]
    missing = sorted(set(calculation.geometry.symbols) - basis.elements)
    if missing:
        return f"The basis set {basis.name} has no all-electron functions for {', '.join(map(repr, missing))}."
    return None
