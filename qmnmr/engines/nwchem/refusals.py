"""What NWChem, as qmnmr asks it, can't do; said before anything runs."""

from __future__ import annotations

import math

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.cavities import refuse_cavity
from qmnmr.engines.elements import ATOMIC_NUMBERS
from qmnmr.engines.nwchem.basis_sets import BASIS_SETS
from qmnmr.engines.nwchem.functionals import FUNCTIONALS
from qmnmr.engines.nwchem.solvents import NWCHEM_SOLVENTS

_SMALLEST_DISTANCE_ANGSTROM = 0.4
_LARGEST_COORDINATE_ANGSTROM = 1000.0  # wider numbers would run together in the output's columns


def refusal(calculation: Calculation) -> str | None:
    """Return in one sentence why the calculation can't be done, None if it can."""
    if calculation.kind in {CalculationKind.FREE_ENERGY, CalculationKind.HESSIAN}:
        return "NWChem is not used for Hessians and free energies here."
    return (
        _refuse_level(calculation.level)
        or _refuse_geometry(calculation.geometry)
        or _refuse_elements(calculation)
        or _refuse_open_shell(calculation)
    )


def _refuse_level(level: LevelOfTheory) -> str | None:
    if level.functional not in FUNCTIONALS:
        return f"NWChem has no functional {level.functional!r} here; it has {', '.join(FUNCTIONALS)}."
    if level.basis not in BASIS_SETS:
        return f"NWChem has no basis set {level.basis!r} here; it has {', '.join(BASIS_SETS)}."
    if level.solvent is not None and level.solvent.name not in NWCHEM_SOLVENTS:
        return f"NWChem has no solvent {level.solvent.name!r} here; it has {', '.join(NWCHEM_SOLVENTS)}."
    return refuse_cavity(level.cavity)


def _refuse_geometry(geometry: Geometry) -> str | None:
    positions = geometry.coordinates_angstrom
    if not positions:
        return "There are no atoms."
    # Written so that NaN is refused too.
    if not all(abs(value) <= _LARGEST_COORDINATE_ANGSTROM for position in positions for value in position):
        return f"A coordinate is not a number within {_LARGEST_COORDINATE_ANGSTROM:g} Å of the origin."
    for i, first in enumerate(positions):
        for j in range(i):
            if math.dist(first, positions[j]) < _SMALLEST_DISTANCE_ANGSTROM:
                return f"Atoms {j + 1} and {i + 1} lie closer than {_SMALLEST_DISTANCE_ANGSTROM:g} Å to each other."
    return None


def _refuse_elements(calculation: Calculation) -> str | None:
    basis = BASIS_SETS[calculation.level.basis]
    missing = sorted(set(calculation.geometry.symbols) - basis.elements)
    if missing:
        return f"The basis set {basis.name} has no all-electron functions for {', '.join(map(repr, missing))}."
    return None


def _refuse_open_shell(calculation: Calculation) -> str | None:
    electrons = sum(ATOMIC_NUMBERS[symbol] for symbol in calculation.geometry.symbols) - calculation.charge
    if calculation.multiplicity != 1:
        return f"Multiplicity {calculation.multiplicity}: only closed shells (multiplicity 1) are done."
    if electrons <= 0:
        return f"Charge {calculation.charge:+d} leaves no electrons."
    if electrons % 2:
        return f"{electrons} electrons (charge {calculation.charge:+d}) can't form a closed shell."
    return None
