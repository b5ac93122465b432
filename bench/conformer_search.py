"""Whether the conformer search of `standard` keeps the population: beside the minima that long searches found.

    python bench/conformer_search.py run MOLECULE|all       what `standard` would send to DFT; what is stored is kept
    python bench/conformer_search.py long MOLECULE|all --seed N [--starts N]     a longer search with another seed; its
                                                            minima are added to the known ones
    python bench/conformer_search.py relax MOLECULE|all     known minima optimised tightly: what ends alike is one
    python bench/conformer_search.py table                  what is stored, as docs/explanation/funnel.md shows it

GFN2-xTB with ALPB(chloroform) throughout. Known minima lie in bench/conformer_minima/, one file for each molecule; they
are a lower bound, and a longer search may add to them. Each call goes on from what is stored, so that a stopped series
loses one molecule at most; a search takes some minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from store import load, save

from qmnmr.conformers.pruning import ENERGY_KCAL_PER_MOL, Skeleton
from qmnmr.cost import cost_model
from qmnmr.datatypes.calculation import CalculationKind, CalculationResult
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Conformer, Geometry, Molecule
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.engines.xtb.embedded import EmbeddedXtbEngine
from qmnmr.engines.xtb.engine import XtbEngine
from qmnmr.funnel.find_conformers import find_conformers
from qmnmr.funnel.minima.known_minima import KnownMinima
from qmnmr.funnel.minima.xtb_search import search_minima
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.report.columns import aligned
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.protocols import get_protocol
from qmnmr.shifts.populations import boltzmann_populations
from qmnmr.structures import read_molecules
from qmnmr.units import HARTREE_KCAL_PER_MOL

STORE = Path(__file__).parent / "conformer_search.json"
MINIMA = Path(__file__).parent / "conformer_minima"
MOLECULES = {
    "decane": "CCCCCCCCCC",
    "Ac-Ala-Ala-NHMe": "CC(=O)N[C@@H](C)C(=O)N[C@@H](C)C(=O)NC",
    "methyl beta-D-glucopyranoside": "CO[C@@H]1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O",
    "Ac-Ser-OMe": "CC(=O)N[C@@H](CO)C(=O)OC",
    "erythritol": "OC[C@H](O)[C@@H](O)CO",
    "11-undecanolide": "O=C1CCCCCCCCCCO1",
    "hexylamine": "CCCCCCN",
    "linalool": "C=C[C@](C)(O)CCC=C(C)C",
    "ethane-1,2-diol": "OCCO",
    "1,2-dimethoxyethane": "COCCOC",
    "2-methoxyethanol": "COCCO",
    "3-aminopropan-1-ol": "NCCCO",
    "butan-1-ol": "CCCCO",
    "butane-1,4-diol": "OCCCCO",
    "propane-1,2,3-triol": "OCC(O)CO",
    "ethyl (S)-lactate": "CCOC(=O)[C@H](C)O",
    "alanine methyl ester": "C[C@H](N)C(=O)OC",
    "N-ethylpropanamide": "CCNC(=O)CC",
    "hexane": "CCCCCC",
    "2-chloroethyl ethyl ether": "CCOCCCl",
}
SAME_ANGSTROM = 0.2
WINDOW_KCAL_PER_MOL = 3.0
GOAL = 0.95


def molecule_of(name: str) -> Molecule:
    """Return a molecule of the list."""
    (molecule,) = read_molecules([MOLECULES[name]])
    return molecule


def known_minima(name: str) -> dict[str, Any]:
    """Return the known minima of a molecule: kcal/mol above the lowest, and Å."""
    path = MINIMA / f"{name.replace(' ', '-')}.json"
    if path.exists():
        return dict(json.loads(path.read_text()))
    return {"smiles": MOLECULES[name], "sources": [], "symbols": list(molecule_of(name).symbols), "minima": []}


def keep_minima(name: str, data: dict[str, Any]) -> None:
    """Store known minima, one in a line."""
    MINIMA.mkdir(exist_ok=True)
    minima = ",\n ".join(json.dumps(m, separators=(",", ":")) for m in data.pop("minima"))
    head = json.dumps(data, indent=1)[:-2]
    (MINIMA / f"{name.replace(' ', '-')}.json").write_text(f'{head},\n "minima": [\n {minima}\n ]\n}}\n')


class Shapes:
    """Geometries of one molecule that can be told apart."""

    def __init__(self, molecule: Molecule, geometries: list[Geometry]) -> None:
        self.skeleton = Skeleton.of(molecule, geometries[0])
        self.geometries = geometries
        self.places = [self.skeleton.place(g, None) for g in geometries]

    def among(self, geometry: Geometry) -> int | None:
        """Return the number of the geometry that this is, or in whose valley it lies."""
        place = self.skeleton.place(geometry, None)
        for k, other in enumerate(self.places):
            is_same = self.skeleton.are_duplicates(
                place, other, rmsd_angstrom=SAME_ANGSTROM, energy_kcal_per_mol=ENERGY_KCAL_PER_MOL
            )
            if is_same or self.skeleton.in_one_valley(place, other):
                return k
        return None

    def weights(self) -> list[float]:
        """Return the statistical weight of each."""
        return [self.skeleton.degeneracy(place.points, SAME_ANGSTROM) for place in self.places]


def geometries_of(data: dict[str, Any]) -> list[Geometry]:
    """Return the geometries of known minima."""
    return [
        Geometry(symbols=tuple(data["symbols"]), coordinates_angstrom=tuple((x, y, z) for x, y, z in minimum["xyz"]))
        for minimum in data["minima"]
    ]


def run(name: str) -> dict[str, Any]:
    """Return what `standard` finds and what it costs.

    `kept` are the fewest that hold the population; where the protocol's budget does not pay for so many, a sample of
    them, `sent`, goes to DFT.
    """
    before = time.process_time()
    protocol, molecule = get_protocol("standard", solvent=CHLOROFORM), molecule_of(name)
    without_budget = replace(protocol, ranking=replace(protocol.ranking, budget_cpu_hours=None))
    with TemporaryDirectory() as root, ScratchFolder.create(Path(root)) as scratch:
        place: dict[str, Any] = {
            "budget": CoreBudget(Resources(cores=1, memory_mb=4000), molecules=1),
            "workplace": Workplace(engine=XtbEngine(), scratch=scratch, programs=Programs(scratch)),
            "store": MoleculeFolder(scratch.subfolder("molecule")),
            "report": lambda _: None,
        }
        found = find_conformers(molecule, without_budget, **place)
        seconds = time.process_time() - before
        sent = find_conformers(molecule, protocol, **place)
    gradient = cost_model.cpu_seconds(
        molecule.symbols, protocol.optimization, kind=CalculationKind.GRADIENT, engine="pyscf"
    )
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "starts": found.funnel[0].entered,
        "found": found.funnel[0].left,
        "kept": len(found.ranked.conformers),
        "sent": len(sent.ranked.conformers),
        "missed": found.ranked.missed_population,
        "cpu_seconds": round(seconds, 1),
        "gradient_seconds": round(gradient, 1),
        "notes": list(sent.notes),
        "conformers": [
            [[round(x, 3) for x in position] for position in c.geometry.coordinates_angstrom]
            for c in found.ranked.conformers
        ],
    }


def lengthen(name: str, *, seed: int, starts: int) -> str:
    """Add the minima of a longer search with another seed to the known ones; return what it brought."""
    protocol = get_protocol("standard", solvent=CHLOROFORM)
    search = replace(protocol.search, random_seed=seed, max_starts=starts, missed_population=0.001)
    molecule = molecule_of(name)
    ensemble = search_minima(molecule, replace(protocol, search=search), check=lambda: None, tell=_tell)
    if ensemble is None:
        return "nothing found"
    data = known_minima(name)
    if any(f"seed {seed}," in source for source in data["sources"]):
        return f"seed {seed} is there already"
    energies = [c.energy_hartree or 0.0 for c in ensemble.conformers]
    old = geometries_of(data)
    shapes = Shapes(molecule, old) if old else None
    places = [None if shapes is None else shapes.among(c.geometry) for c in ensemble.conformers]
    offsets = [
        data["minima"][k]["kcal_per_mol"] - (e - energies[0]) * HARTREE_KCAL_PER_MOL
        for e, k in zip(energies, places, strict=True)
        if k is not None
    ]
    if old and not offsets:
        return "no minimum in common with the known ones"
    offset = float(np.median(offsets)) if offsets else 0.0
    new = [
        {
            "kcal_per_mol": (e - energies[0]) * HARTREE_KCAL_PER_MOL + offset,
            "xyz": [[round(x, 3) for x in position] for position in c.geometry.coordinates_angstrom],
        }
        for c, e, k in zip(ensemble.conformers, energies, places, strict=True)
        if k is None
    ]
    minima = sorted([*data["minima"], *new], key=lambda m: m["kcal_per_mol"])
    zero = minima[0]["kcal_per_mol"]
    data["minima"] = [
        m | {"kcal_per_mol": round(m["kcal_per_mol"] - zero, 3)}
        for m in minima
        if m["kcal_per_mol"] - zero <= WINDOW_KCAL_PER_MOL
    ]
    data["sources"].append(f"python bench/conformer_search.py long, seed {seed}, {ensemble.starts} starts")
    keep_minima(name, data)
    return f"{len(new)} new of {len(energies)} minima, the lowest {min(0.0, zero):.2f} kcal/mol below the known ones"


def relax(name: str) -> str:
    """Optimise the known minima as the ranking does; keep what ends apart, and say how many there were.

    The walks of a search end where the slope is small, which on a flat torsion may be far from its minimum.
    """
    protocol, molecule, data = get_protocol("standard", solvent=CHLOROFORM), molecule_of(name), known_minima(name)
    geometries = geometries_of(data)
    ends = KnownMinima(molecule, geometries[0])
    for geometry in geometries:
        start = Conformer(label="known", geometry=geometry, energy_hartree=None)
        end = EmbeddedXtbEngine().compute(protocol.ranking_step.of(start, molecule), check=lambda: None)
        if isinstance(end, CalculationResult):
            ends.add(end.geometry, end.energy_hartree, source=0)
    lowest = ends.lowest_hartree
    data["minima"] = [
        {
            "kcal_per_mol": round((m.energy_hartree - lowest) * HARTREE_KCAL_PER_MOL, 3),
            "xyz": [[round(x, 3) for x in position] for position in m.geometry.coordinates_angstrom],
        }
        for m in sorted(ends.found, key=lambda m: m.energy_hartree)
    ]
    words = f"python bench/conformer_search.py relax: {len(geometries)} structures end in {len(ends.found)} minima"
    data["sources"].append(words)
    keep_minima(name, data)
    return words


def shares(name: str, row: dict[str, Any]) -> tuple[float, int, int]:
    """Return the share of the known minima's population that was kept, and how many of how many minima."""
    data, molecule = known_minima(name), molecule_of(name)
    known = Shapes(molecule, geometries_of(data))
    populations = boltzmann_populations(
        [m["kcal_per_mol"] / HARTREE_KCAL_PER_MOL for m in data["minima"]],
        degeneracies=known.weights(),
        temperature_kelvin=298.15,
    )
    kept = Shapes(
        molecule,
        [
            Geometry(symbols=molecule.symbols, coordinates_angstrom=tuple((x, y, z) for x, y, z in positions))
            for positions in row["conformers"]
        ],
    )
    there = [kept.among(g) is not None for g in known.geometries]
    return sum(p for p, is_kept in zip(populations, there, strict=True) if is_kept), sum(there), len(there)


