"""NWChem's shieldings with faster settings against the plain input: CPU time, and how far the numbers move.

    python bench/nwchem_tuning.py run [part of a title] [--limit N]     runs that are not stored yet
    python bench/nwchem_tuning.py table                                 every case and variant, as Markdown

A variant is the plain input with one thing changed. Each run is stored in bench/tuning.json with CPU seconds (the whole
process, one rank, one core), version and date, so that a batch goes on where it was stopped. `make bench` reports from
what is stored and runs nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from store import load

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.engines.facts import Allotment, Ended
from qmnmr.engines.nwchem.tuning import TUNED_GRIDS

HERE = Path(__file__).parent
STORE = HERE / "tuning.json"
AGREEMENT = HERE / "agreement" / "nwchem.json"
GEOMETRIES = (
    HERE / "agreement" / "geometries.json",
    HERE / "agreement" / "larger.json",
    HERE / "tuning_geometries.json",
)
CHARGES = {"acetate": -1, "methylammonium": 1}
LIMITS_PPM = {"C": 0.01, "H": 0.001}
MEMORY_MB = 2000

_GRID = " grid fine\n convergence energy 1e-8 density 1e-6 gradient 1e-5\n"
_TASK = "property\n shielding\nend\n"
_UNCHECKED = "set prop:nocheck .true.\n" + _TASK
VARIANTS: dict[str, dict[str, str]] = {
    "plain": {},
    "medium grid": {_GRID: _GRID.replace("fine", "medium"), _TASK: _UNCHECKED},
    "coarse grid": {_GRID: _GRID.replace("fine", "coarse"), _TASK: _UNCHECKED},
    "coarse grid, looser SCF": {_GRID: " grid coarse\n convergence energy 1e-7\n", _TASK: _UNCHECKED},
}
"""Name -> pieces of the plain input and what stands in their place."""
SHIPPED = "coarse grid"
CONVERGED_ORBITALS = ", converged orbitals"
"""Added to a variant's name: the same run again from its own orbitals, which is the most that any guess can save."""

CASES = (
    "ethanol b3lyp/6-31g* gas",
    "chloromethane b3lyp/6-31g* gas",
    "methylammonium b3lyp/6-31g* gas",
    "acetate b3lyp/6-31g* gas",
    "thiophene b3lyp/6-31g* gas",
    "ethanol b3lyp/6-31g* chloroform",
    "chloromethane b3lyp/6-31g* chloroform",
    "methylammonium b3lyp/6-31g* DMSO",
    "acetate b3lyp/6-31g* DMSO",
    "thiophene b3lyp/6-31g* chloroform",
    "acetone b3lyp/6-31g* gas",
    "ethanol b3lyp/def2-svp gas",
    "chloromethane wp04/6-31+g(d,p) chloroform",
    "ethanol wp04/6-31+g(d,p) chloroform",
    "cumene b3lyp/6-31g* gas",
)


def calculation(title: str) -> Calculation:
    """Return the shielding calculation of a title such as "ethanol b3lyp/6-31g* gas"."""
    name, level, medium = title.rsplit(" ", 2)
    functional, _, basis = level.partition("/")
    known = {k: v for path in GEOMETRIES for k, v in load(path).items()}
    rows = known[name]
    return Calculation(
        label=name,
        kind=CalculationKind.SHIELDING,
        geometry=Geometry(
            symbols=tuple(row[0] for row in rows), coordinates_angstrom=tuple((x, y, z) for _, x, y, z in rows)
        ),
        charge=CHARGES.get(name, 0),
        multiplicity=1,
        level=LevelOfTheory(functional=functional, basis=basis, spherical=True, solvent=find_solvent(medium)),
    )


def varied(text: str, variant: str) -> str:
    """Return the plain input with the changes of a variant. Raises ValueError where there is nothing to change."""
    for old, new in VARIANTS[variant].items():
        if old not in text:
            raise ValueError(f"the plain input has no {old!r}")
        text = text.replace(old, new)
    return text


def run(title: str, variant: str) -> dict[str, Any]:
    """Return one run as plain values."""
    asked, engine = calculation(title), get_engine("nwchem")
    base = variant.removesuffix(CONVERGED_ORBITALS)
    text = varied(engine.input_files(asked, Allotment(cores=1, memory_mb=MEMORY_MB))["input.nw"], base)
    with tempfile.TemporaryDirectory() as folder:
        output, cpu = _nwchem(Path(folder), text)
        if base != variant:
            output, cpu = _nwchem(Path(folder), text.replace(" mult 1\n", " mult 1\n vectors input calc.movecs\n"))
    result = engine.read_result(asked, Ended(output=output, exit_code=0))
    if not isinstance(result, CalculationResult):
        raise TypeError(f"{title}, {variant}: {result.message} {result.evidence}")
    return {
        "shieldings_ppm": [[s.symbol, round(s.isotropic_ppm, 4)] for s in result.shieldings],
        "cpu_seconds": round(cpu, 2),
        "version": f"nwchem {result.program_version}",
        "date": datetime.now(UTC).date().isoformat(),
    }


