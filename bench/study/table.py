"""Fits every level of shieldings.json and prints the cost-accuracy table: over all 50 molecules, and over the subset.

    python bench/study/table.py [--write]

With --write the tables of the shipped factors and of the study go into docs/explanation/calibration.md.

No outlier is dropped; every level has its own fit. RMSD of the fit and of leave-one-molecule-out, in ppm.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from subset import SUBSET

from qmnmr.datatypes.calibration import CalibrationPoint, FactorFile
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.shifts.fit.calibration_set import shipped_set
from qmnmr.shifts.fit.regression import fit_factors
from qmnmr.shifts.scaling import shipped_factor_files

RESULTS = Path(__file__).parent / "shieldings.json"
PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "calibration.md"
BEGIN, END = "<!-- figures: python bench/study/table.py --write -->", "<!-- end of figures -->"
_ANY = LevelOfTheory(functional="", basis="", spherical=True, solvent=None)


def table(data: dict, names: set[str]) -> list[dict]:
    """Return one row for each level of the embedded engine that has all the molecules named, cheapest first."""
    rows = []
    for level in data.values():
        if level["engine"] != "pyscf" or not names <= set(level["molecules"]):
            continue
        found = {name: level["molecules"][name] for name in sorted(names)}
        row = {
            "level": level["level"],
            "geometry": level["geometry"],
            "engine": level["engine"],
            "molecules": len(found),
            "cpu_seconds_per_molecule": round(sum(m["cpu_seconds"] for m in found.values()) / len(found), 1),
        }
        for nucleus in ("1H", "13C"):
            factors = fit_factors(points(found, nucleus), nucleus=nucleus, shielding_level=_ANY)
            row[nucleus] = {
                "n": factors.n,
                "slope": factors.slope,
                "intercept_ppm": factors.intercept_ppm,
                "rmsd_ppm": factors.rmsd_ppm,
                "loo_rmsd_ppm": factors.loo_rmsd_ppm,
                "largest": f"{factors.largest_residual_ppm:+.2f} {factors.largest_residual_atom}",
            }
        rows.append(row)
    return sorted(rows, key=lambda r: r["cpu_seconds_per_molecule"])


def points(molecules: dict, nucleus: str) -> list[CalibrationPoint]:
    """Return the points of one nucleus, all of one environment: levels are compared by plain lines, as others do."""
    return [
        CalibrationPoint(
            molecule=name,
            atoms=tuple(atoms),
            environment="",
            measured_ppm=measured,
            shielding_ppm=sigma,
        )
        for name, entry in molecules.items()
        for found, atoms, _, measured, sigma in entry["points"]
        if found == nucleus
    ]


def study_lines(rows: list[dict]) -> list[str]:
    lines = [
        "| shieldings | geometries | CPU s | 1H RMSD | 1H leave-one-out | 13C RMSD | 13C leave-one-out | largest 13C |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        h, c = r["1H"], r["13C"]
        lines.append(
            f"| {r['level']} | {r['geometry']} | {r['cpu_seconds_per_molecule']} | {h['rmsd_ppm']:.3f} | "
            f"{h['loo_rmsd_ppm']:.3f} | {c['rmsd_ppm']:.2f} | {c['loo_rmsd_ppm']:.2f} | {c['largest']} |"
        )
    return lines


def factor_lines(files: Sequence[FactorFile]) -> list[str]:
    lines = [
        "| protocol | engine | nucleus | n | slope | intercept | RMSD | leave-one-out | largest residual | CPU s |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for file in files:
        for nucleus, f in file.nuclei.items():
            cost = file.cpu_seconds / f.n_molecules
            lines.append(
                f"| {file.protocol} | {', '.join(file.program_versions)} | {nucleus} | {f.n} | {f.slope:.4f} | "
                f"{f.intercept_ppm:.3f} | {f.rmsd_ppm:.3f} | {f.loo_rmsd_ppm:.3f} | "
                f"{f.largest_residual_ppm:+.2f} {f.largest_residual_atom} | {cost:.0f} |"
            )
    return lines


def figures(data: dict) -> str:
    """Return the part of the page that is made of data."""
    files = shipped_factor_files()
    everything = table(data, {m.name for m in shipped_set("delta50").molecules})
    parts = [
        ["### Shipped factors", "", *factor_lines(files)],
        ["### Levels, all 50 molecules", "", *study_lines(everything)],
        [
            f"### Levels, the {len(SUBSET)} molecules of `bench/study/subset.py`",
            "",
            *study_lines(table(data, set(SUBSET))),
        ],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def with_figures(page: str) -> str:
    """Return the page with its figures made anew."""
    before, _, rest = page.partition(BEGIN)
    data = json.loads(RESULTS.read_text(encoding="utf-8"))
    return before + BEGIN + "\n\n" + figures(data) + "\n" + END + rest.partition(END)[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/explanation/calibration.md")
    if parser.parse_args().write:
        PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(figures(json.loads(RESULTS.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
