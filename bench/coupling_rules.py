"""What the rules for couplings are worth: measured couplings beside theirs, on GFN2-xTB's conformers.

    python bench/coupling_rules.py run WORK [--only TITLE] [--seconds N]    conformers that are not stored yet
    python bench/coupling_rules.py table                                    errors by class

Search and ranking are those of `standard`, weights GFN2-xTB's. `table` fits the rules' own constants
(`FittedConstants`) anew, to all molecules but one, and lets them predict that one; a constant that the others say
nothing of is left out.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import store
from couplings import Pairing, Point, measured, pairings, rms
from rdkit import Chem
from scipy.optimize import least_squares

from qmnmr.couplings.fitted import FITTED, FittedConstants
from qmnmr.couplings.pairs import CoupledPair
from qmnmr.couplings.rules import rule_coupling
from qmnmr.datatypes.coupling import CouplingClass
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.engines.xtb.engine import XtbEngine
from qmnmr.funnel.find_conformers import find_conformers
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.structures import read_molecules

STORED = Path(__file__).with_name("coupling_geometries.json")
LEFT_OUT = Path(__file__).with_name("coupling_rules.json")
NEUTRAL = FittedConstants(
    cis_per_degree=0.0,
    cis_per_angstrom=0.0,
    cis_per_electronegativity=0.0,
    alkene=0.0,
    trans_per_electronegativity=0.0,
    meta=0.0,
    meta_beside=0.0,
    para=0.0,
    geminal_carbon=0.0,
    strain_per_degree=0.0,
    ethyl=1.0,
)
"""The rules without what was fitted; `cis` begins near its value."""

FREE = tuple(field.name for field in fields(FittedConstants) if field.name != "trans")
"""What is fitted: `trans` is ethene's."""

GOAL_HZ = 1.5
TITLES = sorted({row["set_id"] for row in measured()})


def compute(title: str, folder: Path) -> dict[str, Any]:
    """Return the conformers that `standard` would send to DFT, with GFN2-xTB's geometries and populations."""
    row = next(row for row in measured() if row["set_id"] == title)
    solvent = find_solvent("water" if "D2O" in row["solvent"] else "chloroform")
    protocol = get_protocol("standard", solvent=solvent)
    (molecule,) = read_molecules([row["smiles"]])
    folder.mkdir(parents=True, exist_ok=True)
    with ScratchFolder.create(folder) as scratch, Programs(scratch) as programs:
        found = find_conformers(
            molecule,
            protocol,
            budget=CoreBudget(Resources(cores=1, memory_mb=4000), molecules=1),
            workplace=Workplace(engine=XtbEngine(), scratch=scratch, programs=programs),
            store=MoleculeFolder(folder / "molecule"),
            report=lambda _: None,
        )
    conformers = found.ranked.conformers
    populations: tuple[float, ...] = (1.0,)
    if len(conformers) > 1:
        populations = boltzmann_populations(
            [c.energy_hartree or 0.0 for c in conformers],
            degeneracies=[c.weight for c in conformers],
            temperature_kelvin=protocol.temperature_kelvin,
        )
    return {
        "smiles": row["smiles"],
        "date": time.strftime("%Y-%m-%d"),
        "conformers": [
            {
                "population": round(population, 6),
                "coordinates_angstrom": [[round(x, 4) for x in xyz] for xyz in c.geometry.coordinates_angstrom],
            }
            for c, population in zip(conformers, populations, strict=True)
        ],
    }


def points(constants: FittedConstants, chosen: Sequence[Pairing]) -> list[Point]:
    """Return measured couplings beside those of the rules with these constants."""

    def by_rule(mol: Chem.Mol, conformer: dict[str, Any], pairs: Sequence[CoupledPair]) -> list[float]:
        positions = np.array(conformer["coordinates_angstrom"])
        return [rule_coupling(mol, positions, pair, constants) for pair in pairs]

    return [pairing.point(by_rule) for pairing in chosen]


def fitted(chosen: Sequence[Pairing]) -> FittedConstants:
    """Return the constants that fit these couplings best; what they say nothing of stays neutral."""
    scale = np.array([abs(getattr(FITTED, name)) for name in FREE])
    start = np.array([getattr(NEUTRAL, name) for name in FREE]) / scale

    def residuals(values: np.ndarray) -> np.ndarray:
        return np.array([p.measured_hz - p.calculated_hz for p in points(_constants(values * scale), chosen)])

    return _constants(least_squares(residuals, start, xtol=1e-4, ftol=1e-5).x * scale)


def _constants(values: Sequence[float] | np.ndarray) -> FittedConstants:
    return replace(NEUTRAL, **{name: float(value) for name, value in zip(FREE, values, strict=True)})


def left_out(every: Sequence[Pairing]) -> list[Point]:
    """Return each molecule's couplings by rules that were fitted to the others, and store them: it takes minutes."""
    found = []
    for title in dict.fromkeys(pairing.row["set_id"] for pairing in every):
        others = [pairing for pairing in every if pairing.row["set_id"] != title]
        own = [pairing for pairing in every if pairing.row["set_id"] == title]
        found += points(fitted(others), own)
    by_title: dict[str, list[Any]] = {}
    for p in found:
        by_title.setdefault(p.title, []).append([p.kind.value, round(p.calculated_hz, 3), p.measured_hz])
    store.save(LEFT_OUT, by_title)
    return found


def table() -> str:
    """Return errors by class, as Markdown, with the rules as they are and fitted without each molecule."""
    every = pairings(store.load(STORED))
    own, others = points(FITTED, every), left_out(every)
    lines = [
        "| class | n | molecules | rules as they are | left out | largest, left out |",
        "|---|---|---|---|---|---|",
    ]
    groups = [(str(kind), [kind]) for kind in CouplingClass]
    groups.append(("all but geminal", [k for k in CouplingClass if k is not CouplingClass.GEMINAL]))
    for words, kinds in groups:
        lines.append(_row(words, [p for p in own if p.kind in kinds], [p for p in others if p.kind in kinds]))
    steroid = ([p for p in found if p.title == "androstenedione"] for found in (own, others))
    lines.append(_row("androst-4-ene-3,17-dione, all", *steroid))
    best = fitted(every)
    lines += ["", "Fitted to all of them, beside what the rules have:"]
    lines += [f"  {f.name} {getattr(best, f.name):.3f} ({getattr(FITTED, f.name):.3f})" for f in fields(best)]
    return "\n".join(lines)


def _row(words: str, own: list[Point], others: list[Point]) -> str:
    if not own:
        return f"| {words} | 0 | | | | |"
    here, there = (np.array([p.measured_hz - p.calculated_hz for p in found]) for found in (own, others))
    molecules = len({p.title for p in own})
    return f"| {words} | {len(own)} | {molecules} | {rms(here):.2f} | {rms(there):.2f} | {abs(there).max():.1f} |"


def measures() -> list[dict[str, Any]]:
    """Return what `table` stored beside its goal."""
    rows = [row for rows in store.load(LEFT_OUT).values() for row in rows]
    rest = [measured_hz - hz for kind, hz, measured_hz in rows if kind != CouplingClass.GEMINAL.value]
    if not rest:
        return []
    return [
        {
            "name": "vicinal and long-range couplings by rule, RMSD leave-one-molecule-out / Hz",
            "value": round(rms(np.array(rest)), 2),
            "goal": GOAL_HZ,
            "better": "lower",
            "against": f"{len(rest)} measured ones",
        }
    ]


if __name__ == "__main__":
    store.serve(__doc__, STORED, titles=TITLES, compute=compute, table=table)