def _nwchem(folder: Path, text: str) -> tuple[bytes, float]:
    (folder / "input.nw").write_text(text, encoding="utf-8")
    environment = dict(os.environ, OMP_NUM_THREADS="1", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["mpirun", "-n", "1", "--bind-to", "none", "nwchem", "input.nw"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run_missing(wanted: str, variants: list[str], limit: int) -> None:
    """Run what is not stored yet, at most so many."""
    left = [(c, v) for c in CASES if wanted in c for v in variants if v not in _runs(c)]
    for title, variant in left[:limit]:
        row = run(title, variant)
        stored = load(STORE)
        stored.setdefault(title, {})[variant] = row
        blocks = []
        for case in sorted(stored):
            rows = ",\n".join(f"  {json.dumps(v)}: {json.dumps(r)}" for v, r in sorted(stored[case].items()))
            blocks.append(f" {json.dumps(case)}: {{\n{rows}\n }}")
        STORE.write_text("{\n" + ",\n".join(blocks) + "\n}\n", encoding="utf-8")
        sys.stdout.write(f"{title}, {variant}: {row['cpu_seconds']:.1f} CPU s\n")
        sys.stdout.flush()


def differences(case: str, variant: str) -> dict[str, float]:
    """Return by element how far the variant is from the plain input at most."""
    runs = _runs(case)
    largest: dict[str, float] = defaultdict(float)
    for (symbol, ours), (_, plain) in zip(
        runs[variant]["shieldings_ppm"], runs["plain"]["shieldings_ppm"], strict=True
    ):
        largest[symbol] = round(max(largest[symbol], abs(ours - plain)), 4)
    return dict(largest)


def _runs(case: str) -> dict[str, Any]:
    """Return the runs of a case by variant; the plain one may be that of bench/engine_agreement.py, the same input."""
    runs = load(STORE).get(case, {})
    plain = load(AGREEMENT).get(case)
    if "plain" not in runs and plain is not None:
        symbols = calculation(case).geometry.symbols
        rows = [list(pair) for pair in zip(symbols, plain["shieldings_ppm"], strict=True)]
        runs = {"plain": plain | {"shieldings_ppm": rows}, **runs}
    return runs


def measures() -> list[dict[str, Any]]:
    """Return the tuned input's share of the plain one's CPU time, and the largest differences, from what is stored."""
    chosen = [c for c in CASES if SHIPPED in _runs(c) and "plain" in _runs(c) and _functional(c) in TUNED_GRIDS]
    if not chosen:
        return []
    plain = sum(_runs(c)["plain"]["cpu_seconds"] for c in chosen)
    tuned = sum(_runs(c)[SHIPPED]["cpu_seconds"] for c in chosen)
    against = f"the plain input, {plain:.0f} CPU s, {len(chosen)} stored pairs (bench/tuning.json)"
    found = [_measure("tuned NWChem shieldings: share of the plain input's CPU time", tuned / plain, 0.7, against)]
    for symbol, limit in LIMITS_PPM.items():
        largest = max(differences(c, SHIPPED).get(symbol, 0.0) for c in chosen)
        found.append(_measure(f"tuned NWChem shieldings: largest change {symbol} ppm", largest, limit, against))
    return found


def _measure(name: str, value: float, goal: float, against: str) -> dict[str, Any]:
    return {"name": name, "value": round(value, 4), "goal": goal, "better": "lower", "against": against}


def _functional(case: str) -> str:
    return case.rsplit(" ", 2)[1].partition("/")[0]


def print_table() -> None:
    """Print every run beside the plain one, as Markdown."""
    sys.stdout.write("| case, variant | CPU s, plain | CPU s | share | largest change, ppm |\n|---|---|---|---|---|\n")
    for case in CASES:
        runs = _runs(case)
        for variant, row in runs.items():
            if variant == "plain" or "plain" not in runs:
                continue
            plain = runs["plain"]["cpu_seconds"]
            words = ", ".join(f"{s} {v:.4f}" for s, v in differences(case, variant).items())
            share = row["cpu_seconds"] / plain
            sys.stdout.write(f"| {case}, {variant} | {plain} | {row['cpu_seconds']} | {share:.2f} | {words} |\n")


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run")
    runner.add_argument("wanted", nargs="?", default="")
    runner.add_argument("--variants", default="/".join(VARIANTS), help="names, separated by /")
    runner.add_argument("--limit", type=int, default=10**6)
    commands.add_parser("table")
    arguments = parser.parse_args()
    if arguments.command == "table":
        print_table()
    else:
        run_missing(arguments.wanted, arguments.variants.split("/"), arguments.limit)


if __name__ == "__main__":
    main()
