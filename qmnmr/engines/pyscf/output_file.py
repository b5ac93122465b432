"""What the worker wrote, compared with what was asked."""

from __future__ import annotations

import json
import math
from itertools import combinations
from typing import Any

from qmnmr.datatypes.calculation import (
    Calculation,
    CalculationFailure,
    CalculationKind,
    CalculationResult,
    FailureKind,
    Matrix,
    Shielding,
    Tensor,
)
from qmnmr.datatypes.coupling import PairCoupling
from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.plausibility import doubt_result
from qmnmr.engines.pyscf.acceptance import doubt_ground_state
from qmnmr.engines.pyscf.calculation_file import (
    END_MARKER,
    FAILURE_PREFIX,
    GEOMETRY_PREFIX,
    RESULT_PREFIX,
    STEP_PREFIX,
    describe,
    read_geometry,
)

_HINTS = {
    FailureKind.SCF_NOT_CONVERGED: "Look at the geometry: atoms too close, broken bonds? Or try --engine nwchem.",
    FailureKind.GEOMETRY_NOT_CONVERGED: "Start from a better geometry.",
    FailureKind.RESPONSE_NOT_CONVERGED: "The molecule may be close to an open shell; try another functional.",
    FailureKind.TRIPLET_INSTABILITY: "Couplings of this conformer are left out; --couplings karplus needs no response.",
    FailureKind.MEMORY: "Ask for more memory.",
    FailureKind.DISK: "Use a larger scratch disk (--scratch), or ask for more memory.",
    FailureKind.UNPHYSICAL: "Please report it with the calculation's input and output.",
    FailureKind.KILLED: "Look for a time limit or too little memory.",
}


