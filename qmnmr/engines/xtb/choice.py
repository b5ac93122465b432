"""Which GFN2-xTB computes: the package where it is, else the program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.theory import GFN2_XTB_WITH_ROTORS, LevelOfTheory, gfn2_xtb
from qmnmr.engines.engine import Engine, InProcessCalculator
from qmnmr.engines.xtb import library
from qmnmr.engines.xtb.embedded import EmbeddedXtbEngine
from qmnmr.engines.xtb.engine import PROGRAM, XtbEngine
from qmnmr.engines.xtb.free_energy import XtbFreeEnergyEngine
from qmnmr.engines.xtb.hessian import XtbHessianEngine

_PROGRAMS = {
    CalculationKind.OPTIMIZATION: XtbEngine,
    CalculationKind.HESSIAN: XtbHessianEngine,
    CalculationKind.FREE_ENERGY: XtbFreeEnergyEngine,
}


def has_xtb(has_program: Callable[[str], object]) -> bool:
    """Return whether there is a GFN2-xTB in one form or the other where this process computes."""
    return library.is_installed() or bool(has_program(PROGRAM))


def absence() -> str:
    """Return in words why there is no GFN2-xTB where `has_xtb` finds none."""
    package = library.absence() or f"the Python package {library.PACKAGE} is not where programs run"
    return f"{package}, and there is no program {PROGRAM}"


def level_here(level: LevelOfTheory) -> LevelOfTheory:
    """Return the level that the GFN2-xTB which is here has of it: the program knows no barriers of rotors."""
    is_known = library.is_installed() or level.functional != GFN2_XTB_WITH_ROTORS
    return level if is_known else gfn2_xtb(level.solvent)


def at_level_here(calculation: Calculation) -> Calculation:
    """Return a calculation of GFN2-xTB at the level that is here."""
    return replace(calculation, level=level_here(calculation.level))


def xtb_engine(kind: CalculationKind) -> Engine | InProcessCalculator:
    """Return what computes GFN2-xTB's calculations of a kind, if any form of it is there."""
    return EmbeddedXtbEngine() if library.is_installed() else _PROGRAMS[kind]()
