"""Shifts of molecules that a fit has not seen: STX100 by the factors of DELTA50, the other way round, and both.

    python bench/external.py run WORK [--only 'draft|'] [--seconds N]   molecules of STX100 that are not stored yet
    python bench/external.py table                                      errors, and how many lie within their bars

Each molecule goes from SMILES through a protocol with the embedded engine on one core, `standard` first and small ones
first; WORK keeps the runs, and what two protocols share is taken from there. bench/external.json has the shieldings
beside the measured shifts. No molecule and no signal is left out; signals that the set doubts count in what is
predicted and not in a fit. The points of DELTA50 are those of the shipped factor files. `make bench` reports from
there and computes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from store import load, serve

from qmnmr import predict
from qmnmr.calibration.calibration import molecule_points
from qmnmr.datatypes.calibration import CalibrationPoint, FactorFile, ScalingFactors
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
PROTOCOLS, SET = ("standard", "reference", "draft"), "stx100"
NUCLEI = ("13C", "1H")
WITHIN = {1: (0.60, 0.76), 2: (0.92, 0.98)}
"""The share of shifts that are to lie within so many error bars."""

FEWEST = 20
"""Shifts that an environment needs to be judged by itself."""

_MOLECULES = {m.name: m for m in shipped_set(SET).molecules}
_DOUBTED = {(m.name, s.nucleus, s.shift_ppm) for m in _MOLECULES.values() for s in m.shifts if s.doubt}
_BY_SIZE = sorted(_MOLECULES, key=lambda name: len(_MOLECULES[name].smiles))
TITLES = [f"{protocol}|{name}" for protocol in PROTOCOLS for name in _BY_SIZE]


def compute(title: str, folder: Path) -> dict[str, Any]:
    protocol, name = title.split("|")
    entry = _MOLECULES[name]
    known = folder.parent / f"{PROTOCOLS[0]}-{name}"
    (prediction,) = predict(
        entry.smiles,
        protocol=protocol,
        engine="pyscf",
        cores=1,
        out=folder,
        reuse=[known] if protocol != PROTOCOLS[0] and known.exists() else [],
    )
    source = prediction.provenance
    if prediction.status is not PredictionStatus.COMPLETED or prediction.failures or source is None:
        raise SystemExit(f"{title}: {prediction.status} {prediction.messages}")
    run = RunFolder(folder)
    (molecule,) = run.molecules()
    (named,) = molecules_from_smiles([(name, entry.smiles)], source="bench")
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


def rows(protocol: str) -> dict[str, dict[str, Any]]:
    """Return what is stored of a protocol, by molecule."""
    found = ((title.split("|"), row) for title, row in load(STORE).items())
    return {name: row for (own, name), row in found if own == protocol}


def points_of(protocol: str, nucleus: str) -> list[tuple[CalibrationPoint, float]]:
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
        for name, row in rows(protocol).items()
        for kinds in (_environments(name),)
        for found, measured, shielding, by_weights, atoms in row["points"]
        if found == nucleus
    ]


def fitted(protocol: str, nucleus: str) -> list[CalibrationPoint]:
    """Return the points of a nucleus whose data are not doubted."""
    return [p for p, _ in points_of(protocol, nucleus) if (p.molecule, nucleus, p.measured_ppm) not in _DOUBTED]


def smiles_of(name: str) -> str:
    """Return the SMILES of a molecule of the set."""
    return _MOLECULES[name].smiles


def progress(protocol: str) -> tuple[int, int]:
    """Return how many molecules are stored, of how many."""
    return len(rows(protocol)), len(_MOLECULES)


@cache
def of_delta50(protocol: str, nucleus: str) -> ScalingFactors:
    """Return the factors of DELTA50 alone, from the shieldings of the shipped file."""
    names = {m.name for m in shipped_set("delta50").molecules}
    factors = shipped_file(protocol).nuclei[nucleus]
    points = [r.point for r in factors.residuals if r.point.molecule in names]
    return fit_factors(points, nucleus=nucleus, shielding_level=factors.shielding_level)


def shipped_file(protocol: str) -> FactorFile:
    """Return the shipped factors of a protocol in chloroform."""
    return next(f for f in shipped_factor_files() if f.protocol == protocol and f.set_solvent == "chloroform")


def errors(factors: ScalingFactors, points: Iterable[CalibrationPoint]) -> list[float]:
    """Return predicted minus measured, ppm."""
    return [shift_ppm(factors, p.shielding_ppm, p.environment) - p.measured_ppm for p in points]


def bars(factors: ScalingFactors, points: Iterable[tuple[CalibrationPoint, float]]) -> list[float]:
    """Return the error bars that the factors give, ppm."""
    return [math.hypot(level_error_ppm(factors, p.environment), by_weights) for p, by_weights in points]


def within(differences: Sequence[float], uncertainties: Sequence[float], number: int) -> float:
    """Return the share of differences within so many error bars."""
    return sum(abs(e) <= number * u for e, u in zip(differences, uncertainties, strict=True)) / len(differences)


@cache
def joint(protocol: str, nucleus: str) -> ScalingFactors:
    """Return the fit to both sets."""
    known = of_delta50(protocol, nucleus)
    points = [r.point for r in known.residuals] + fitted(protocol, nucleus)
    return fit_factors(points, nucleus=nucleus, shielding_level=known.shielding_level)


def table() -> str:
    """Return what came out, as it came out."""
    return "\n\n".join(_of_protocol(protocol) for protocol in PROTOCOLS if rows(protocol))


def _of_protocol(protocol: str) -> str:
    spent = sum(row["cpu_seconds"] for row in rows(protocol).values())
    done, of = progress(protocol)
    lines = [f"{protocol}: {done} of {of} molecules of {SET}, {spent:.0f} CPU s", ""]
    head = ("nucleus", "predicted", "by factors of", "n", "MAE", "RMSD", "largest", "within 1 bar", "within 2 bars")
    found: list[tuple[str, ...]] = [head]
    for nucleus in NUCLEI:
        factors, new = of_delta50(protocol, nucleus), points_of(protocol, nucleus)
        old = [r.point for r in factors.residuals]
        found.append(_row(nucleus, SET, "DELTA50", errors(factors, [p for p, _ in new]), bars(factors, new)))
        other = fit_factors(fitted(protocol, nucleus), nucleus=nucleus, shielding_level=factors.shielding_level)
        found.append(_row(nucleus, "DELTA50", SET, errors(other, old), bars(other, [(p, 0.0) for p in old])))
        both = joint(protocol, nucleus)
        left_out = [r.left_out_ppm for r in both.residuals]
        found.append(_row(nucleus, "each, left out", "both", left_out, bars(both, joint_points(protocol, nucleus))))
    lines += aligned(found, right=range(3, len(head)))
    for nucleus in NUCLEI:
        lines += ["", f"{nucleus} of {SET} by environment, factors of DELTA50:", *_by_environment(protocol, nucleus)]
    return "\n".join(lines)


def joint_points(protocol: str, nucleus: str) -> list[tuple[CalibrationPoint, float]]:
    """Return the points of the joint fit, each with the part that weights have in its error bar, ppm.

    Of DELTA50 that part is not known here and taken as nothing.
    """
    by_weights = {(p.molecule, p.atoms): part for p, part in points_of(protocol, nucleus)}
    points = [r.point for r in joint(protocol, nucleus).residuals]
    return [(p, by_weights.get((p.molecule, p.atoms), 0.0)) for p in points]


def _row(nucleus: str, what: str, by: str, found: list[float], uncertainties: list[float]) -> tuple[str, ...]:
    shares = [f"{100 * within(found, uncertainties, k):.0f} %" if uncertainties else "" for k in WITHIN]
    numbers = [mean_absolute(found), root_mean_square(found), max(found, key=abs)]
    return (nucleus, what, by, str(len(found)), *(f"{value:.3f}" for value in numbers), *shares)


def _by_environment(protocol: str, nucleus: str) -> list[str]:
    factors, new = of_delta50(protocol, nucleus), points_of(protocol, nucleus)
    table: list[tuple[str, ...]] = [("environment", "n", "mean", "RMSD", "bar", "within 1 bar", "within 2 bars")]
    for kind in sorted({p.environment for p, _ in new}):
        own = [(p, w) for p, w in new if p.environment == kind]
        found, uncertainties = errors(factors, [p for p, _ in own]), bars(factors, own)
        shares = [f"{100 * within(found, uncertainties, k):.0f} %" for k in WITHIN]
        numbers = [sum(found) / len(found), root_mean_square(found), level_error_ppm(factors, kind)]
        table.append((kind, str(len(own)), *(f"{value:.3f}" for value in numbers), *shares))
    return aligned(table, right=range(1, 7))


GOALS = {"standard": {"13C": 1.6, "1H": 0.10}, "reference": {"13C": 1.5, "1H": 0.09}}


def measures() -> list[dict[str, Any]]:
    """Return what `make bench` reports."""
    found: list[dict[str, Any]] = []
    for protocol, nucleus in ((p, n) for p in PROTOCOLS if rows(p) for n in NUCLEI):
        done, of = progress(protocol)
        factors, new = of_delta50(protocol, nucleus), points_of(protocol, nucleus)
        differences, uncertainties = errors(factors, [p for p, _ in new]), bars(factors, new)
        against = f"{protocol}: {len(new)} shifts of {done} of the {of} molecules of {SET}, factors of DELTA50"
        title = f"{protocol}, not seen by the fit: {nucleus} RMSD, ppm"
        found.append(_measure(title, root_mean_square(differences), None, against))
        for number, (low, _) in WITHIN.items():
            share = within(differences, uncertainties, number)
            title = f"{protocol}, not seen by the fit: share of {nucleus} shifts within {number} error bars"
            found.append(_measure(title, share, low, against, better="higher"))
        found += _of_both(protocol, nucleus)
    return found


def _of_both(protocol: str, nucleus: str) -> list[dict[str, Any]]:
    both, points = joint(protocol, nucleus), joint_points(protocol, nucleus)
    done, of = progress(protocol)
    against = f"{both.n} shifts of DELTA50 and of {done} of the {of} molecules of {SET}, each molecule left out"
    title = f"{protocol}, both sets: {nucleus} leave-one-out RMSD, ppm"
    found = [_measure(title, both.loo_rmsd_ppm, GOALS.get(protocol, {}).get(nucleus), against)]
    left_out, uncertainties = [r.left_out_ppm for r in both.residuals], bars(both, points)
    kinds = [kind for kind, e in both.environments.items() if e.n >= FEWEST]
    for number, (low, _) in WITHIN.items():
        share = within(left_out, uncertainties, number)
        title = f"{protocol}, both sets: share of left-out {nucleus} shifts within {number} error bars"
        found.append(_measure(title, share, low, against, better="higher"))
        lowest, kind = min((_share_of(kind, points, left_out, uncertainties, number), kind) for kind in kinds)
        title = f"{protocol}, both sets: the same of the environment that has fewest, {nucleus}, {number} bars"
        found.append(_measure(title, lowest, low, f"{kind}; of {len(kinds)} with {FEWEST} shifts", better="higher"))
    return found


def _share_of(
    kind: str,
    points: Sequence[tuple[CalibrationPoint, float]],
    differences: Sequence[float],
    uncertainties: Sequence[float],
    number: int,
) -> float:
    own = [k for k, (p, _) in enumerate(points) if p.environment == kind]
    return within([differences[k] for k in own], [uncertainties[k] for k in own], number)


def _measure(name: str, value: float, goal: float | None, against: str, *, better: str = "lower") -> dict[str, Any]:
    return {"name": name, "value": round(value, 3), "goal": goal, "better": better, "against": against}


if __name__ == "__main__":
    serve(__doc__, STORE, titles=TITLES, compute=compute, table=table)