def read_output(
    calculation: Calculation, output: bytes, *, exit_code: int | None
) -> CalculationResult | CalculationFailure:
    """Return the result, or why there is none. Raises nothing, whatever the bytes are."""
    lines = output.decode("utf-8", errors="replace").splitlines()
    stated = _last(lines, FAILURE_PREFIX)
    if stated is not None:
        return _stated_failure(calculation, stated)
    if END_MARKER not in lines:  # what was written to stderr follows it
        return _cut_off(calculation, lines, exit_code)
    text = _last(lines, RESULT_PREFIX)
    if text is None:
        return _failure(calculation, FailureKind.MISMATCH, "The output holds no result.", "no line 'result'")
    try:
        return _read_result(calculation, json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        return _failure(calculation, FailureKind.MISMATCH, "The output can't be read.", repr(error))


def last_step_geometry(output: bytes) -> Geometry | None:
    """Return the geometry of the last complete step in an optimisation's output, None before step 1."""
    lines = output.decode("utf-8", errors="replace").splitlines()
    for number in reversed(range(1, len(lines))):
        if lines[number].startswith(STEP_PREFIX) and lines[number - 1].startswith(GEOMETRY_PREFIX):
            try:
                return read_geometry(json.loads(lines[number - 1][len(GEOMETRY_PREFIX) :]))
            except (ValueError, KeyError, TypeError, RecursionError):
                return None
    return None


def _read_result(calculation: Calculation, fields: dict[str, Any]) -> CalculationResult | CalculationFailure:
    is_optimization = calculation.kind is CalculationKind.OPTIMIZATION
    for name, asked in describe(calculation).items():
        if name == "coordinates_angstrom" and is_optimization:
            continue
        if fields[name] != asked:
            message = f"The output is of another {name.replace('_', ' ')} than asked."
            return _failure(calculation, FailureKind.MISMATCH, message, f"{fields[name]!r} instead of {asked!r}")
    geometry = read_geometry(fields)
    numbers = [float(fields[name]) for name in ("energy_hartree", "cpu_seconds", "wall_seconds")]
    numbers += [value for position in geometry.coordinates_angstrom for value in position]
    shieldings = _read_shieldings(calculation, fields)
    numbers += [value for shielding in shieldings for row in shielding.tensor_ppm for value in row]
    gradient = _read_gradient(calculation, fields)
    numbers += [value for row in gradient or () for value in row]
    couplings = _read_couplings(calculation, fields)
    numbers += [coupling.coupling_hz for coupling in couplings]
    if not all(map(math.isfinite, numbers)):
        return _failure(calculation, FailureKind.MISMATCH, "The output holds a number that is none.", "NaN or infinity")
    result = CalculationResult(
        label=calculation.label,
        kind=calculation.kind,
        level=calculation.level,
        energy_hartree=numbers[0],
        geometry=geometry,
        shieldings=shieldings,
        program="pyscf",
        program_version=str(fields["program_version"]),
        ranks=1,
        cpu_seconds=numbers[1],
        wall_seconds=numbers[2],
        optimization_steps=int(fields["steps"]) if is_optimization else None,
        couplings=couplings,
        gradient=gradient,
    )
    doubt = doubt_result(result) or doubt_ground_state(
        fields["checks"],
        symbols=calculation.geometry.symbols,
        charge=calculation.charge,
        level=calculation.level,
    )
    if doubt is not None:
        return _failure(calculation, FailureKind.UNPHYSICAL, doubt.message, doubt.evidence)
    return result


def _read_shieldings(calculation: Calculation, fields: dict[str, Any]) -> tuple[Shielding, ...]:
    if calculation.kind is not CalculationKind.SHIELDING:
        return ()
    shieldings = []
    pairs = zip(calculation.geometry.symbols, fields["shieldings_ppm"], strict=True)
    for index, (symbol, rows) in enumerate(pairs):
        (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = [[float(value) for value in row] for row in rows]
        tensor: Tensor = ((xx, xy, xz), (yx, yy, yz), (zx, zy, zz))
        shieldings.append(
            Shielding(atom_index=index, symbol=symbol, isotropic_ppm=(xx + yy + zz) / 3, tensor_ppm=tensor)
        )
    return tuple(shieldings)


def _read_couplings(calculation: Calculation, fields: dict[str, Any]) -> tuple[PairCoupling, ...]:
    """Return the couplings of every pair of hydrogens. Raises ValueError where one is missing or too much."""
    if calculation.kind is not CalculationKind.COUPLINGS:
        return ()
    hydrogens = [index for index, symbol in enumerate(calculation.geometry.symbols) if symbol == "H"]
    pairs = list(combinations(hydrogens, 2))
    return tuple(
        PairCoupling(atom_indices=pair, coupling_hz=float(value))
        for pair, value in zip(pairs, fields["couplings_hz"], strict=True)
    )


def _read_gradient(calculation: Calculation, fields: dict[str, Any]) -> Matrix | None:
    if calculation.kind is not CalculationKind.GRADIENT:
        return None
    pairs = zip(calculation.geometry.symbols, fields["gradient"], strict=True)
    return tuple((float(x), float(y), float(z)) for _, (x, y, z) in pairs)


def _stated_failure(calculation: Calculation, text: str) -> CalculationFailure:
    """Return the failure that the worker named."""
    try:
        fields = json.loads(text)
        failure, message = FailureKind(fields["failure"]), str(fields["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        failure, message = FailureKind.UNKNOWN, "The worker failed."
    return _failure(calculation, failure, message[:1].upper() + message[1:].rstrip(".") + ".", text)


def _cut_off(calculation: Calculation, lines: list[str], exit_code: int | None) -> CalculationFailure:
    """Return why the output has no end."""
    told = (line for line in reversed(lines) if line.strip() and not line.startswith(GEOMETRY_PREFIX))
    evidence = next(told, "an empty output")
    if any("MemoryError" in line or "std::bad_alloc" in line for line in lines[-30:]):
        return _failure(calculation, FailureKind.MEMORY, "The process ran out of memory.", evidence)
    if exit_code is not None and exit_code < 0:
        return _failure(calculation, FailureKind.KILLED, f"Signal {-exit_code} ended the process.", evidence)
    if any("No module named" in line for line in lines[-30:]):
        return _failure(calculation, FailureKind.PARALLEL_START, "A Python package is missing.", evidence)
    return _failure(calculation, FailureKind.CUT_OFF, "The output ends before its end marker.", evidence)


def _failure(calculation: Calculation, failure: FailureKind, message: str, evidence: str) -> CalculationFailure:
    return CalculationFailure(
        label=calculation.label,
        kind=calculation.kind,
        failure=failure,
        message=message,
        evidence=evidence,
        hint=_HINTS.get(failure, ""),
    )


def _last(lines: list[str], prefix: str) -> str | None:
    return next((line[len(prefix) :] for line in reversed(lines) if line.startswith(prefix)), None)
