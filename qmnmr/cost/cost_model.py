"""What a calculation takes, predicted from its size: CPU time, memory, scratch.

The laws are the engines' own (engines/<name>/facts.py); their coefficients are least squares fits (in the logarithm) of
the runs in bench/cost_runs.json and bench/agreement, made by bench/cost_model.py, which also states the scatter:
docs/explanation/cost-model.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qmnmr.datatypes.calculation import CalculationKind
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.engines.elements import ATOMIC_NUMBERS
from qmnmr.engines.facts import CostLaw, CostLaws
from qmnmr.errors import InputError

# Functions of hydrogen, of Li to Ne and of Na to Ar, spherical; heavier atoms have about half as many again.
_FUNCTIONS = {
    "6-31g*": (2, 14, 18),
    "6-31g(d,p)": (5, 14, 18),
    "6-31g(d,p)u+1s(h)": (8, 14, 18),
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
    "vdzp": (5, 13, 13),
}
_LARGE_BASIS = (14, 31, 37)
_LAST_OF_ROW = (2, 10, 18)  # atomic numbers
_ROW = {symbol: sum(number > last for last in _LAST_OF_ROW) for symbol, number in ATOMIC_NUMBERS.items()}
_SECONDS_PER_ATOM = 1e-3  # of an engine without a law


def basis_functions(symbols: Sequence[str], level: LevelOfTheory) -> int:
    """Return about how many basis functions these atoms have."""
    hydrogen, second, third = _FUNCTIONS.get(level.basis, _LARGE_BASIS)
    rows = (hydrogen, second, third, third * 3 // 2)
    return sum(rows[_ROW[symbol]] for symbol in symbols)


def optimization_steps(n_atoms: int, *, engine: str) -> float:
    """Return how many steps an optimisation takes, typically, when it begins with xTB's Hessian."""
    return _steps(n_atoms, _laws(engine))


def cpu_seconds(
    symbols: Sequence[str], level: LevelOfTheory, *, kind: CalculationKind, engine: str, is_tuned: bool = False
) -> float:
    """Return the CPU seconds of a calculation on one core of the machine of the fit.

    Raises InputError for an engine that does not exist.
    """
    return calculation_seconds(symbols, level, kind=kind, laws=_laws(engine), is_tuned=is_tuned)


def calculation_seconds(
    symbols: Sequence[str], level: LevelOfTheory, *, kind: CalculationKind, laws: CostLaws | None, is_tuned: bool
) -> float:
    """Return the CPU seconds by an engine's laws; without laws (xTB) nothing beside DFT, ordered by size."""
    if laws is None:
        return _SECONDS_PER_ATOM * len(symbols)
    functions = basis_functions(symbols, level)
    law = _law(laws, kind)
    factor = laws.functional_factors.get(level.functional, 1.0)
    factor *= law.continuum if level.solvent is not None else 1.0
    seconds = float(factor * law.coefficient_seconds * math.pow(functions, law.power))
    if kind is CalculationKind.SHIELDING:
        is_faster = is_tuned and level.functional in laws.tuned_functionals
        return law.start_seconds + seconds * (laws.tuned_share if is_faster else 1.0)
    if kind is CalculationKind.COUPLINGS:
        return law.start_seconds + seconds
    if kind is CalculationKind.OPTIMIZATION:
        return law.start_seconds + seconds * _steps(len(symbols), laws)
    return law.start_seconds + (seconds if kind is CalculationKind.GRADIENT else seconds * laws.energy_share)


def _law(laws: CostLaws, kind: CalculationKind) -> CostLaw:
    """Return the law of a kind; couplings of an engine that has none for them count as shieldings."""
    if kind is CalculationKind.COUPLINGS:
        return laws.couplings or laws.shielding
    return laws.shielding if kind is CalculationKind.SHIELDING else laws.step


def memory_mb(symbols: Sequence[str], level: LevelOfTheory, *, engine: str) -> int:
    """Return the memory of one calculation on one core, in MB."""
    return calculation_memory_mb(symbols, level, laws=_laws(engine))


def calculation_memory_mb(symbols: Sequence[str], level: LevelOfTheory, *, laws: CostLaws | None) -> int:
    """Return the memory by an engine's laws, in MB; without laws (xTB) nothing beside DFT."""
    return 0 if laws is None else int(_polynomial(laws.memory_mb, basis_functions(symbols, level)))


def scratch_mb(symbols: Sequence[str], level: LevelOfTheory, *, engine: str) -> int:
    """Return the scratch of one calculation, in MB."""
    laws = _laws(engine)
    size = _polynomial(laws.scratch_mb, basis_functions(symbols, level))
    return int(size + laws.scratch_mb_per_atom * len(symbols))


def _laws(engine: str) -> CostLaws:
    laws = get_engine(engine).facts.cost
    if laws is None:
        raise InputError(f"the engine {engine} states no cost")
    return laws


def _steps(n_atoms: int, laws: CostLaws) -> float:
    a, b = laws.steps
    return float(a * n_atoms**b)


def _polynomial(coefficients: Sequence[float], x: int) -> float:
    return float(sum(c * x**power for power, c in enumerate(coefficients)))


def xtb_gradient_seconds(n_atoms: int) -> float:
    """Return what a gradient of GFN2-xTB in this process takes on one core: 4 ms of 10 atoms, 20 to 30 of 31."""
    return 0.004 * math.pow(n_atoms / 10, 1.6)


def xtb_gradients_within(hours: float | None, *, n_atoms: int) -> float:
    """Return how many gradients of GFN2-xTB these CPU hours pay for, infinity where hours are None."""
    return math.inf if hours is None else math.ceil(3600.0 * hours / xtb_gradient_seconds(n_atoms))
