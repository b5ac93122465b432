"""Fits the shipped factor files again from the shieldings that they hold: after a change of the fit or of its classes.

    python bench/study/refit.py

Nothing is computed. What a file says of its making stays, but for the fit and qmnmr's version. Those in chloroform
come first: lines of other solvents may be theirs, moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path

from qmnmr.datatypes.calibration import CalibrationPoint, FactorFile, ScalingFactors
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.records import decode, encode, write_atomically
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


def refitted(file: FactorFile, bases: Mapping[str, ScalingFactors]) -> FactorFile:
    """Return the file with its points fitted again; `bases` are the factors of the protocol in chloroform."""
    nuclei = {}
    for nucleus, found in file.nuclei.items():
        points = with_environments([r.point for r in found.residuals], set_name=file.set_name)
        level, base = found.shielding_level, bases.get(nucleus)
        nuclei[nucleus] = fit_factors(points, nucleus=nucleus, shielding_level=level, base=base)
    return replace(file, schema=SCHEMA, qmnmr_version=metadata.version("qmnmr"), nuclei=nuclei)


def main() -> None:
    """Fit all files again."""
    files = {path: _read(path) for path in sorted(FOLDER.glob("*.json"))}
    chloroform: dict[str, Mapping[str, ScalingFactors]] = {}
    for path, file in sorted(files.items(), key=lambda item: item[1].set_solvent != CHLOROFORM.name):
        again = refitted(file, chloroform.get(file.protocol, {}))
        if file.set_solvent == CHLOROFORM.name:
            chloroform[file.protocol] = again.nuclei
        write_atomically(path, encode(again))
        for nucleus, factors in again.nuclei.items():
            print(f"{path.stem} {nucleus}: n {factors.n}, leave-one-out {factors.loo_rmsd_ppm} ppm")


def _read(path: Path) -> FactorFile:
    return decode(path.read_bytes(), FactorFile, source=path.name)


if __name__ == "__main__":
    main()
