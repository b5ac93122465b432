"""Molecules of 11 to 30 heavy atoms: the embedded engine at several memories, and against four-centre integrals.

    python bench/large_molecules.py exact indigo C               a reference with exact integrals (37 CPU min)
    python bench/large_molecules.py fitted indigo C 2000 16000   the engine's own at these memories in MB
    python bench/large_molecules.py table                        all stored ones beside each other

The levels are `standard`'s, for C and for H, in chloroform; the geometries are GFN2-xTB's, one of menthol besides lies
near the minimum of `standard`'s optimisation. References share neither factors nor fitted GIAO terms with what they
are held against; they begin with the fitted density and go on to the same convergence. Of 30 heavy atoms a rod is
taken, whose integrals are fewest. `make bench` computes menthol now (three minutes), and takes the others from
bench/agreement/large_molecules.json.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from store import load, save

from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.engines import get_engine
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol

STORE = Path(__file__).parent / "agreement"
GEOMETRIES = STORE / "large_molecules_geometries.json"
RUNS = STORE / "large_molecules.json"
MEMORIES_MB = (2000, 16000)
NOW = ("menthol", "C")
LIMITS_PPM = {"C": 0.02, "H": 0.002}


def calculation(name: str, element: str) -> Calculation:
    """Return the shielding calculation of `standard` for this element."""
    rows = json.loads(GEOMETRIES.read_text(encoding="utf-8"))[name]
    protocol = get_protocol("standard", solvent=CHLOROFORM)
    return Calculation(
        label=f"{name}-{element}",
        kind=CalculationKind.SHIELDING,
        geometry=Geometry(
            symbols=tuple(row[0] for row in rows), coordinates_angstrom=tuple((x, y, z) for _, x, y, z in rows)
        ),
        charge=0,
        multiplicity=1,
        level=protocol.shielding_level(element),
    )


def run_exact(asked: Calculation) -> dict[str, Any]:
    """Return energy and isotropic shieldings with four-centre integrals."""
    from qmnmr.engines.pyscf.field.scf import Accuracy, solve_ground_state
    from qmnmr.engines.pyscf.giao.shielding_task import calculate_shieldings
    from qmnmr.engines.pyscf.molecule import build_molecule

    began = time.process_time()
    mol = build_molecule(asked, memory_mb=MEMORIES_MB[1])
    guess = solve_ground_state(mol, asked.level, accuracy=Accuracy()).density
    print(f"{asked.label}: fitted density after {time.process_time() - began:.0f} CPU s", flush=True)
    mol.max_memory = 2000  # integrals as they come
    accuracy = Accuracy(is_fitted=False)
    state = solve_ground_state(mol, asked.level, accuracy=accuracy, guess=guess)
    print(f"{asked.label}: {state.energy_hartree:.8f} after {time.process_time() - began:.0f} CPU s", flush=True)
    tensors = calculate_shieldings(state, accuracy=accuracy).tensors_ppm
    return {
        "energy_hartree": state.energy_hartree,
        "shieldings_ppm": [round(float(value), 5) for value in np.trace(tensors, axis1=1, axis2=2) / 3],
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def run_fitted(asked: Calculation, *, memory_mb: int) -> dict[str, Any]:
    """Return what the engine gives through its own door."""
    with tempfile.TemporaryDirectory() as name, ScratchFolder.create(Path(name)) as scratch:
        workplace = Workplace(engine=get_engine("pyscf"), scratch=scratch, programs=Programs(scratch))
        store = MoleculeFolder(Path(name) / "store")
        resources = Resources(cores=1, memory_mb=memory_mb)
        found = run_calculation(
            asked, workplace=workplace, store=store, cores=resources.cores, memory_mb=memory_mb, max_remedies=0
        )
    if not isinstance(found, CalculationResult):
        sys.exit(str(found))
    return {
        "energy_hartree": found.energy_hartree,
        "shieldings_ppm": [round(s.isotropic_ppm, 5) for s in found.shieldings],
        "cpu_seconds": round(found.cpu_seconds, 1),
    }


def largest_differences(first: dict[str, Any], second: dict[str, Any], symbols: tuple[str, ...]) -> dict[str, float]:
    """Return the largest difference of two runs in ppm by element."""
    apart = np.abs(np.array(first["shieldings_ppm"]) - np.array(second["shieldings_ppm"]))
    return {e: float(max(a for a, s in zip(apart, symbols, strict=True) if s == e)) for e in dict.fromkeys(symbols)}


def table() -> None:
    """Print the stored runs beside each other."""
    runs = load(RUNS)
    for key, run in runs.items():
        name, element, how = key.split("|")
        line = f"{name:22s} {element}  {how:10s} {run['energy_hartree']:.7f} hartree, {run['cpu_seconds']:7.0f} CPU s"
        for title, other in (("exact", "exact"), ("plenty", f"{plenty_mb(runs, name, element)} MB")):
            beside = runs.get(f"{name}|{element}|{other}")
            if beside and how not in ("exact", other):
                apart = largest_differences(run, beside, calculation(name, element).geometry.symbols)
                line += f"; to {title} " + ", ".join(f"{e} {d:.5f}" for e, d in apart.items()) + " ppm"
        print(line)


def plenty_mb(runs: dict[str, Any], name: str, element: str) -> int:
    """Return the largest memory, in MB, that a molecule was computed with; 0 if none."""
    own = [key.split("|")[2] for key in runs if key.startswith(f"{name}|{element}|") and key.endswith(" MB")]
    return max((int(memory.removesuffix(" MB")) for memory in own), default=0)


def measures() -> list[dict[str, Any]]:
    """Compute one molecule at the smaller memory now, and hold all stored runs together."""
    name, element = NOW
    asked, runs = calculation(name, element), load(RUNS)
    largest = plenty_mb(runs, name, element)
    few, plenty = run_fitted(asked, memory_mb=MEMORIES_MB[0]), runs[f"{name}|{element}|{largest} MB"]
    now = _measure(
        f"{name}, {element}: largest change of a shielding from {MEMORIES_MB[0]} MB, now, to {largest} MB, ppm",
        largest_differences(few, plenty, asked.geometry.symbols)[element],
        goal=0.001,
        against=f"the same calculation with plenty of memory, {plenty['date'][:10]}",
    )
    return [now, *stored_measures()]


def stored_measures() -> list[dict[str, Any]]:
    """Hold every stored run against the one with most memory, and that against four-centre integrals."""
    found, runs = [], load(RUNS)
    for key, run in runs.items():
        name, element, how = key.split("|")
        if how == "exact":
            continue
        symbols = calculation(name, element).geometry.symbols
        largest = plenty_mb(runs, name, element)
        against = f"both stored, {run['date'][:10]}"
        if how != f"{largest} MB":
            plenty = runs[f"{name}|{element}|{largest} MB"]
            title = f"{name}, {element}: largest change of a shielding from {how} to {largest} MB, ppm"
            value = largest_differences(run, plenty, symbols)[element]
            found.append(_measure(title, value, goal=0.001, against=against))
        if reference := runs.get(f"{name}|{element}|exact"):
            title = f"{name}, {element}: largest difference to four-centre integrals at {how}, ppm"
            value = largest_differences(run, reference, symbols)[element]
            found.append(_measure(title, value, goal=LIMITS_PPM[element], against=against))
    return found


def _measure(name: str, value: float, *, goal: float, against: str) -> dict[str, Any]:
    return {"name": name, "value": round(value, 5), "goal": goal, "better": "lower", "against": against}


def _keep(key: str, run: dict[str, Any]) -> None:
    versions = f"pyscf {metadata.version('pyscf')}, qmnmr {metadata.version('qmnmr')}"
    run |= {"date": datetime.now(UTC).isoformat(timespec="seconds"), "versions": versions}
    save(RUNS, load(RUNS) | {key: run})


def main() -> int:
    """Run or print."""
    if sys.argv[1:] == ["table"]:
        table()
        return 0
    how, name, element, *memories = sys.argv[1:]
    asked = calculation(name, element)
    if how == "exact":
        _keep(f"{name}|{element}|exact", run_exact(asked))
        return 0
    for memory_mb in map(int, memories):
        _keep(f"{name}|{element}|{memory_mb} MB", run_fitted(asked, memory_mb=memory_mb))
    return 0


if __name__ == "__main__":
    sys.exit(main())
