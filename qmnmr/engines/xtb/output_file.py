"""What an xTB optimisation printed: proved to be the one that was asked for, or a named failure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationResult, FailureKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.xtb.solvents import alpb_solvent
from qmnmr.known_failures import KnownFailure, find_known, readable

_VERSION = re.compile(rb"\* xtb version (?P<version>\S+)")
_HAMILTONIAN = re.compile(rb"\n *: +Hamiltonian +(?P<name>\S+) +:")
_SOLVENT = re.compile(rb"\* Solvation model: +(?P<model>\S+) *\n +Solvent +(?P<solvent>\S+)")
_CHARGE = re.compile(rb"\n *:: total charge +(?P<charge>-?\d+\.\d+) e ")
_CONVERGED = re.compile(rb"\*\*\* GEOMETRY OPTIMIZATION CONVERGED AFTER (?P<steps>\d+) (?:ITERATIONS|CYCLES) \*\*\*")
_ENERGY = re.compile(rb"\| TOTAL ENERGY +(?P<energy>-?\d+\.\d+) Eh +\|")
_STRUCTURE = re.compile(
    rb"\n final structure:\n=+\n *\d+ *\n[^\n]*\n(?P<atoms>(?: *[A-Z][a-z]?(?: +-?\d+\.\d+){3} *\n)+)"
)
_TIME = rb"\* +%s: +(?P<days>\d+) d, +(?P<hours>\d+) h, +(?P<minutes>\d+) min, +(?P<seconds>\d+\.\d+) sec"
_TOTAL = re.compile(rb"\n total: *\n " + _TIME % b"wall-time")
_TOTAL_CPU = re.compile(rb"\n total: *\n [^\n]*\n " + _TIME % b"cpu-time")
END_MARKER = b"normal termination of xtb"
_MAX_CHARGE_ERROR = 0.01


FORMAT_ERROR = KnownFailure(
    text=b"Missing comma between descriptors",
    kind=FailureKind.NOT_IMPLEMENTED,
    message="This build of xTB can't print the steps of its own optimiser (xTB 6.7.1 with libgfortran 15 or newer).",
    hint="qmnmr then uses xTB's L-BFGS optimiser; a newer build of xTB has the fault mended.",
)

# In this order: what is told in detail comes before what follows from it.
KNOWN_FAILURES: tuple[KnownFailure, ...] = (
    FORMAT_ERROR,
    KnownFailure(
        text=b"Self consistent charge iterator did not converge",
        kind=FailureKind.SCF_NOT_CONVERGED,
        message="xTB's charges did not converge.",
        hint="Check structure and charge.",
    ),
    KnownFailure(
        text=b"FAILED TO CONVERGE GEOMETRY OPTIMIZATION",
        kind=FailureKind.GEOMETRY_NOT_CONVERGED,
        message="xTB's optimisation ran out of steps.",
    ),
    KnownFailure(
        text=b"is not parametrized",
        kind=FailureKind.NOT_IMPLEMENTED,
        message="This version of xTB has no parameters for the solvent.",
    ),
    KnownFailure(text=b"[ERROR]", kind=FailureKind.UNKNOWN, message="xTB gave up."),
)


def read_output(
    calculation: Calculation, output: bytes, *, exit_code: int | None
) -> CalculationResult | CalculationFailure:
    """Return the result of an optimisation, or why there is none. Raises nothing.

    Neither exit code nor the file .xtboptok proves anything: xTB 6.5.1 ends with 0 and writes the file where the
    optimisation ran out of steps. The sentence "GEOMETRY OPTIMIZATION CONVERGED" does.
    """
    converged, structure, energy = _CONVERGED.search(output), _STRUCTURE.search(output), last_energy(output)
    if converged is None or structure is None or energy is None or END_MARKER not in output:
        return named_cause(calculation, output, exit_code=exit_code)
    run = read_run(output)
    if run is None:
        return named_failure(calculation, FailureKind.MISMATCH, "The output can't be read.", "no version or no times")
    geometry = _geometry(structure)
    mismatch = find_mismatch(calculation, output)
    if not mismatch and geometry.symbols != calculation.geometry.symbols:
        mismatch = "other atoms, or in another order"
    if mismatch:
        return named_failure(calculation, FailureKind.MISMATCH, "The output is of another calculation.", mismatch)
    return replace(
        plain_result(calculation, run, energy_hartree=energy),
        geometry=geometry,
        optimization_steps=int(converged["steps"]),
    )


def last_energy(output: bytes) -> float | None:
    """Return the energy of the last summary in hartree, None without one."""
    energies = _ENERGY.findall(output)
    return float(energies[-1]) if energies else None


def plain_result(calculation: Calculation, run: XtbRun, *, energy_hartree: float) -> CalculationResult:
    """Return what every task of xTB gives."""
    return CalculationResult(
        label=calculation.label,
        kind=calculation.kind,
        level=calculation.level,
        energy_hartree=energy_hartree,
        geometry=calculation.geometry,
        shieldings=(),
        program="xtb",
        program_version=run.version,
        ranks=1,
        cpu_seconds=run.cpu_seconds,
        wall_seconds=run.wall_seconds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class XtbRun:
    """Which xTB ran, and for how long."""

    version: str
    cpu_seconds: float
    wall_seconds: float


def read_run(output: bytes) -> XtbRun | None:
    """Return version and times, None where the output does not say."""
    version, wall, cpu = _VERSION.search(output), _seconds(_TOTAL, output), _seconds(_TOTAL_CPU, output)
    if version is None or wall is None or cpu is None:
        return None
    return XtbRun(version=version["version"].decode(), cpu_seconds=cpu, wall_seconds=wall)


def find_mismatch(calculation: Calculation, output: bytes) -> str:
    """Return what the output says of method, medium or charge that was not asked, empty if nothing."""
    hamiltonian = _HAMILTONIAN.search(output)
    if hamiltonian is None or hamiltonian["name"] != b"GFN2-xTB":
        return f"Hamiltonian {'not printed' if hamiltonian is None else hamiltonian['name'].decode()}, not GFN2-xTB"
    solvation, wanted = _SOLVENT.search(output), calculation.level.solvent
    found = "gas phase" if solvation is None else f"{solvation['model'].decode()} {solvation['solvent'].decode()}"
    asked = "gas phase" if wanted is None else f"ALPB {alpb_solvent(wanted).name}"
    if found.lower() != asked.lower():
        return f"{found}, not {asked}"
    charges = [float(m["charge"]) for m in _CHARGE.finditer(output)]
    if not charges or abs(charges[-1] - calculation.charge) > _MAX_CHARGE_ERROR:
        return f"charge {charges[-1] if charges else 'not printed'}, not {calculation.charge}"
    return ""


def _geometry(match: re.Match[bytes]) -> Geometry:
    rows = [line.split() for line in match["atoms"].decode().splitlines()]
    # As many decimals as the inputs of other programs carry.
    positions = tuple((_rounded(x), _rounded(y), _rounded(z)) for _, x, y, z in rows)
    return Geometry(symbols=tuple(row[0] for row in rows), coordinates_angstrom=positions)


def _rounded(text: str) -> float:
    return round(float(text), 8) + 0.0  # + 0.0: no minus zero


def _seconds(pattern: re.Pattern[bytes], output: bytes) -> float | None:
    match = pattern.search(output)
    if match is None:
        return None
    whole = (int(match["days"]) * 24 + int(match["hours"])) * 60 + int(match["minutes"])
    return whole * 60 + float(match["seconds"])


def named_cause(calculation: Calculation, output: bytes, *, exit_code: int | None) -> CalculationFailure:
    """Return why an output holds no result."""
    found = find_known(output, KNOWN_FAILURES)
    if found:
        known, line = found
        return named_failure(calculation, known.kind, known.message, line, known.hint)
    if exit_code in {-11, 139}:
        return named_failure(
            calculation,
            FailureKind.MEMORY,
            "xTB was ended by a segmentation fault, as happens when its stack is too small.",
            f"exit code {exit_code}",
            "Raise the hard limit of the stack (ulimit -H -s).",
        )
    if exit_code is not None and exit_code < 0:
        message = f"xTB was ended by signal {-exit_code}."
        return named_failure(calculation, FailureKind.KILLED, message, f"exit code {exit_code}")
    last = readable(output.rstrip().rsplit(b"\n", 1)[-1])
    return named_failure(
        calculation,
        FailureKind.CUT_OFF,
        "xTB's output ends before its end marker.",
        f"exit code {exit_code}, last line: {last}",
    )


def named_failure(
    calculation: Calculation, failure: FailureKind, message: str, evidence: str, hint: str = ""
) -> CalculationFailure:
    """Return a failure of this calculation."""
    return CalculationFailure(
        label=calculation.label, kind=calculation.kind, failure=failure, message=message, evidence=evidence, hint=hint
    )
