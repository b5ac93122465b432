"""Fits the shipped factor files again from the shieldings that they hold: after a change of the fit or of its classes.

    python bench/study/refit.py

Nothing is computed. What a file says of its making stays, but for the fit and qmnmr's version.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path

import msgspec

from qmnmr.datatypes.calibration import CalibrationPoint, FactorFile
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.records import encode, write_atomically
from qmnmr.shifts.environments import environments
from qmnmr.shifts.fit.calibration_set import joined_sets, shipped_set
from qmnmr.shifts.fit.regression import fit_factors
from qmnmr.shifts.scaling import SCHEMA
from qmnmr.structures import molecules_from_smiles

FOLDER = Path(__file__).parents[2] / "qmnmr" / "shifts" / "data" / "factors"


@cache
def _classes(set_name: str) -> dict[str, tuple[str, ...]]:
    sets = [shipped_set(name.lower()) for name in set_name.split(" + ")]
    return {
        entry.name: environments(molecule)
        for entry in joined_sets(sets).molecules
        for molecule in molecules_from_smiles([(entry.name, entry.smiles)], source=set_name)
    }


def with_environments(points: Iterable[CalibrationPoint], *, set_name: str) -> list[CalibrationPoint]:
    """Return points of shipped sets, named as in a factor file, with the environments of today."""
    classes = _classes(set_name)
    return [replace(p, environment=classes[p.molecule][p.atoms[0] - 1]) for p in points]


def main() -> None:
    """Fit all files again."""
    for path in sorted(FOLDER.glob("*.json")):
        data = json.loads(path.read_bytes())
        for nucleus, found in data["nuclei"].items():
            if found.get("moved_from"):
                raise SystemExit(f"{path.name}: {nucleus} is moved from {found['moved_from']}: calibrate that again")
            points = [msgspec.convert(r["point"], CalibrationPoint, strict=False) for r in found["residuals"]]
            again = with_environments(points, set_name=data["set_name"])
            level = msgspec.convert(found["shielding_level"], LevelOfTheory)
            factors = fit_factors(again, nucleus=nucleus, shielding_level=level)
            data["nuclei"][nucleus] = msgspec.to_builtins(factors)
            print(f"{path.stem} {nucleus}: n {factors.n}, leave-one-out {factors.loo_rmsd_ppm} ppm")
        data |= {"schema": SCHEMA, "qmnmr_version": metadata.version("qmnmr")}
        file = msgspec.convert(data, FactorFile)
        write_atomically(path, encode(file))


if __name__ == "__main__":
    main()
