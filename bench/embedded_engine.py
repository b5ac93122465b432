"""The embedded engine: CPU time against NWChem's for the same task, memory, and growth with the molecule's size.

    python bench/embedded_engine.py run [pyscf|nwchem] "phenol b3lyp/def2-svp"     one run, stored
    python bench/embedded_engine.py table                                          the stored runs

Every run is a process of its own on one core; CPU time is its user and system time with start-up, so that a busy
machine matters little. Runs that take minutes are stored in bench/agreement/larger_runs.json with version and date;
`make bench` runs ethanol now, and takes the others from there.
"""

from __future__ import annotations

import json
import math
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from store import load, save

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.engines.engine import Engine
from qmnmr.engines.facts import Allotment, Ended

MEMORY_MB = 2000
STORE = Path(__file__).parent / "agreement"
_PEAK = re.compile(rb"peak memory (?P<mb>\d+) MB")  # a line of the embedded engine's output
NOW = ("ethanol b3lyp/6-311+g(2d,p)", "ethanol b3lyp/def2-svp")
STORED = (
    "phenol b3lyp/6-311+g(2d,p)",
    "phenol b3lyp/def2-svp",
    "camphor b3lyp/def2-svp",
    "lidocaine b3lyp/def2-svp",
    "hydrocortisone acetate b3lyp/6-31g*",
)
SERIES = tuple(f"{name} b3lyp/def2-svp" for name in ("butane", "octane", "tridecane", "icosane"))


def geometries() -> dict[str, list[list[Any]]]:
    """Return the structures of this benchmark and of bench/engine_agreement.py: rows of element, x, y, z."""
    files = (STORE / "geometries.json", STORE / "larger.json")
    return {name: rows for file in files for name, rows in json.loads(file.read_text(encoding="utf-8")).items()}


def calculation(title: str) -> Calculation:
    """Return the shielding calculation of a title such as "phenol b3lyp/def2-svp"."""
    name, _, level = title.rpartition(" ")
    functional, _, basis = level.partition("/")
    rows = geometries()[name]
    return Calculation(
        label=name,
        kind=CalculationKind.SHIELDING,
        geometry=Geometry(
            symbols=tuple(row[0] for row in rows), coordinates_angstrom=tuple((x, y, z) for _, x, y, z in rows)
        ),
        charge=0,
        multiplicity=1,
        level=LevelOfTheory(functional=functional, basis=basis, spherical=True, solvent=None),
    )


