"""DFT optimisations from the force field's geometry, and from xTB's with xTB's Hessian: steps and CPU time.

    python bench/xtb_start.py run [--engine pyscf|nwchem] [--limit N]      optimisations that are not stored yet

The start is the lowest conformer of RDKit's search (MMFF94s), or the same after GFN2-xTB, as the funnel runs it. Each
run is kept in bench/xtb_start.json with steps, CPU seconds, version and date, so that a batch goes on where it was
stopped. `make bench` reports from what is stored and runs nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from store import load, save

from qmnmr.datatypes.calculation import Calculation, CalculationResult
from qmnmr.datatypes.molecule import Conformer, Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.engines import get_engine
from qmnmr.engines.engine import Engine
from qmnmr.engines.start_hessian import start_hessian
from qmnmr.engines.xtb.engine import XtbEngine
from qmnmr.engines.xtb.hessian import XtbHessianEngine
from qmnmr.funnel.ranking import ranking_calculation
from qmnmr.funnel.searching.search import search_conformers
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol
from qmnmr.structures import read_molecules

STORE = Path(__file__).parent / "xtb_start.json"
MOLECULES = {
    "methanol": "CO",
    "formamide": "NC=O",
    "formic acid": "OC=O",
    "acetaldehyde": "CC=O",
    "ethanol": "CCO",
    "methyl formate": "COC=O",
    "methylamine": "CN",
    "1,2-dichloroethane": "ClCCCl",
    "2-fluoroethanol": "OCCF",
    "glycolaldehyde": "OCC=O",
    "n-hexane": "CCCCCC",
    "alanine methyl ester": "COC(=O)[C@H](C)N",
}
XTB = "GFN2-xTB with its Hessian"
STARTS = ("MMFF94s", XTB)
GOAL = 0.5


def run_missing(engine_name: str, limit: int) -> None:
    """Run what is not stored yet, at most so many optimisations."""
    protocol = get_protocol("draft", solvent=None)
    left = [(n, s) for n in MOLECULES for s in STARTS if s not in load(STORE).get(_key(n, engine_name), {})]
    for name, start in left[:limit]:
        (molecule,) = read_molecules([MOLECULES[name]])
        result = _optimize(molecule, protocol, engine_name, is_from_xtb=start == XTB)
        stored = load(STORE)
        stored.setdefault(_key(name, engine_name), {})[start] = {
            "steps": result.optimization_steps,
            "cpu_seconds": round(result.cpu_seconds, 2),
            "energy_hartree": result.energy_hartree,
            "version": f"{result.program} {result.program_version}",
            "date": datetime.now(UTC).date().isoformat(),
        }
        save(STORE, stored)
        sys.stdout.write(f"{name}, {start}: {result.optimization_steps} steps, {result.cpu_seconds:.1f} CPU s\n")
        sys.stdout.flush()


def _optimize(molecule: Molecule, protocol: Protocol, engine_name: str, *, is_from_xtb: bool) -> CalculationResult:
    conformer = search_conformers(molecule, protocol).conformers[0]
    hessian = None
    with _workplace() as (workplace, store):
        if is_from_xtb:
            ranked = _run(ranking_calculation(molecule, conformer, protocol), workplace, store, XtbEngine())
            conformer = Conformer(label="c001", geometry=ranked.geometry, energy_hartree=None)
            found = _run(protocol.hessian_step.of(conformer, molecule), workplace, store, XtbHessianEngine())
            hessian = None if found.hessian is None else start_hessian(found.hessian, found.geometry)
        asked = replace(protocol.optimization_step.of(conformer, molecule), start_hessian=hessian)
        return _run(asked, workplace, store, get_engine(engine_name))


@contextmanager
def _workplace() -> Iterator[tuple[Workplace, MoleculeFolder]]:
    with TemporaryDirectory() as folder, ScratchFolder.create(Path(folder)) as scratch:
        workplace = Workplace(engine=XtbEngine(), scratch=scratch, programs=Programs(scratch))
        yield workplace, MoleculeFolder(Path(folder) / "store")


def _run(asked: Calculation, workplace: Workplace, store: MoleculeFolder, engine: Engine) -> CalculationResult:
    outcome = run_calculation(asked, workplace=replace(workplace, engine=engine), store=store, cores=1, memory_mb=2000)
    if not isinstance(outcome, CalculationResult):
        raise TypeError(f"{asked.label}: {outcome.message} {outcome.evidence}")
    return outcome


def _key(name: str, engine_name: str) -> str:
    return f"{name}, {engine_name} b3lyp/6-31g* gas"


def measures() -> list[dict[str, Any]]:
    """Return by engine and level the share of steps and of CPU time that is left with xTB's geometries."""
    found = []
    by_method: dict[str, list[dict[str, Any]]] = {}
    for key, row in sorted(load(STORE).items()):
        if set(STARTS) <= set(row):
            by_method.setdefault(key.rpartition(", ")[2], []).append(row)
    for method, pairs in by_method.items():
        before, after = ([row[start] for row in pairs] for start in STARTS)
        for what, key, goal in (("steps", "steps", GOAL), ("CPU time", "cpu_seconds", None)):
            found.append(
                {
                    "name": f"DFT optimisations begun with xTB, {method}: share of the {what}",
                    "value": round(sum(r[key] for r in after) / sum(r[key] for r in before), 3),
                    "goal": goal,
                    "better": "lower",
                    "against": f"from MMFF94s, {len(pairs)} stored molecules (bench/xtb_start.json)",
                }
            )
    return found


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    runner = parser.add_subparsers(dest="command", required=True).add_parser("run")
    runner.add_argument("--engine", default="pyscf")
    runner.add_argument("--limit", type=int, default=10**6)
    arguments = parser.parse_args()
    run_missing(arguments.engine, arguments.limit)


if __name__ == "__main__":
    main()
