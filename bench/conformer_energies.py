"""The weights' levels beside CCSD(T): relative energies of conformers, gas phase, single points on given geometries.

    python bench/conformer_energies.py run [--level LEVEL] [--set SET] [--every N]   what is not stored yet
    python bench/conformer_energies.py vibrations [--set SET] [--every N]             G(RRHO), a second for each
    python bench/conformer_energies.py table                                         as Markdown, for the documents

Sets ACONF (alkanes), BUT14DIOL (butane-1,4-diol), SCONF (sugars) and Amino20x4 (amino acids) of GMTKN55 (Goerigk et
al., Phys. Chem. Chem. Phys. 19, 32184 (2017), and the papers named there) in bench/conformers/sets.json; energies by
the embedded engine with density fitting in bench/conformers/energies.json, with the CPU time of each. One thread takes
some 5 to 25 CPU s for each conformer: the whole of a level an hour to two. `--every N` takes each N-th
conformer of a set and those that it is compared with. What is stored is not computed again, and a run that is stopped
goes on. `make bench` reports from there and runs nothing.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from store import load, save

from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind, CalculationResult
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.theory import LevelOfTheory, gfn2_xtb
from qmnmr.engines.dispersion import with_dispersion, without_dispersion
from qmnmr.units import HARTREE_KCAL_PER_MOL

FOLDER = Path(__file__).parent / "conformers"
SETS, STORE = FOLDER / "sets.json", FOLDER / "energies.json"
LEVELS = {
    "wB97X-D3/vDZP": LevelOfTheory(
        functional="wb97x-d3", basis="vdzp", spherical=True, solvent=None, dispersion="d3(0)"
    ),
    "B3LYP-D4/vDZP": LevelOfTheory(functional="b3lyp", basis="vdzp", spherical=True, solvent=None, dispersion="d4"),
    "B3LYP/6-31G*": LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=None),
}
WEIGHTS = "wB97X-D3/vDZP"
BEFORE = LEVELS["B3LYP/6-31G*"]  # whose energies weighed before: those of an optimisation, with its thresholds
VIBRATIONS = "G(RRHO)"
HYDROGEN_BONDS = ("BUT14DIOL", "SCONF", "Amino20x4")
GOALS = {"mean": 0.35, "worst": 0.75}


Row = dict[str, float]


def sets() -> dict[str, dict[str, Any]]:
    """Return by set its geometries, name -> rows of an XYZ file, and its energies: (conformer, against, kcal/mol)."""
    return json.loads(SETS.read_text(encoding="utf-8"))


def geometry_of(rows: list[list[Any]]) -> Geometry:
    """Return the geometry of an XYZ file's rows."""
    return Geometry(symbols=tuple(row[0] for row in rows), coordinates_angstrom=tuple((x, y, z) for _, x, y, z in rows))


def energy(rows: list[list[Any]], level: LevelOfTheory) -> dict[str, float]:
    """Return energy (hartree) and CPU seconds of the self-consistent field."""
    from qmnmr.engines.pyscf.field.scf import SINGLE_POINT, Accuracy, solve_ground_state
    from qmnmr.engines.pyscf.molecule import build_molecule

    geometry = geometry_of(rows)
    asked = Calculation(
        label="conformer", kind=CalculationKind.ENERGY, geometry=geometry, charge=0, multiplicity=1, level=level
    )
    electronic = without_dispersion(asked)
    began = time.process_time()
    mol, accuracy = build_molecule(electronic, memory_mb=2000), Accuracy() if level == BEFORE else SINGLE_POINT
    state = solve_ground_state(mol, electronic.level, accuracy=accuracy)
    cpu = time.process_time() - began
    result = CalculationResult(
        label=asked.label,
        kind=asked.kind,
        level=electronic.level,
        energy_hartree=state.energy_hartree,
        geometry=geometry,
        shieldings=(),
        program="pyscf",
        program_version="",
        ranks=1,
        cpu_seconds=cpu,
        wall_seconds=cpu,
    )
    whole = with_dispersion(result, level, charge=0)
    return {"energy_hartree": round(whole.energy_hartree, 8), "cpu_seconds": round(cpu, 1)}


def vibrations(rows: list[list[Any]]) -> dict[str, float]:
    """Return G(RRHO) - E by GFN2-xTB at 298.15 K, hartree."""
    from qmnmr.engines.xtb.embedded import EmbeddedXtbEngine

    asked = Calculation(
        label="conformer",
        kind=CalculationKind.FREE_ENERGY,
        geometry=geometry_of(rows),
        charge=0,
        multiplicity=1,
        level=gfn2_xtb(None),
        temperature_kelvin=298.15,
    )
    outcome = EmbeddedXtbEngine().compute(asked, check=lambda: None)
    if isinstance(outcome, CalculationFailure) or outcome.free_energy_correction_hartree is None:
        return {}
    return {"correction_hartree": round(outcome.free_energy_correction_hartree, 8)}


def run(level: str, of_set: str, *, every: int) -> None:
    """Compute and store what is missing."""
    found = sets()[of_set]
    chosen = found["energies"][::every]
    names = dict.fromkeys(name for conformer, against, _ in chosen for name in (against, conformer))
    for name in names:
        title = f"{level} {of_set} {name}"
        if title not in load(STORE):
            rows = found["geometries"][name]
            row = vibrations(rows) if level == VIBRATIONS else energy(rows, LEVELS[level])
            save(STORE, load(STORE) | {title: row})
            print(title, row, flush=True)