def run(engine: Engine, asked: Calculation) -> tuple[CalculationResult, float, float]:
    """Return the result, CPU seconds and peak memory in MB (0: not printed)."""
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    environment |= {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    allotment = Allotment(cores=1, memory_mb=MEMORY_MB)
    command = engine.command(asked, allotment)
    if engine.facts.uses_mpi:
        command = ("mpirun", "--bind-to", "none", *command[1:])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in engine.input_files(asked, allotment).items():
            (Path(folder) / name).write_text(text)
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = engine.read_result(asked, Ended(output=done.stdout, exit_code=done.returncode))
    if not isinstance(result, CalculationResult):
        raise TypeError(f"{engine.facts.name}, {asked.label}: {result.message} {result.evidence}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = _PEAK.search(done.stdout)
    return result, cpu, float(peak["mb"]) if peak else 0.0


def measure(engine_name: str, title: str) -> dict[str, Any]:
    """Return one run as plain values."""
    asked, started = calculation(title), time.monotonic()
    result, cpu, memory_mb = run(get_engine(engine_name), asked)
    return {
        "symbols": "".join(dict.fromkeys(asked.geometry.symbols)),
        "atoms": len(asked.geometry.symbols),
        "shieldings_ppm": [[s.symbol, round(s.isotropic_ppm, 5)] for s in result.shieldings],
        "cpu_seconds": round(cpu, 2),
        "wall_seconds": round(time.monotonic() - started),
        "peak_memory_mb": memory_mb,
        "version": result.program_version,
        "date": datetime.now(UTC).date().isoformat(),
    }


def store(engine_name: str, title: str) -> None:
    """Run once and keep it."""
    runs = _stored() | {f"{engine_name} {title}": measure(engine_name, title)}
    save(STORE / "larger_runs.json", runs)


def _stored() -> dict[str, Any]:
    return load(STORE / "larger_runs.json")


def _measure(name: str, value: float, *, goal: float | None = None, against: str = "") -> dict[str, Any]:
    return {"name": name, "value": value, "goal": goal, "better": "lower", "against": against}


def compare(title: str, ours: dict[str, Any], theirs: dict[str, Any] | None, *, when: str = "") -> list[dict[str, Any]]:
    """Return the measures of one task."""
    found = [
        _measure(f"{title}: CPU s, embedded engine", ours["cpu_seconds"], against=when),
        _measure(f"{title}: peak memory MB", ours["peak_memory_mb"], goal=2000, against=when),
    ]
    if theirs is None:
        return found
    against = f"NWChem {theirs['version']}, {theirs['cpu_seconds']:.1f} CPU s{when}"
    share = round(ours["cpu_seconds"] / theirs["cpu_seconds"], 3)
    found.append(_measure(f"{title}: share of NWChem's CPU time", share, goal=0.10, against=against))
    largest = differences(ours, theirs)
    for element, goal in (("C", 0.02), ("H", 0.002)):
        found.append(
            _measure(
                f"{title}: largest difference {element} ppm", round(largest[element], 4), goal=goal, against=against
            )
        )
    return found


def differences(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, float]:
    """Return the largest difference of the shieldings for each element."""
    largest: dict[str, float] = {}
    for (symbol, a), (_, b) in zip(ours["shieldings_ppm"], theirs["shieldings_ppm"], strict=True):
        largest[symbol] = max(largest.get(symbol, 0.0), abs(a - b))
    return largest


def growth(runs: list[dict[str, Any]]) -> float:
    """Return the power of the number of atoms with which CPU time grows: the slope of the logarithms."""
    sizes, times = ([math.log(run[name]) for run in runs] for name in ("atoms", "cpu_seconds"))
    return statistics.linear_regression(sizes, times).slope


def measures() -> list[dict[str, Any]]:
    """Return all measures: some runs now, the others as stored."""
    found = []
    has_nwchem = all(shutil.which(program) for program in ("nwchem", "mpirun"))
    for title in NOW:
        found += compare(title, measure("pyscf", title), measure("nwchem", title) if has_nwchem else None)
    runs = _stored()
    for title in STORED:
        ours, theirs = runs.get(f"pyscf {title}"), runs.get(f"nwchem {title}")
        if ours is not None:
            found += compare(title, ours, theirs, when=_when(ours))
    series = [runs[f"pyscf {title}"] for title in SERIES if f"pyscf {title}" in runs]
    for title, run in zip(SERIES, series, strict=False):
        found += compare(title, run, None, when=_when(run))
    if len(series) > 1:
        words = f"B3LYP/def2-SVP, {', '.join(str(run['atoms']) for run in series)} atoms{_when(series[-1])}"
        found.append(_measure("n-alkanes: power of growth with size", round(growth(series), 2), goal=3, against=words))
    return found


def print_table() -> None:
    """Print the stored runs as Markdown."""
    runs = _stored()
    print("| molecule, level | atoms | CPU s | peak memory, MB | NWChem CPU s | share | difference in ppm |")
    print("|---|---|---|---|---|---|---|")
    ours = sorted((run["atoms"], title.removeprefix("pyscf ")) for title, run in runs.items() if "pyscf " in title)
    for atoms, title in ours:
        run, theirs = runs[f"pyscf {title}"], runs.get(f"nwchem {title}")
        cells = [title.replace("*", r"\*"), str(atoms), f"{run['cpu_seconds']:.1f}", f"{run['peak_memory_mb']:.0f}"]
        if theirs is None:
            cells += [""] * 3
        else:
            share = run["cpu_seconds"] / theirs["cpu_seconds"]
            largest = ", ".join(f"{element} {value:.4f}" for element, value in differences(run, theirs).items())
            cells += [f"{theirs['cpu_seconds']:.1f}", f"{share:.3f}", largest]
        print(f"| {' | '.join(cells)} |")
    series = [runs[f"pyscf {title}"] for title in SERIES if f"pyscf {title}" in runs]
    sizes = ", ".join(str(run["atoms"]) for run in series)
    print(f"\nPower of growth over the n-alkanes ({sizes} atoms): {growth(series):.2f}")


def _when(run: dict[str, Any]) -> str:
    return f", stored {run['date']}, PySCF {run['version']}"


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        store(sys.argv[2], sys.argv[3])
    elif sys.argv[1:] == ["table"]:
        print_table()
    else:
        for line in measures():
            sys.stdout.write(f"{line['name']}: {line['value']} (goal {line['goal']}) {line['against']}\n")
