"""Shieldings and energies of the embedded engine against NWChem's: same geometries, levels and media.

    python bench/engine_agreement.py run nwchem --limit 5     five runs that are not stored yet, cheapest first
    python bench/engine_agreement.py run pyscf                all that are not stored
    python bench/engine_agreement.py table                    the differences, and which pairs were not run

Every run is stored in bench/agreement/<engine>.json with version, CPU seconds (the whole process, one core) and date,
so that a batch goes on where it was stopped. `make bench` reports from what is stored and runs nothing.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from embedded_engine import run
from store import load, save

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.molecule import Geometry
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine

STORE = Path(__file__).parent / "agreement"
CHARGES = {"acetate": -1, "methylammonium": 1}
FUNCTIONALS = ("b3lyp", "cam-b3lyp", "pbe")
BASES = ("6-31g*", "def2-svp", "6-311+g(2d,p)")
SOLVENTS = ("DMSO", "chloroform")
LIMITS_PPM = {
    "gas": {"H": 0.002, "C": 0.02, "N": 0.02, "O": 0.1, "S": 0.1, "Cl": 0.1},
    "COSMO": {"H": 0.03, "C": 0.3},
}
ENERGY_LIMIT_HARTREE = 3e-4  # density fitting: differences of conformers are within 0.01 kcal/mol
LEVELS_BY_NUCLEUS = (
    # Levels for one nucleus; wB97X-D3 needs NWChem 7.3. Its energies are not compared: they need the D3 term.
    ("ethanol", "wp04", "6-31+g(d,p)", "gas"),
    ("chloromethane", "wp04", "6-31+g(d,p)", "gas"),
    ("ethanol", "wb97x-d3", "def2-svp", "gas"),
    ("chloromethane", "wb97x-d3", "def2-svp", "gas"),
)
_COST = {"b3lyp": 1.0, "cam-b3lyp": 1.7, "pbe": 0.75, "6-31g*": 1.0, "def2-svp": 1.5, "6-311+g(2d,p)": 6.0}

Case = tuple[str, str, str, str]
"""molecule, functional, basis, medium"""


def cases() -> list[Case]:
    """Return all pairs, cheapest first."""
    sizes = {name: len(rows) + 2 * sum(row[0] != "H" for row in rows) for name, rows in _load("geometries").items()}
    everything = [(m, f, b, "gas") for m in sizes for f in FUNCTIONALS for b in BASES]
    everything += [(m, "b3lyp", b, s) for m in sizes for b in BASES[:2] for s in SOLVENTS]
    everything += LEVELS_BY_NUCLEUS
    return sorted(
        everything, key=lambda case: sizes[case[0]] ** 2.5 * _COST.get(case[1], 2.0) * _COST.get(case[2], 2.0)
    )


def calculation(case: Case) -> Calculation:
    """Return the shielding calculation of a case."""
    name, functional, basis, medium = case
    rows = _load("geometries")[name]
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


def run_missing(engine_name: str, *, wanted: str, limit: int) -> None:
    """Run what is not stored yet, at most so many."""
    left = [case for case in cases() if _title(case) not in _load(engine_name) and wanted in _title(case)]
    for case in left[:limit]:
        asked = calculation(case)
        try:
            result, cpu, memory_mb = run(get_engine(engine_name), asked)
        except TypeError as error:  # a functional that this NWChem is too old for, above all
            print(f"{_title(case)}: {error}", flush=True)
            continue
        energy = None if case in LEVELS_BY_NUCLEUS else result.energy_hartree
        row = {
            "energy_hartree": energy and round(energy, 9),
            "shieldings_ppm": [round(s.isotropic_ppm, 5) for s in result.shieldings],
            "cpu_seconds": round(cpu, 2),
            "peak_memory_mb": memory_mb,
            "version": result.program_version,
            "date": datetime.now(UTC).date().isoformat(),
        }
        save(STORE / f"{engine_name}.json", _load(engine_name) | {_title(case): row})
        print(f"{_title(case)}: {cpu:.1f} CPU s", flush=True)


def differences(case: Case) -> dict[str, Any] | None:
    """Return the largest difference per element, the energy's, and both CPU times; None if a run is missing.

    The energy's is zero where energies are not compared.
    """
    ours, theirs = (_load(engine).get(_title(case)) for engine in ("pyscf", "nwchem"))
    if ours is None or theirs is None:
        return None
    largest: dict[str, float] = defaultdict(float)
    symbols = calculation(case).geometry.symbols
    for symbol, a, b in zip(symbols, ours["shieldings_ppm"], theirs["shieldings_ppm"], strict=True):
        largest[symbol] = max(largest[symbol], abs(a - b))
    return {
        "ppm": dict(largest),
        "hartree": (ours["energy_hartree"] or 0.0) - (theirs["energy_hartree"] or 0.0),
        "cpu": (ours["cpu_seconds"], theirs["cpu_seconds"]),
    }


def print_table() -> None:
    """Print every pair that was run, as Markdown, then those that were not."""
    order = [*BASES, *(case[2] for case in LEVELS_BY_NUCLEUS)]
    ordered = sorted(cases(), key=lambda case: (case[3] != "gas", case[3], order.index(case[2]), case[1]))
    found = {case: difference for case in ordered if (difference := differences(case)) is not None}
    for words, pairs in (("gas phase", True), ("COSMO", False)):
        print(_summary(words, [found[case] for case in found if (case[3] == "gas") is pairs]))
    print(f"\nFrom {_origin(found)}:\n")
    print("| molecule, level | C | H | N, O, S, Cl | energy, hartree | CPU s | NWChem CPU s | share |")
    print("|---|---|---|---|---|---|---|---|")
    for case, difference in found.items():
        print(_row(case, difference))
    missing: dict[str, list[str]] = defaultdict(list)
    for case in ordered:
        if case not in found:
            missing[_title(case).partition(" ")[2]].append(case[0])
    if missing:
        print(f"\nNot run ({sum(map(len, missing.values()))} pairs):\n")
    for level, molecules in missing.items():
        print(f"- {level}: {', '.join(molecules)}")


def _row(case: Case, found: dict[str, Any]) -> str:
    ppm = dict(found["ppm"])
    first = [f"{ppm.pop(symbol):.4f}" if symbol in ppm else "" for symbol in ("C", "H")]
    rest = ", ".join(f"{symbol} {value:.3f}" for symbol, value in ppm.items())
    energy = f"{found['hartree']:.1e}" if found["hartree"] else ""
    cpu, reference = found["cpu"]
    cells = [_title(case).replace("*", r"\*"), *first, rest, energy, f"{cpu:.2f}", f"{reference:.1f}"]
    return f"| {' | '.join(cells)} | {cpu / reference:.3f} |"


def _summary(words: str, pairs: list[dict[str, Any]]) -> str:
    largest: dict[str, float] = defaultdict(float)
    for pair in pairs:
        for symbol, value in pair["ppm"].items():
            largest[symbol] = max(largest[symbol], value)
    ppm = ", ".join(f"{symbol} {largest[symbol]:.4f}" for symbol in LIMITS_PPM["gas"] if symbol in largest)
    energy = max(abs(pair["hartree"]) for pair in pairs)
    return f"- {len(pairs)} pairs, {words}: largest difference in ppm {ppm}; in energy {energy:.1e} hartree"


def measures() -> list[dict[str, Any]]:
    """Return from what is stored how many pairs are within the limits."""
    found = {case: difference for case in cases() if (difference := differences(case)) is not None}
    origin = _origin(found)
    result = []
    for kind, limits in LIMITS_PPM.items():
        pairs = [difference for case, difference in found.items() if (case[3] == "gas") == (kind == "gas")]
        for name, value in _outside(pairs, limits, with_energy=kind == "gas"):
            result.append(
                {
                    "name": f"{kind}, pairs outside the limit: {name}",
                    "value": value,
                    "goal": 0,
                    "better": "lower",
                    "against": f"{len(pairs)} stored pairs, {origin}",
                }
            )
    return result


def _origin(found: Iterable[Case]) -> str:
    """Return versions and dates of the runs."""
    rows = [(engine, _load(engine)[_title(case)]) for case in found for engine in ("nwchem", "pyscf")]
    versions = sorted({f"{engine} {row['version']}" for engine, row in rows})
    return f"{' and '.join(versions)}, run {' and '.join(sorted({row['date'] for _, row in rows}))}"


def _outside(pairs: list[dict[str, Any]], limits: dict[str, float], *, with_energy: bool) -> Iterator[tuple[str, int]]:
    for symbol, limit in limits.items():
        yield f"{symbol} {limit:g} ppm", sum(pair["ppm"].get(symbol, 0.0) > limit for pair in pairs)
    if with_energy:
        yield (
            f"energy {ENERGY_LIMIT_HARTREE:g} hartree",
            sum(abs(pair["hartree"]) > ENERGY_LIMIT_HARTREE for pair in pairs),
        )


def _title(case: Case) -> str:
    name, functional, basis, medium = case
    return f"{name} {functional}/{basis} {medium}"


def _load(name: str) -> dict[str, Any]:
    return load(STORE / f"{name}.json")


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    runner = commands.add_parser("run")
    runner.add_argument("engine", choices=("nwchem", "pyscf"))
    runner.add_argument("--wanted", default="", help="part of a title such as '6-31g* DMSO'")
    runner.add_argument("--limit", type=int, default=10**6)
    commands.add_parser("table")
    arguments = parser.parse_args()
    if arguments.command == "table":
        print_table()
    else:
        run_missing(arguments.engine, wanted=arguments.wanted, limit=arguments.limit)


if __name__ == "__main__":
    main()
