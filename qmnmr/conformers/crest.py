"""CREST's text: the command line that asks, and what its files prove.

CREST (Pracht, Bohle, Grimme, PCCP 2020, 22, 7169) samples conformers by metadynamics at GFN2-xTB. Written for 3.0.2
and 2.12. Read on recorded outputs of 3.0.2; see docs/how-to/conformers.md for what was not run.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from qmnmr.datatypes.calculation import FailureKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.known_failures import KnownFailure, find_known, readable

PROGRAM = "crest"
STRUCTURE_FILE = "input.xyz"
ENSEMBLE_FILE = "crest_conformers.xyz"
ROTAMER_FILE = "crest_rotamers.xyz"
MAX_TRIES = 3

NO_TOPOLOGY_CHECK = "--noreftopo"  # qmnmr compares bonds and stereo of every conformer itself
LEGACY = "--legacy"  # CREST 3 then drives the program xtb, as CREST 2 did

_VERSION = re.compile(rb"\n +Version +(?P<version>\d[\w.]*)")
_ECHO = re.compile(rb"\n Command line input:\n [$>] (?P<command>[^\n]+)")
_COUNT = re.compile(rb"number of unique conformers for further calc +(?P<count>\d+)")
_WALL = re.compile(
    rb"\n CREST runtime \(total\) +(?P<days>\d+) d, +(?P<hours>\d+) h, +(?P<minutes>\d+) min, +(?P<seconds>[\d.]+) sec"
)
_END = b"CREST terminated normally."
_HEADER = re.compile(rb" *(?P<count>\d+) *\n *(?P<energy>-?\d+\.\d+)[^\n]*\n")

# classes.f90 of CREST 3
_EXIT_CODES = {
    1: "an error",
    2: "an error of reading or writing",
    4: "wrong arguments",
    10: "wrong input",
    20: "a wrong configuration",
    155: "a failed calculation",
    156: "a safety stop",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrestEnsemble:
    """The conformers of a finished search, lowest first; energies are GFN2-xTB's in the search's medium."""

    version: str
    geometries: tuple[Geometry, ...]
    energies_hartree: tuple[float, ...]
    wall_seconds: float
    rotamers: tuple[tuple[Geometry, float], ...] = ()  # with energies; all structures of which conformers are a choice


@dataclass(frozen=True, slots=True, kw_only=True)
class CrestFailure:
    """Why a search gave nothing, and the option that may help."""

    failure: FailureKind
    message: str
    evidence: str
    remedy: str = ""


_FAILURES: dict[KnownFailure, str] = {
    KnownFailure(
        text=b"Compiled without tblite support",
        kind=FailureKind.NOT_IMPLEMENTED,
        message="This CREST was built without tblite: it can run GFN2-xTB through the program xtb only.",
    ): LEGACY,
    KnownFailure(
        text=b"Change in topology",
        kind=FailureKind.STRUCTURE_CHANGED,
        message="CREST's first optimisation changed the bonds.",
    ): NO_TOPOLOGY_CHECK,
    KnownFailure(
        text=b"Initial geometry optimization failed",
        kind=FailureKind.GEOMETRY_NOT_CONVERGED,
        message="CREST's first optimisation failed.",
    ): LEGACY,
    KnownFailure(
        text=b"empty ensemble", kind=FailureKind.UNKNOWN, message="No structure was left in CREST's ensemble."
    ): NO_TOPOLOGY_CHECK,
    KnownFailure(text=b"terminated with failures", kind=FailureKind.UNKNOWN, message="CREST ended with failures."): "",
    KnownFailure(text=b"ERROR STOP", kind=FailureKind.UNKNOWN, message="CREST crashed."): "",
}
"""What is known to go wrong, and the option that may help. The first and the last were seen in recorded outputs; the
others are in CREST's source."""


def crest_arguments(
    *,
    charge: int,
    multiplicity: int,
    alpb: str | None,
    window_kcal_per_mol: float,
    threads: int,
    extra: tuple[str, ...],
) -> tuple[str, ...]:
    """Return CREST's arguments; `alpb` is xTB's word for the solvent, None the gas phase; `extra` the ladder's."""
    medium = () if alpb is None else ("--alpb", alpb)
    return (
        *(STRUCTURE_FILE, "--gfn2", *medium, "--chrg", str(charge), "--uhf", str(multiplicity - 1)),
        *("--ewin", f"{window_kcal_per_mol:g}", "-T", str(threads), *extra),
    )


def next_option(failure: CrestFailure, *, tried: Collection[str], has_xtb: bool) -> str | None:
    """Return the option of the next try: the failure's remedy, else one not tried yet; None at the ladder's end.

    Without the program xtb, `--legacy` can't help.
    """
    ladder = (failure.remedy, NO_TOPOLOGY_CHECK, LEGACY)
    return next((o for o in ladder if o and o not in tried and (o != LEGACY or has_xtb)), None)


