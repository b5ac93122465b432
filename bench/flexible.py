"""Flexible molecules at `standard`, SMILES to shifts: minima from few DFT gradients beside converged ones.

    python bench/flexible.py run WORK [--only 'menthol|few-gradients'] [--seconds N]    what is not stored yet
    python bench/flexible.py table                                                      every molecule, as Markdown

One core, the embedded engine. "before" is the package at revision REVISION, the last one whose geometries were
optimised with DFT from xtb's minima, with the Python packages of today: `git worktree` puts it into WORK. WORK keeps
the runs; each finished one goes into bench/flexible.json, from which `make bench` reports.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from store import load, serve

from qmnmr import predict
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.runs.protocols import CONVERGED, FEW_GRADIENTS

STORE = Path(__file__).parent / "flexible.json"
SIDES = (FEW_GRADIENTS, CONVERGED)
BEFORE, REVISION = "before", "3fddba3"
MOLECULES = {
    "n-hexane": "CCCCCC",
    "alanine methyl ester": "C[C@H](N)C(=O)OC",
    "3,4-dimethyl-2-pentene": "C/C=C(/C)C(C)C",
    "menthol": "CC(C)[C@@H]1CC[C@@H](C)C[C@H]1O",
    "ibuprofen": "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
}
"""Cheapest first."""
GOALS = {"13C": 0.3, "1H": 0.03}  # ppm, the largest difference of a shift
SHARE_GOAL, GRADIENTS_GOAL, POPULATION_GOAL = 0.2, 1.5, 0.05


TITLES = [f"{name}|{side}" for side in (*SIDES, BEFORE) for name in MOLECULES]


def compute(title: str, folder: Path) -> dict:
    name, side = title.split("|")
    if side == BEFORE:
        return compute_before(MOLECULES[name], folder)
    (prediction,) = predict(MOLECULES[name], engine="pyscf", optimization=side, cores=1, out=folder)
    return entry(prediction)


def compute_before(smiles: str, folder: Path) -> dict:
    """Return the same entry by the package of before."""
    checkout = folder.parent / BEFORE
    if not checkout.exists():
        command = ["git", "worktree", "add", "--force", "--detach", str(checkout.resolve()), REVISION]
        subprocess.run(command, cwd=Path(__file__).parent, check=True)
    options = ["--protocol", "standard", "--engine", "pyscf", "--cores", "1", "--json", "--out", str(folder)]
    found = subprocess.run(
        [sys.executable, "-m", "qmnmr", "predict", smiles, *options],
        env=os.environ | {"PYTHONPATH": str(checkout.resolve())},
        stdout=subprocess.PIPE,
        check=True,
    )
    return entry_of_before(json.loads(found.stdout)["molecules"][0])


def entry_of_before(molecule: dict[str, Any]) -> dict:
    source = molecule["provenance"]
    return {
        "cpu_seconds": source["cpu_seconds"],
        "steps": [[s["name"], s["entered"], s["left"], s["cpu_seconds"], s["remark"]] for s in molecule["funnel"]],
        "populations": {c["label"]: round(c["population"], 4) for c in molecule["conformers"]},
        "shifts": {
            f"{s['nucleus']} {'+'.join(str(a) for a in s['atoms'])}": s["shift_ppm"] for s in molecule["shifts"]
        },
        "programs": source["program_versions"],
        "qmnmr": f"revision {REVISION}",
        "date": datetime.now(UTC).date().isoformat(),
    }


def entry(prediction: Prediction) -> dict:
    source = prediction.provenance
    if prediction.status is not PredictionStatus.COMPLETED or prediction.failures or source is None:
        raise SystemExit(f"{prediction.molecule.name}: {prediction.status} {prediction.messages}")
    return {
        "cpu_seconds": round(source.cpu_seconds, 1),
        "steps": [[s.name, s.entered, s.left, s.cpu_seconds, s.remark] for s in prediction.funnel],
        "populations": {c.label: round(c.population, 4) for c in prediction.conformers},
        "shifts": {
            f"{s.nucleus} {'+'.join(str(a + 1) for a in s.atom_indices)}": s.shift_ppm for s in prediction.shifts
        },
        "programs": list(source.program_versions),
        "qmnmr": source.qmnmr_version,
        "date": datetime.now(UTC).date().isoformat(),
    }


def compared(name: str) -> dict | None:
    """Return what the few gradients of a molecule cost and change, None where one side is missing."""
    rows = load(STORE)
    few, whole = (rows.get(f"{name}|{side}") for side in SIDES)
    if few is None or whole is None:
        return None
    changes: dict[str, list[float]] = {"13C": [], "1H": []}
    for title, shift in few["shifts"].items():
        nucleus = title.split()[0]
        if nucleus in changes and shift is not None and whole["shifts"].get(title) is not None:
            changes[nucleus].append(abs(shift - whole["shifts"][title]))
    labels = set(few["populations"]) | set(whole["populations"])
    moved = max(abs(few["populations"].get(k, 0.0) - whole["populations"].get(k, 0.0)) for k in labels)
    largest = {nucleus: max(found) for nucleus, found in changes.items()}
    return {"share": few["cpu_seconds"] / whole["cpu_seconds"], "population": moved, **largest}


def gradients(row: dict) -> tuple[int, int]:
    """Return how many gradients the optimisation took, and for how many conformers."""
    _, entered, _, _, remark = next(step for step in row["steps"] if step[0] == "optimization")
    return int(remark.split()[0]), entered


def table() -> str:
    """Return one line for each molecule, as Markdown."""
    rows = load(STORE)
    lines = [
        "| molecule | conformers | gradients | CPU s | before | converged | share | 13C, ppm | 1H, ppm | population |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in MOLECULES:
        few, whole = (rows.get(f"{name}|{side}") for side in SIDES)
        if few is None:
            continue
        taken, conformers = gradients(few)
        cells = [name, str(conformers), str(taken), f"{few['cpu_seconds']:.0f}"]
        older = rows.get(f"{name}|{BEFORE}")
        cells.append("" if older is None else f"{older['cpu_seconds']:.0f}")
        both = compared(name)
        if whole is not None and both is not None:
            cells += [f"{whole['cpu_seconds']:.0f}", f"{both['share']:.2f}"]
            cells += [f"{both['13C']:.2f}", f"{both['1H']:.3f}", f"{both['population']:.3f}"]
        lines.append("| " + " | ".join(cells) + " |" * (11 - len(cells)))
    return "\n".join(lines)


def measures() -> list[dict]:
    """Return what `make bench` reports."""
    rows = load(STORE)
    both = {name: change for name in MOLECULES if (change := compared(name)) is not None}
    counts = [gradients(rows[f"{name}|{FEW_GRADIENTS}"]) for name in MOLECULES if f"{name}|{FEW_GRADIENTS}" in rows]
    found = []
    if counts:
        mean = sum(n for n, _ in counts) / sum(c for _, c in counts)
        found.append(_measure(f"DFT gradients per conformer, {len(counts)} flexible molecules", mean, GRADIENTS_GOAL))
    older = [name for name in MOLECULES if all(f"{name}|{side}" in rows for side in (FEW_GRADIENTS, BEFORE))]
    if older:
        spent = [sum(rows[f"{name}|{side}"]["cpu_seconds"] for name in older) for side in (FEW_GRADIENTS, BEFORE)]
        title = f"{len(older)} flexible molecules: share of the CPU time of the way before"
        found.append(_measure(title, spent[0] / spent[1], SHARE_GOAL, f"revision {REVISION}, {', '.join(older)}"))
    if both:
        spent = [sum(rows[f"{name}|{side}"]["cpu_seconds"] for name in both) for side in SIDES]
        title = f"{len(both)} flexible molecules, few gradients beside converged geometries"
        found.append(_measure(f"{title}: share of the CPU time", spent[0] / spent[1], None))
        for nucleus, goal in GOALS.items():
            found.append(
                _measure(f"{title}: largest change, {nucleus}, ppm", max(c[nucleus] for c in both.values()), goal)
            )
        most = max(c["population"] for c in both.values())
        found.append(_measure(f"{title}: largest change of a population", most, POPULATION_GOAL))
    return found


def _measure(name: str, value: float, goal: float | None, against: str = "converged geometries") -> dict:
    return {"name": name, "value": round(value, 3), "goal": goal, "better": "lower", "against": against}


if __name__ == "__main__":
    serve(__doc__, STORE, titles=TITLES, compute=compute, table=table)
