"""Shifts of molecules that the fit has not seen: STX100 by the factors of DELTA50, the other way round, and both.

    python bench/external.py run WORK [--only NAME] [--seconds N]    molecules of STX100 that are not stored yet
    python bench/external.py table                                   errors, and how many lie within their bars

Each molecule goes from SMILES through `standard` with the embedded engine on one core, smallest first; WORK keeps the
runs, bench/external.json the shieldings beside the measured shifts. No molecule and no signal is left out. The points
of DELTA50 are those of the shipped factor file. `make bench` reports from there and computes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from store import load, serve

from qmnmr import predict
from qmnmr.calibration.calibration import molecule_points
from qmnmr.datatypes.calibration import CalibrationPoint, ScalingFactors
from qmnmr.datatypes.shift import PredictionStatus
from qmnmr.report.columns import aligned
from qmnmr.report.structure_file import geometry_of_sdf
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.shifts.apply_factors import level_error_ppm, shift_ppm
from qmnmr.shifts.environments import environments
from qmnmr.shifts.fit.calibration_set import shipped_set
from qmnmr.shifts.fit.regression import fit_factors, mean_absolute, root_mean_square
from qmnmr.shifts.scaling import shipped_factor_files
from qmnmr.structures import molecules_from_smiles

STORE = Path(__file__).parent / "external.json"
PROTOCOL, SET = "standard", "stx100"
NUCLEI = ("13C", "1H")
WITHIN = {1: (0.60, 0.76), 2: (0.92, 0.98)}
"""The share of shifts that are to lie within so many error bars."""

FEWEST = 20
"""Shifts that an environment needs to be judged by itself."""

_MOLECULES = {m.name: m for m in shipped_set(SET).molecules}
TITLES = sorted(_MOLECULES, key=lambda name: len(_MOLECULES[name].smiles))


def compute(title: str, folder: Path) -> dict[str, Any]:
    entry = _MOLECULES[title]
    (prediction,) = predict(entry.smiles, protocol=PROTOCOL, engine="pyscf", cores=1, out=folder)
    source = prediction.provenance
    if prediction.status is not PredictionStatus.COMPLETED or prediction.failures or source is None:
        raise SystemExit(f"{title}: {prediction.status} {prediction.messages}")
    run = RunFolder(folder)
    (molecule,) = run.molecules()
    (named,) = molecules_from_smiles([(title, entry.smiles)], source="bench")
    structure = (run.molecule_folder(molecule).path / "structure.sdf").read_text(encoding="utf-8")
    geometry = geometry_of_sdf(structure, symbols=molecule.symbols)
    points = molecule_points(named, entry, prediction, geometry=geometry)
    by_weights = {a + 1: math.hypot(*s.weight_moves_ppm) for s in prediction.shifts for a in s.atom_indices}
    return {
        "points": [
            [n, p.measured_ppm, p.shielding_ppm, round(by_weights[p.atoms[0]], 4), list(p.atoms)] for n, p in points
        ],
        "conformers": len(prediction.conformers),
        "cpu_seconds": round(source.cpu_seconds, 1),
        "programs": list(source.program_versions),
        "date": datetime.now(UTC).date().isoformat(),
    }


@cache
def _environments(title: str) -> tuple[str, ...]:
    (molecule,) = molecules_from_smiles([(title, _MOLECULES[title].smiles)], source="bench")
    return environments(molecule)


def points_of(nucleus: str) -> list[tuple[CalibrationPoint, float]]:
    """Return what is stored of a nucleus: each point, and the part that weights have in its error bar, ppm."""
    return [
        (
            CalibrationPoint(
                molecule=name,
                atoms=tuple(atoms),
                environment=kinds[atoms[0] - 1],
                measured_ppm=measured,
                shielding_ppm=shielding,
            ),
            by_weights,
        )
        for name, row in load(STORE).items()
        for kinds in (_environments(name),)
        for found, measured, shielding, by_weights, atoms in row["points"]
        if found == nucleus
    ]


def smiles_of(title: str) -> str:
    """Return the SMILES of a molecule of the set."""
    return _MOLECULES[title].smiles


def progress() -> tuple[int, int]:
    """Return how many molecules are stored, of how many."""
    return len(load(STORE)), len(_MOLECULES)


def shipped(nucleus: str) -> ScalingFactors:
    """Return the factors of DELTA50."""
    file = next(f for f in shipped_factor_files() if f.protocol == PROTOCOL and f.set_name.lower() == "delta50")
    return file.nuclei[nucleus]


def errors(factors: ScalingFactors, points: Iterable[CalibrationPoint]) -> list[float]:
    """Return predicted minus measured, ppm."""
    return [shift_ppm(factors, p.shielding_ppm, p.environment) - p.measured_ppm for p in points]


def bars(factors: ScalingFactors, points: Iterable[tuple[CalibrationPoint, float]]) -> list[float]:
    """Return the error bars that the factors give, ppm."""
    return [math.hypot(level_error_ppm(factors, p.environment), by_weights) for p, by_weights in points]


def within(differences: Sequence[float], uncertainties: Sequence[float], number: int) -> float:
    """Return the share of differences within so many error bars."""
    return sum(abs(e) <= number * u for e, u in zip(differences, uncertainties, strict=True)) / len(differences)


def joint(nucleus: str) -> ScalingFactors:
    """Return the fit to both sets."""
    factors = shipped(nucleus)
    known = [r.point for r in factors.residuals]
    new = [replace(p, molecule=f"{SET}: {p.molecule}") for p, _ in points_of(nucleus)]
    return fit_factors([*known, *new], nucleus=nucleus, shielding_level=factors.shielding_level)


def table() -> str:
    """Return what came out, as it came out."""
    spent = sum(row["cpu_seconds"] for row in load(STORE).values())
    done, of = progress()
    lines = [f"{done} of {of} molecules of {SET}, {spent:.0f} CPU s", ""]
    head = ("nucleus", "predicted", "by factors of", "n", "MAE", "RMSD", "largest", "within 1 bar", "within 2 bars")
    found: list[tuple[str, ...]] = [head]
    for nucleus in NUCLEI:
        factors, new = shipped(nucleus), points_of(nucleus)
        if len({p.molecule for p, _ in new}) < 2:
            continue
        old = [r.point for r in factors.residuals]
        found.append(_row(nucleus, SET, "DELTA50", errors(factors, [p for p, _ in new]), bars(factors, new)))
        other = fit_factors([p for p, _ in new], nucleus=nucleus, shielding_level=factors.shielding_level)
        found.append(_row(nucleus, "DELTA50", SET, errors(other, old), bars(other, [(p, 0.0) for p in old])))
        left_out = [r.left_out_ppm for r in joint(nucleus).residuals]
        found.append(_row(nucleus, "each, left out", "both", left_out, []))
    lines += aligned(found, right=range(3, len(head)))
    for nucleus in NUCLEI:
        lines += ["", f"{nucleus} of {SET} by environment, factors of DELTA50:", *_by_environment(nucleus)]
    return "\n".join(lines)


def _row(nucleus: str, what: str, by: str, found: list[float], uncertainties: list[float]) -> tuple[str, ...]:
    shares = [f"{100 * within(found, uncertainties, k):.0f} %" if uncertainties else "" for k in WITHIN]
    numbers = [mean_absolute(found), root_mean_square(found), max(found, key=abs)]
    return (nucleus, what, by, str(len(found)), *(f"{value:.3f}" for value in numbers), *shares)


def _by_environment(nucleus: str) -> list[str]:
    factors, new = shipped(nucleus), points_of(nucleus)
    rows: list[tuple[str, ...]] = [("environment", "n", "mean", "RMSD", "bar", "within 1 bar", "within 2 bars")]
    for kind in sorted({p.environment for p, _ in new}):
        own = [(p, w) for p, w in new if p.environment == kind]
        found, uncertainties = errors(factors, [p for p, _ in own]), bars(factors, own)
        shares = [f"{100 * within(found, uncertainties, k):.0f} %" for k in WITHIN]
        numbers = [sum(found) / len(found), root_mean_square(found), level_error_ppm(factors, kind)]
        rows.append((kind, str(len(own)), *(f"{value:.3f}" for value in numbers), *shares))
    return aligned(rows, right=range(1, 7))


def measures() -> list[dict[str, Any]]:
    """Return what `make bench` reports."""
    found: list[dict[str, Any]] = []
    rows = load(STORE)
    for nucleus in NUCLEI:
        new = points_of(nucleus)
        if len({p.molecule for p, _ in new}) < 2:
            continue
        factors = shipped(nucleus)
        differences, uncertainties = errors(factors, [p for p, _ in new]), bars(factors, new)
        against = f"{len(new)} shifts of {len(rows)} of the {len(_MOLECULES)} molecules of {SET}, factors of DELTA50"
        found.append(
            _measure(f"not seen by the fit: {nucleus} RMSD, ppm", root_mean_square(differences), None, against)
        )
        for number, (low, _) in WITHIN.items():
            share = within(differences, uncertainties, number)
            title = f"not seen by the fit: share of {nucleus} shifts within {number} error bars"
            found.append(_measure(title, share, low, against, better="higher"))
    return found


def _measure(name: str, value: float, goal: float | None, against: str, *, better: str = "lower") -> dict[str, Any]:
    return {"name": name, "value": round(value, 3), "goal": goal, "better": better, "against": against}


if __name__ == "__main__":
    serve(__doc__, STORE, titles=TITLES, compute=compute, table=table)