def read_ensemble(
    output: bytes, ensemble: bytes | None, *, arguments: tuple[str, ...], symbols: tuple[str, ...], exit_code: int
) -> CrestEnsemble | CrestFailure:
    """Return the conformers that a finished search left, or why they don't count. Raises nothing.

    An ensemble file alone proves nothing: CREST writes one at every stage, and may die later. What counts is exit code
    0, the closing line, the very arguments in CREST's echo, and as many structures as CREST says, of our atoms.
    """
    if exit_code != 0 or _END not in output:
        return _failure(output, exit_code)
    echo, version, wall = _ECHO.search(output), _VERSION.search(output), _WALL.search(output)
    if echo is None or version is None or wall is None:
        return _mismatch("CREST's output can't be read.", "no version, no command or no time")
    if tuple(echo["command"].decode("utf-8", "replace").split()[1:]) != arguments:
        found = echo["command"].decode("utf-8", "replace").strip()
        return _mismatch("CREST's output is of another search.", f"{found}, not {' '.join(arguments)}")
    try:
        structures = read_structures(ensemble or b"")
        _check(structures, symbols=symbols, counts=[int(m["count"]) for m in _COUNT.finditer(output)])
    except ValueError as error:
        return _mismatch("CREST's ensemble can't be read.", f"{ENSEMBLE_FILE}: {error}")
    days, hours, minutes = int(wall["days"]), int(wall["hours"]), int(wall["minutes"])
    return CrestEnsemble(
        version=version["version"].decode(),
        geometries=tuple(geometry for geometry, _ in structures),
        energies_hartree=tuple(energy for _, energy in structures),
        wall_seconds=((days * 24 + hours) * 60 + minutes) * 60 + float(wall["seconds"]),
    )


def _check(structures: list[tuple[Geometry, float]], *, symbols: tuple[str, ...], counts: list[int]) -> None:
    """Raise ValueError if the ensemble is not of our atoms, or not as large as the output says."""
    if not counts or len(structures) != counts[-1]:
        raise ValueError(f"{len(structures)} structures, not {counts[-1] if counts else 'a number that was printed'}")
    if any(geometry.symbols != symbols for geometry, _ in structures):
        raise ValueError("other atoms, or in another order")


def read_structures(data: bytes) -> list[tuple[Geometry, float]]:
    """Return geometries and energies (hartree) of CREST's XYZ. Raises ValueError where it is cut or no number."""
    found: list[tuple[Geometry, float]] = []
    position = 0
    while data[position:].strip():
        header = _HEADER.match(data, position)
        if header is None:
            raise ValueError(f"structure {len(found) + 1} has no count and energy")
        lines = data[header.end() :].split(b"\n", int(header["count"]))
        rows = [line.split() for line in lines[:-1]]
        if len(lines) != int(header["count"]) + 1 or any(len(row) != 4 for row in rows):
            raise ValueError(f"structure {len(found) + 1} is cut")
        geometry = Geometry(
            symbols=tuple(row[0].decode("ascii", "replace") for row in rows),
            coordinates_angstrom=tuple((_number(x), _number(y), _number(z)) for _, x, y, z in rows),
        )
        found.append((geometry, float(header["energy"])))
        position = len(data) - len(lines[-1])
    return found


def read_rotamers(data: bytes, *, symbols: tuple[str, ...]) -> tuple[tuple[Geometry, float], ...]:
    """Return the structures of CREST's list of rotamers; nothing where it is not of our atoms or can't be read.

    It only confirms what the molecule's graph says, so that a broken one is no failure.
    """
    try:
        found = read_structures(data)
    except ValueError:
        return ()
    return tuple(found) if all(geometry.symbols == symbols for geometry, _ in found) else ()


def _number(text: bytes) -> float:
    return round(float(text), 8) + 0.0  # + 0.0: no minus zero


def _failure(output: bytes, exit_code: int) -> CrestFailure:
    if found := find_known(output, _FAILURES):
        known, line = found
        return CrestFailure(
            failure=known.kind,
            message=known.message,
            evidence=f"exit code {exit_code}: {line}",
            remedy=_FAILURES[known],
        )
    if exit_code < 0:
        message = f"CREST was ended by signal {-exit_code}."
        return CrestFailure(failure=FailureKind.KILLED, message=message, evidence=f"exit code {exit_code}")
    if exit_code in _EXIT_CODES:
        message = f"CREST ended with {_EXIT_CODES[exit_code]}."
        return CrestFailure(failure=FailureKind.UNKNOWN, message=message, evidence=f"exit code {exit_code}")
    last = readable(output.rstrip().rsplit(b"\n", 1)[-1])
    message = "CREST's output ends before its closing line."
    return CrestFailure(
        failure=FailureKind.CUT_OFF, message=message, evidence=f"exit code {exit_code}, last line: {last}"
    )


def _mismatch(message: str, evidence: str) -> CrestFailure:
    return CrestFailure(failure=FailureKind.MISMATCH, message=message, evidence=evidence)
