"""One calculation from an input file to lines on standard output; the process that `programs` starts."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from qmnmr.datatypes.calculation import CalculationKind, FailureKind
from qmnmr.engines.pyscf.calculation_file import (
    END_MARKER,
    FAILURE_PREFIX,
    HESSIAN_FILE,
    RESULT_PREFIX,
    STEP_FILE,
    WorkerInput,
    describe,
    read_input,
)
from qmnmr.engines.pyscf.contact.coupling_task import CouplingAccuracy, TripletInstabilityError, calculate_couplings
from qmnmr.engines.pyscf.field.checks import ground_state_checks
from qmnmr.engines.pyscf.field.factors_on_disk import DiskTooSmallError
from qmnmr.engines.pyscf.field.fitting import useful_memory_mb
from qmnmr.engines.pyscf.field.gradient import energy_gradient
from qmnmr.engines.pyscf.field.scf import SINGLE_POINT, Accuracy, ScfNotConvergedError, solve_ground_state
from qmnmr.engines.pyscf.giao.shielding_task import calculate_shieldings
from qmnmr.engines.pyscf.molecule import build_molecule, find_refusal
from qmnmr.engines.pyscf.optimization import GeometryNotConvergedError, WrongGroundStateError, optimize_geometry
from qmnmr.engines.pyscf.response.galerkin import ResponseNotConvergedError

_FAILURES: dict[type[Exception], FailureKind] = {
    ScfNotConvergedError: FailureKind.SCF_NOT_CONVERGED,
    GeometryNotConvergedError: FailureKind.GEOMETRY_NOT_CONVERGED,
    ResponseNotConvergedError: FailureKind.RESPONSE_NOT_CONVERGED,
    TripletInstabilityError: FailureKind.TRIPLET_INSTABILITY,
    WrongGroundStateError: FailureKind.UNPHYSICAL,
    MemoryError: FailureKind.MEMORY,
    DiskTooSmallError: FailureKind.DISK,
}


def run(text: str, *, say: Callable[[str], None]) -> int:
    """Do the calculation of an input file's text; say progress and, last, result or failure. Return the exit code.

    An optimisation keeps its steps in a file of the working folder, and begins with those that are there.
    """
    cpu, wall = time.process_time(), time.monotonic()
    try:
        asked = read_input(text)
    except (ValueError, KeyError, TypeError) as error:
        return _fail(say, FailureKind.INPUT, f"the input file can't be read: {error!r}")
    refusal = find_refusal(asked.calculation)
    if refusal:
        return _fail(say, FailureKind.NOT_IMPLEMENTED, refusal)
    try:
        result = _calculate(asked, say)
    except tuple(_FAILURES) as error:
        return _fail(say, _FAILURES[type(error)], str(error) or "out of memory")
    say(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    result |= {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.monotonic() - wall}
    say(RESULT_PREFIX + json.dumps(result))
    say(END_MARKER)
    return 0


def _calculate(asked: WorkerInput, say: Callable[[str], None]) -> dict[str, Any]:
    """Return the result as plain values."""
    import pyscf

    calculation, level = asked.calculation, asked.calculation.level
    of_kind = SINGLE_POINT if calculation.kind is CalculationKind.ENERGY else Accuracy()
    accuracy = replace(of_kind, is_fitted=asked.is_fitted)
    say(f"PySCF {pyscf.__version__}: {calculation.kind.value} with {level}, {len(calculation.geometry.symbols)} atoms")
    is_optimization = calculation.kind is CalculationKind.OPTIMIZATION
    mol = build_molecule(calculation, memory_mb=asked.memory_mb, is_centred=not is_optimization)
    mol.max_memory = min(asked.memory_mb, useful_memory_mb(mol.nao))
    result = describe(calculation) | {"program_version": pyscf.__version__, "shieldings_ppm": None, "steps": None}
    if is_optimization:
        minimum = optimize_geometry(
            mol, level, accuracy=accuracy, report=say, step_file=Path(STEP_FILE), hessian=_start_hessian()
        )
        return result | {
            "coordinates_angstrom": minimum.coordinates_angstrom.tolist(),
            "energy_hartree": minimum.energy_hartree,
            "steps": minimum.steps,
            "checks": ground_state_checks(minimum.state),
        }
    state = solve_ground_state(mol, level, accuracy=accuracy)
    for fit in state.fits.operators if state.fits else ():
        say(f"factors of {fit}")
    result["checks"] = ground_state_checks(state)
    if calculation.kind is CalculationKind.GRADIENT:
        result["energy_hartree"] = state.energy_hartree
        gradient = energy_gradient(state)
        result["gradient"] = gradient.tolist()
        say(f"energy {state.energy_hartree:.8f} hartree, largest force {abs(gradient).max():.6f}")
        return result
    result["energy_hartree"] = state.reported_energy_hartree
    say(f"energy {state.reported_energy_hartree:.8f} hartree")
    if calculation.kind is CalculationKind.SHIELDING:
        shieldings = calculate_shieldings(state, accuracy=accuracy)
        say(f"response converged to {shieldings.residual:.1e} in {shieldings.exchange_builds} exchange builds")
        result["shieldings_ppm"] = shieldings.tensors_ppm.tolist()
    if calculation.kind is CalculationKind.COUPLINGS:
        couplings = calculate_couplings(state, accuracy=CouplingAccuracy())
        say(
            f"couplings of {len(couplings.atoms)} hydrogens converged to {couplings.error_hz:.1e} Hz "
            f"in {couplings.builds} builds, lowest eigenvalue {couplings.lowest:.3f} of the gap"
        )
        result["couplings_hz"] = couplings.couplings_hz[np.triu_indices(len(couplings.atoms), 1)].tolist()
    return result


def _start_hessian() -> list[list[float]] | None:
    path = Path(HESSIAN_FILE)
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _fail(say: Callable[[str], None], failure: FailureKind, message: str) -> int:
    say(FAILURE_PREFIX + json.dumps({"failure": failure.value, "message": message}))
    return 1
