"""What a calculation takes, predicted from its size: CPU time, memory, scratch.

CPU seconds of one core are start + factor(functional) * factor(medium) * coefficient * N^power, with N basis functions.
The coefficients are least squares fits (in the logarithm) of the runs in bench/cost_runs.json and bench/agreement, made
by bench/cost_model.py, which also states the scatter: docs/explanation/cost-model.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.datatypes.calculation import CalculationKind
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines.elements import ATOMIC_NUMBERS
from qmnmr.engines.nwchem.tuning import TUNED_GRIDS

# Functions of hydrogen, of Li to Ne and of Na to Ar, spherical; heavier atoms have about half as many again.
_FUNCTIONS = {
    "6-31g*": (2, 14, 18),
    "6-31g(d,p)": (5, 14, 18),
    "6-31+g(d,p)": (5, 18, 22),
    "6-311g(d,p)": (6, 18, 26),
    "6-311+g(2d,p)": (6, 27, 35),
    "def2-svp": (5, 14, 18),
    "def2-tzvp": (6, 31, 37),
    "cc-pvdz": (5, 14, 18),
    "cc-pvtz": (14, 30, 34),
    "jul-cc-pvdz": (5, 23, 27),
    "pcsseg-1": (5, 14, 18),
    "pcsseg-2": (14, 30, 34),
}
_LARGE_BASIS = (14, 31, 37)
_LAST_OF_ROW = (2, 10, 18)  # atomic numbers
_ROW = {symbol: sum(number > last for last in _LAST_OF_ROW) for symbol, number in ATOMIC_NUMBERS.items()}
_TUNED = 0.69  # of the plain input: docs/explanation/nwchem-tuning.md
_ENERGY_SHARE = 0.5  # of an optimisation's step, which has a gradient too


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLaw:
    """The numbers of one engine and one kind of task."""

    start_seconds: float
    coefficient_seconds: float
    power: float
    continuum: float  # in COSMO, beside the gas phase


SHIELDING_LAWS = {
    "nwchem": CostLaw(start_seconds=0.8, coefficient_seconds=3.89e-4, power=2.574, continuum=1.22),
    "pyscf": CostLaw(start_seconds=0.6, coefficient_seconds=1.025e-4, power=2.373, continuum=0.97),
}
STEP_LAWS = {
    "nwchem": CostLaw(start_seconds=0.0, coefficient_seconds=6.27e-4, power=2.280, continuum=1.0),
    "pyscf": CostLaw(start_seconds=0.0, coefficient_seconds=1.812e-4, power=2.362, continuum=1.0),
}
"""One step of an optimisation in COSMO; the gas phase was not fitted."""

FUNCTIONAL_FACTORS = {
    "nwchem": {"cam-b3lyp": 1.51, "pbe": 0.76, "wb97x-d3": 1.93, "wp04": 1.01},
    "pyscf": {"cam-b3lyp": 1.32, "pbe": 0.97, "wb97x-d3": 0.92, "wp04": 0.66},
}
"""Beside B3LYP; others count as B3LYP."""

_STEPS = {"nwchem": (2.2, 0.15), "pyscf": (2.3, 0.15)}
"""Steps of an optimisation that begins with xTB's Hessian: a * atoms^b. Without it there are about twice as many."""


def basis_functions(symbols: Sequence[str], level: LevelOfTheory) -> int:
    """Return about how many basis functions these atoms have."""
    hydrogen, second, third = _FUNCTIONS.get(level.basis, _LARGE_BASIS)
    rows = (hydrogen, second, third, third * 3 // 2)
    return sum(rows[_ROW[symbol]] for symbol in symbols)


def optimization_steps(n_atoms: int, *, engine: str) -> float:
    """Return how many steps an optimisation takes, typically, when it begins with xTB's Hessian."""
    a, b = _STEPS[engine]
    return float(a * n_atoms**b)


def cpu_seconds(
    symbols: Sequence[str], level: LevelOfTheory, *, kind: CalculationKind, engine: str, is_tuned: bool = False
) -> float:
    """Return the CPU seconds of a calculation on one core of the machine of the fit.

    xTB's is nothing beside DFT's: its calculations are ordered by their number of atoms. Raises KeyError for an engine
    without a law.
    """
    if engine == "xtb":
        return 1e-3 * len(symbols)
    functions = basis_functions(symbols, level)
    factor = FUNCTIONAL_FACTORS[engine].get(level.functional, 1.0)
    law = (SHIELDING_LAWS if kind is CalculationKind.SHIELDING else STEP_LAWS)[engine]
    factor *= law.continuum if level.solvent is not None else 1.0
    seconds = float(factor * law.coefficient_seconds * math.pow(functions, law.power))
    if kind is CalculationKind.SHIELDING:
        is_faster = is_tuned and engine == "nwchem" and level.functional in TUNED_GRIDS
        return law.start_seconds + seconds * (_TUNED if is_faster else 1.0)
    if kind is CalculationKind.OPTIMIZATION:
        return seconds * optimization_steps(len(symbols), engine=engine)
    return seconds * _ENERGY_SHARE


def memory_mb(symbols: Sequence[str], level: LevelOfTheory, *, engine: str) -> int:
    """Return the memory of one calculation on one core, in MB.

    The peaks of 43 runs of PySCF with 22 to 202 functions lie within a factor of 1.9 of the line, most below it.
    NWChem's matrices are counted, not fitted: recorded outputs are of small molecules, where the program is all.
    """
    functions = basis_functions(symbols, level)
    if engine == "pyscf":
        return int(100 + 4.8 * functions)
    return int(120 + 60 * functions**2 * 8 / 1e6)


def scratch_mb(symbols: Sequence[str], level: LevelOfTheory, *, engine: str) -> int:
    """Return the scratch of one calculation, in MB: orbitals, grid points, response vectors, fitted integrals."""
    functions = basis_functions(symbols, level)
    if engine == "pyscf":
        return int(50 + 8 * functions**2 * 4 * functions / 1e6)
    return int(50 + 60 * functions**2 * 8 / 1e6 + 3 * len(symbols))
