"""Fits every level of shieldings.json that has all wanted molecules and prints the cost-accuracy table.

    python bench/study/table.py [--only NAME;NAME]

No outlier is dropped; every level has its own fit. RMSD of the fit and of leave-one-molecule-out, in ppm.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from qmnmr.datatypes.calibration import CalibrationPoint
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.shifts.regression import fit_factors

RESULTS = Path(__file__).parent / "shieldings.json"
_ANY = LevelOfTheory(functional="", basis="", spherical=True, solvent=None)


def table(data: dict, only: set[str] | None = None) -> list[dict]:
    """Return one row for each level, over the molecules that every row has (or over `only`)."""
    names = only or set.intersection(*(set(level["molecules"]) for level in data.values()))
    rows = []
    for level in data.values():
        if not names <= set(level["molecules"]):
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
    return [
        CalibrationPoint(
            molecule=name,
            atoms=tuple(atoms),
            environment=environment,
            measured_ppm=measured,
            shielding_ppm=sigma,
        )
        for name, entry in molecules.items()
        for found, atoms, environment, measured, sigma in entry["points"]
        if found == nucleus
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    only = set(chosen.only.split(";")) if chosen.only else None
    rows = table(json.loads(RESULTS.read_text(encoding="utf-8")), only)
    print("| shieldings | molecules | CPU s | 1H RMSD | 1H leave-one-out | 13C RMSD | 13C leave-one-out |")
    print("|---|---|---|---|---|---|---|")
    for r in rows:
        h, c = r["1H"], r["13C"]
        print(
            f"| {r['level']} | {r['molecules']} | {r['cpu_seconds_per_molecule']} | {h['rmsd_ppm']:.3f} | "
            f"{h['loo_rmsd_ppm']:.3f} | {c['rmsd_ppm']:.2f} | {c['loo_rmsd_ppm']:.2f} |"
        )


if __name__ == "__main__":
    main()
