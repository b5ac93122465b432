"""GFN2-xTB in this process: minima, Hessians and free energies with the numbers of the xTB program."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind, CalculationResult, FailureKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import GFN2_XTB_WITH_ROTORS
from qmnmr.engines.facts import EngineFacts
from qmnmr.engines.surfaces.internal_coordinates import Array
from qmnmr.engines.surfaces.minimization import LARGEST_FORCE, LAST_GAIN_HARTREE, NoMinimumError, Surface, minimize
from qmnmr.engines.surfaces.rotors import FOLD
from qmnmr.engines.surfaces.shifted_surface import ShiftedSurface, hessian_of
from qmnmr.engines.surfaces.thermochemistry import free_energy_correction, wavenumbers
from qmnmr.engines.xtb import library
from qmnmr.engines.xtb.engine import METHOD, XtbMethod, medium_refusal
from qmnmr.engines.xtb.input_file import free_energy_control_text, hessian_control_text, xyz_text
from qmnmr.engines.xtb.library import (
    PACKAGE,
    ChargesNotConvergedError,
    StructureRefusedError,
    version,
)
from qmnmr.engines.xtb.surface import XtbSurface, rotors_of
from qmnmr.errors import InputError
from qmnmr.units import BOHR_ANGSTROM

_ACCURACY = {CalculationKind.OPTIMIZATION: 0.2}  # xTB's own for `tight`
_ACCURACY_OF_DIFFERENCES = 0.05
_NOISE_WAVENUMBER = -100.0
"""cm-1: imaginary modes above it count as real ones of the same size; a place that is no minimum has larger ones."""


class EmbeddedXtbEngine(XtbMethod):
    """GFN2-xTB by the package tblite.

    A free energy belongs to a geometry of DFT, no minimum of GFN2-xTB: a term that is linear in internal coordinates
    makes it a stationary place, and the vibrations are those of the sum.
    """

    facts = EngineFacts(
        name="tblite", title="tblite", choice="tblite", packages=(PACKAGE,), is_embedded=True, max_cores=1
    )

    def refusal(self, calculation: Calculation) -> str | None:
        """Return in one sentence why this can't be done, None if it can."""
        if not library.is_installed():
            return f"T{library.absence()[1:]}."
        if _task(calculation) is None or calculation.level.functional not in {METHOD, GFN2_XTB_WITH_ROTORS}:
            return "tblite is used for GFN2 minima, Hessians and free energies (with a temperature) alone."
        return medium_refusal(calculation)

    def input_digest(self, calculation: Calculation) -> str:
        """Return the SHA-256 (hex) of structure and settings."""
        is_free_energy = calculation.kind is CalculationKind.FREE_ENERGY
        asked = free_energy_control_text(calculation) if is_free_energy else hessian_control_text(calculation)
        thresholds = f"{PACKAGE} {calculation.kind} {LARGEST_FORCE} {LAST_GAIN_HARTREE}\n"
        rotors = rotors_of(calculation)
        terms = f"{rotors} {FOLD}" if rotors else ""
        return hashlib.sha256((thresholds + xyz_text(calculation.geometry) + asked + terms).encode()).hexdigest()

    def compute(self, calculation: Calculation, *, check: Callable[[], None]) -> CalculationResult | CalculationFailure:
        """Return the result, or the named failure; `check` is called before each gradient, and may raise.

        Raises InputError where `refusal` has a reason.
        """
        wall, cpu, task = time.monotonic(), time.thread_time(), _task(calculation)
        if task is None:
            raise InputError(f"{calculation.label}: {self.refusal(calculation)}")
        try:
            surface = XtbSurface(calculation, accuracy=_ACCURACY.get(calculation.kind, _ACCURACY_OF_DIFFERENCES))
            found = task(surface, watched(surface, check))
        except ChargesNotConvergedError as error:
            return _failure(calculation, FailureKind.SCF_NOT_CONVERGED, "GFN2-xTB's charges did not converge.", error)
        except StructureRefusedError as error:
            return _failure(calculation, FailureKind.INPUT, "GFN2-xTB does not take the structure.", error)
        except NoMinimumError as error:
            kind = FailureKind.GEOMETRY_NOT_CONVERGED
            return _failure(calculation, kind, "GFN2-xTB's optimisation ran out of steps.", error)
        except NotStationaryError as error:
            message = "The structure is too far from a minimum for its vibrations."
            return _failure(calculation, FailureKind.STRUCTURE_CHANGED, message, error)
        result = CalculationResult(
            label=calculation.label,
            kind=calculation.kind,
            level=calculation.level,
            energy_hartree=0.0,
            geometry=calculation.geometry,
            shieldings=(),
            program=PACKAGE,
            program_version=version(),
            ranks=1,
            cpu_seconds=round(time.thread_time() - cpu, 2),
            wall_seconds=round(time.monotonic() - wall, 2),
        )
        return replace(result, **found)


class NotStationaryError(Exception):
    """A vibration is imaginary."""


def watched(surface: Surface, check: Callable[[], None]) -> Surface:
    """Return the surface with a call of `check` before each point; it may raise."""

    def watched(positions: Array) -> tuple[float, Array]:
        check()
        return surface(positions)

    return watched


def _optimize(start: XtbSurface, surface: Surface) -> dict[str, Any]:
    minimum = minimize(start.symbols, start.positions, surface)
    return {
        "energy_hartree": minimum.energy_hartree,
        "geometry": rounded_geometry(start.symbols, minimum.positions),
        "optimization_steps": minimum.evaluations,
    }


def _differentiate(start: XtbSurface, surface: Surface) -> dict[str, Any]:
    energy, _ = surface(start.positions)
    rows = hessian_of(surface, start.positions).tolist()
    return {"energy_hartree": energy, "hessian": tuple(map(tuple, rows))}


def _vibrate(start: XtbSurface, surface: Surface, *, temperature_kelvin: float) -> dict[str, Any]:
    held = ShiftedSurface(start.symbols, surface, origin=start.positions, gradient=np.zeros_like(start.positions))
    modes = wavenumbers(start.symbols, start.positions, hessian_of(held, start.positions))
    if len(modes) and modes[0] < _NOISE_WAVENUMBER:
        raise NotStationaryError(f"a mode of {modes[0]:.0f} cm-1")
    correction = free_energy_correction(
        start.symbols, start.positions, np.abs(modes), temperature_kelvin=temperature_kelvin
    )
    return {"energy_hartree": held.energy_at_origin, "free_energy_correction_hartree": correction}


_Task = Callable[[XtbSurface, Surface], dict[str, Any]]


def _task(calculation: Calculation) -> _Task | None:
    """Return what does a calculation, None if nothing does."""
    if calculation.kind is CalculationKind.FREE_ENERGY and calculation.temperature_kelvin is not None:
        return partial(_vibrate, temperature_kelvin=calculation.temperature_kelvin)
    return {CalculationKind.OPTIMIZATION: _optimize, CalculationKind.HESSIAN: _differentiate}.get(calculation.kind)


def rounded_geometry(symbols: tuple[str, ...], positions: Array) -> Geometry:
    """Return positions in bohr, (n_atoms, 3), as a geometry with as many decimals as programs' inputs carry."""
    rows = (positions * BOHR_ANGSTROM).round(8) + 0.0  # + 0.0: no minus zero
    return Geometry(symbols=symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in rows.tolist()))


def _failure(calculation: Calculation, kind: FailureKind, message: str, error: Exception) -> CalculationFailure:
    return CalculationFailure(
        label=calculation.label, kind=calculation.kind, failure=kind, message=message, evidence=str(error)
    )