def deviations(level: str, of_set: str) -> list[float]:
    """Return how far stored energies of a set, each of a conformer beside another, lie from the reference, kcal/mol."""
    stored, found = load(STORE), []
    for conformer, against, reference in sets()[of_set]["energies"]:
        first, second = (stored.get(f"{level} {of_set} {name}") for name in (against, conformer))
        if first and second:
            apart = (second["energy_hartree"] - first["energy_hartree"]) * HARTREE_KCAL_PER_MOL
            found.append(apart - reference)
    return found


def statistics_of(level: str, of_set: str) -> Row:
    """Return of a set: number, mean absolute and largest deviation, kcal/mol; nothing where nothing is stored."""
    values = deviations(level, of_set)
    if not values:
        return {}
    return {
        "n": len(values),
        "of": len(sets()[of_set]["energies"]),
        "mean": statistics.mean(map(abs, values)),
        "largest": max(map(abs, values)),
    }


def error_of_one(mean_absolute: float) -> float:
    """Return the standard error of one conformer's energy for the mean absolute one of normal differences of two."""
    return mean_absolute * math.sqrt(math.pi) / 2


def vibrations_of(names: Iterable[str]) -> float:
    """Return the standard deviation of G(RRHO) over a molecule's conformers, pooled over the molecules of sets."""
    stored, squares, freedom = load(STORE), 0.0, 0
    for of_set in names:
        by_molecule: dict[str, dict[str, float]] = {}
        for conformer, against, _ in sets()[of_set]["energies"]:
            for name in (against, conformer):
                if row := stored.get(f"{VIBRATIONS} {of_set} {name}"):
                    value = row["correction_hartree"] * HARTREE_KCAL_PER_MOL
                    by_molecule.setdefault(against, {})[name] = value
        for found in by_molecule.values():
            mean = statistics.mean(found.values())
            squares += sum((v - mean) ** 2 for v in found.values())
            freedom += len(found) - 1
    return math.sqrt(squares / freedom) if freedom else math.nan


def cpu_ratio() -> float:
    """Return the CPU time of the weights' level beside that of B3LYP/6-31G* for the same conformers."""
    stored = load(STORE)
    pairs = [
        (row["cpu_seconds"], stored[other]["cpu_seconds"])
        for title, row in stored.items()
        if title.startswith(WEIGHTS) and (other := title.replace(WEIGHTS, "B3LYP/6-31G*")) in stored
    ]
    return sum(a for a, _ in pairs) / sum(b for _, b in pairs) if pairs else math.nan


def table() -> Iterator[str]:
    """Yield the lines of a Markdown table, and what else is told of the sets."""
    yield "| level | " + " | ".join(sets()) + " |"
    yield "|---|" + "---|" * len(sets())
    for level in LEVELS:
        found = [statistics_of(level, name) for name in sets()]
        cells = ["{mean:.2f}, {largest:.2f} ({n} of {of})".format(**f) if f else "-" for f in found]
        yield f"| {level} | " + " | ".join(cells) + " |"
    yield ""
    yield f"CPU time of {WEIGHTS} beside B3LYP/6-31G*: {cpu_ratio():.2f}"
    for words, names in (("alkanes", ("ACONF",)), ("hydrogen bonds", HYDROGEN_BONDS)):
        for level in LEVELS:
            means = [f["mean"] for f in (statistics_of(level, name) for name in names) if f]
            error = error_of_one(statistics.mean(means)) if means else math.nan
            yield f"{words}: error of one conformer at {level} {error:.2f} kcal/mol"
        yield f"{words}: standard deviation of G(RRHO) {vibrations_of(names):.2f} kcal/mol"


def measures() -> list[dict[str, Any]]:
    """Return how far the weights' level is from the reference, and what it costs."""
    found = {name: statistics_of(WEIGHTS, name) for name in sets()}
    told = ", ".join(f"{name} {f['n']:.0f} of {f['of']:.0f}" for name, f in found.items() if f)
    means = [f["mean"] for f in found.values() if f]
    rows = [("mean of the sets", statistics.mean(means)), ("worst set", max(means))] if means else []
    goals = dict(zip(("mean of the sets", "worst set"), GOALS.values(), strict=True))
    measured = [
        {
            "name": f"conformer energies, {WEIGHTS}: {name}, mean absolute deviation kcal/mol",
            "value": round(value, 3),
            "goal": goals[name],
            "better": "lower",
            "against": f"CCSD(T); {told}",
        }
        for name, value in rows
    ]
    ratio = cpu_ratio()
    if not math.isnan(ratio):
        measured.append(
            {
                "name": f"conformer energies, {WEIGHTS}: CPU time of the self-consistent field",
                "value": round(ratio, 2),
                "goal": 2.0,
                "better": "lower",
                "against": "B3LYP/6-31G*, the same conformers",
            }
        )
    return measured


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run")
    runner.add_argument("--level", choices=LEVELS, default=WEIGHTS)
    runner.add_argument("--set", choices=sets(), default=None)
    runner.add_argument("--every", type=int, default=1)
    walker = commands.add_parser("vibrations")
    walker.add_argument("--set", choices=sets(), default=None)
    walker.add_argument("--every", type=int, default=1)
    commands.add_parser("table")
    arguments = parser.parse_args()
    if arguments.command == "table":
        print("\n".join(table()))
        return
    for name in sets() if arguments.set is None else [arguments.set]:
        run(VIBRATIONS if arguments.command == "vibrations" else arguments.level, name, every=arguments.every)


if __name__ == "__main__":
    main()
