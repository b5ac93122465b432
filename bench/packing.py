"""Eight small NWChem calculations on two cores: side by side, as qmnmr runs them, and one after another on two ranks.

    python bench/packing.py run [molecule]      one measurement, kept in bench/packing.json

Rates are by wall time, so the machine must have nothing else to do; how much of it others used meanwhile is measured
and told. `make bench` measures now where NWChem is installed, else it takes what is stored.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from nwchem_tuning import calculation

from qmnmr.datatypes.calculation import Calculation, CalculationFailure
from qmnmr.datatypes.job import Resources
from qmnmr.engines import get_engine
from qmnmr.funnel.side_by_side import run_calculations
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder

STORE = Path(__file__).parent / "packing.json"
MOLECULE = "chloromethane"
COUNT, CORES = 8, 2
QUIET = 0.1
"""Share of the cores that others may use before a measurement says little."""


def measure(molecule: str) -> dict[str, Any]:
    """Return wall seconds of one calculation alone, of all side by side, and of all one after another on two ranks."""
    asked = calculation(f"{molecule} b3lyp/6-31g* gas")
    wanted = [replace(asked, label=f"c{k:03d}-shielding") for k in range(1, COUNT + 1)]
    began, busy = time.monotonic(), _busy_seconds()
    used = _own_seconds()
    with tempfile.TemporaryDirectory() as folder, ScratchFolder.create(Path(folder)) as scratch:
        workplace = Workplace(engine=get_engine("nwchem"), scratch=scratch, programs=Programs(scratch))

        def run(calculations: list[Calculation], *, cores: int, store: str) -> None:
            outcomes = run_calculations(
                calculations,
                workplace.engine,
                workplace=workplace,
                store=MoleculeFolder(Path(folder) / store),
                budget=CoreBudget(Resources(cores=cores, memory_mb=1000 * cores)),
                tell=lambda *_: None,
            )
            failed = [o for o in outcomes if isinstance(o, CalculationFailure)]
            if failed:
                raise RuntimeError(f"{failed[0].label}: {failed[0].message} {failed[0].evidence}")

        alone = _wall(lambda: run(wanted[:1], cores=1, store="alone"))
        packed = _wall(lambda: run(wanted, cores=CORES, store="packed"))
        serial = sum(_wall(partial(run, [one], cores=CORES, store="serial")) for one in wanted)
    wall = time.monotonic() - began
    others = (_busy_seconds() - busy) - (_own_seconds() - used)
    return {
        "molecule": molecule,
        "alone_seconds": round(alone, 2),
        "side_by_side_seconds": round(packed, 2),
        "two_ranks_seconds": round(serial, 2),
        "share_of_others": round(max(0.0, others) / (wall * (os.cpu_count() or 1)), 3),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "date": datetime.now(UTC).date().isoformat(),
    }


def _wall(work: Callable[[], None]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _own_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in usages)


def _busy_seconds() -> float:
    """Return the CPU seconds of all processes since the machine started (proc(5): no idle, no iowait)."""
    fields = [int(f) for f in Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def measures() -> list[dict[str, Any]]:
    """Return the efficiency of eight calculations side by side, and their time beside that of two ranks."""
    if all(shutil.which(program) for program in ("nwchem", "mpirun")) and (os.cpu_count() or 1) >= CORES:
        row, when = measure(MOLECULE), "now"
    elif STORE.exists():
        row = json.loads(STORE.read_text(encoding="utf-8"))
        when = f"stored {row['date']}"
    else:
        return []
    others = row["share_of_others"]
    words = f"{row['molecule']}, {when}; others used {100 * others:.0f} % of the machine"
    words += "" if others <= QUIET else ": too much for these numbers to mean anything"
    efficiency = COUNT / CORES * row["alone_seconds"] / row["side_by_side_seconds"]
    return [
        {
            "name": f"packing: {COUNT} calculations on {CORES} cores, share of {CORES} single-rank rates",
            "value": round(efficiency, 3),
            "goal": 0.95 if others <= QUIET else None,
            "better": "higher",
            "against": words,
        },
        {
            "name": f"packing: side by side, share of the time one after another on {CORES} ranks",
            "value": round(row["side_by_side_seconds"] / row["two_ranks_seconds"], 3),
            "goal": 0.95 if others <= QUIET else None,
            "better": "lower",
            "against": words,
        },
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        found = measure(sys.argv[2] if len(sys.argv) > 2 else MOLECULE)
        STORE.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        sys.stdout.write(f"{found}\n")
    else:
        for line in measures():
            sys.stdout.write(f"{line['name']}: {line['value']} {line['against']}\n")
