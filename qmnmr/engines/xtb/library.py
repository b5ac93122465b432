"""GFN2-xTB without a program: the Python package tblite, in this process, on one thread."""

from __future__ import annotations

import os
import threading
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from qmnmr.datatypes.calculation import Calculation
from qmnmr.engines.elements import ATOMIC_NUMBERS
from qmnmr.engines.facts import thread_variables
from qmnmr.engines.surfaces.internal_coordinates import Array
from qmnmr.engines.xtb.solvents import alpb_solvent
from qmnmr.shared_libraries import import_problem
from qmnmr.units import BOHR_ANGSTROM

PACKAGE = "tblite"
METHOD = "GFN2-xTB"
_loading = threading.Lock()


class ChargesNotConvergedError(Exception):
    """GFN2-xTB's charges did not converge."""


class StructureRefusedError(Exception):
    """The package does not take the structure: atoms in one place, a charge that leaves an electron unpaired."""


def is_installed() -> bool:
    """Return whether the package is here and can be loaded."""
    return not absence()


@cache
def absence() -> str:
    """Return in words why the package can't be used, "" where it can.

    It has no wheel for aarch64, and its wheel wants the system's OpenMP, which small images of Debian lack.
    """
    if find_spec(PACKAGE) is None:
        return f"the Python package {PACKAGE} is not installed"
    try:
        _interface()
    except ImportError as error:
        return f"the Python package {PACKAGE} can't be loaded ({import_problem(error)})"
    return ""


def version() -> str:
    """Return the package's version. Raises PackageNotFoundError."""
    return metadata.version(PACKAGE)


@cache
def _interface() -> ModuleType:
    """Return the package, loaded for one thread: its OpenMP reads the number once, as it is loaded."""
    with _loading:
        before = {name: os.environ.get(name) for name in thread_variables(1)}
        os.environ.update(thread_variables(1))
        try:
            from tblite import interface
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
    return interface


class Gfn2Surface:
    """Energy and gradient of a molecule in its medium; each call begins with the charges of the one before.

    `accuracy` is xTB's factor of all numerical thresholds. Raises StructureRefusedError.
    """

    def __init__(self, calculation: Calculation, *, accuracy: float) -> None:
        geometry, solvent = calculation.geometry, calculation.level.solvent
        self.symbols = geometry.symbols
        numbers = np.array([ATOMIC_NUMBERS[symbol] for symbol in geometry.symbols])
        self.positions: Array = np.array(geometry.coordinates_angstrom, dtype=float) / BOHR_ANGSTROM
        try:
            self._calculator: Any = _interface().Calculator(
                METHOD, numbers, self.positions, calculation.charge, calculation.multiplicity - 1
            )
        except RuntimeError as error:
            raise StructureRefusedError(" ".join(str(error).split())) from None
        self._calculator.set("verbosity", 0)
        self._calculator.set("accuracy", accuracy)
        if solvent is not None:
            self._calculator.add("alpb-solvation", alpb_solvent(solvent).name)
        self._last: Any = None

    def __call__(self, positions: Array) -> tuple[float, Array]:
        """Return energy (hartree) and gradient (hartree/bohr, (n_atoms, 3)) at positions in bohr.

        Raises ChargesNotConvergedError.
        """
        self._calculator.update(positions)
        try:
            self._last = self._calculator.singlepoint(self._last)
        except RuntimeError as error:
            raise ChargesNotConvergedError(" ".join(str(error).split())) from None
        return float(self._last.get("energy")), np.array(self._last.get("gradient"), dtype=float)