def table() -> str:
    """Return what is stored as a table of Markdown."""
    rows = [("molecule", "starts", "found", "kept", "to DFT", "known", "population kept", "missed, estimated", "CPU s")]
    for name, row in load(STORE).items():
        limit = row["gradient_seconds"] * row["kept"]
        known, kept = "none yet", "-"
        if known_minima(name)["minima"]:
            share, count, total = shares(name, row)
            known, kept = f"{count} of {total}", f"{share:.3f}{'' if share >= GOAL else ' (goal 0.95)'}"
        rows.append(
            (
                name,
                str(row["starts"]),
                str(row["found"]),
                str(row["kept"]),
                str(row["sent"]),
                known,
                kept,
                f"{row['missed']:.3f}",
                f"{row['cpu_seconds']:.0f} (limit {limit:.0f})",
            )
        )
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def measures() -> list[dict[str, Any]]:
    """Return what is stored beside its goals."""
    rows = load(STORE)
    found = {name: shares(name, row)[0] for name, row in rows.items() if known_minima(name)["minima"]}
    if not found:
        return []
    worst = min(found, key=found.__getitem__)
    wrong = [name for name, share in found.items() if 1.0 - share > 2.0 * rows[name]["missed"]]
    dearest = max(found, key=lambda name: _of_limit(rows[name]))
    against = f"minima of long searches, {len(found)} molecules"
    return [
        {
            "name": "conformer search: smallest share of the population that is kept",
            "value": round(found[worst], 3),
            "goal": GOAL,
            "better": "higher",
            "against": f"{against}; {worst}",
        },
        {
            "name": "conformer search: molecules whose true miss is more than twice the estimate",
            "value": len(wrong),
            "goal": len(found) // 20,
            "better": "lower",
            "against": f"{against}; {', '.join(wrong) or 'none'}",
        },
        {
            "name": "conformer search: CPU time of search and ranking beside a DFT gradient for each that is kept",
            "value": round(_of_limit(rows[dearest]), 2),
            "goal": 1.0,
            "better": "lower",
            "against": f"{against}; {dearest}",
        },
    ]


def _of_limit(row: dict[str, Any]) -> float:
    return float(row["cpu_seconds"] / (row["gradient_seconds"] * row["kept"]))


def _tell(starts: int) -> None:
    sys.stderr.write(f"  {starts} starts\n")


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["run", "long", "relax", "table"])
    parser.add_argument("molecule", nargs="?", default="all", choices=["all", *MOLECULES])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--starts", type=int, default=5000)
    asked = parser.parse_args()
    names = list(MOLECULES) if asked.molecule == "all" else [asked.molecule]
    if asked.task == "table":
        print(table())
        return
    for name in names:
        if asked.task == "long":
            print(name, lengthen(name, seed=asked.seed, starts=asked.starts), flush=True)
            continue
        if asked.task == "relax":
            print(name, relax(name), flush=True)
            continue
        rows = load(STORE)
        if name not in rows:
            found = run(name)
            rows = load(STORE) | {name: found}
            save(STORE, rows)
        summary = [(key, str(value)) for key, value in rows[name].items() if key != "conformers"]
        print("\n".join([name, *aligned(summary)]), flush=True)


if __name__ == "__main__":
    main()
