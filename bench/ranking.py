"""Spectra whose compound is known, each ranked among its candidates, with the right one there and withheld.

    python bench/ranking.py run WORK [--only 'methylnorbornanes'] [--seconds N]    candidates that are not stored yet
    python bench/ranking.py table                                                  what comes out, as Markdown

Candidates go from SMILES through `standard` with the embedded engine on one core; bench/ranking.json keeps their
predictions. The measured lists of bench/ranking_cases.json have no assignments: every signal is matched. `make bench`
reports from what is stored.
"""

from __future__ import annotations

import json
import math
import statistics
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from store import load, serve

from qmnmr import predict
from qmnmr.calibration.ranking import rank_predictions
from qmnmr.datatypes.calibration import FactorFile, FoundFactors
from qmnmr.datatypes.measured.comparison import ComparedPair
from qmnmr.datatypes.measured.experiment import Experiment, MeasuredSignal, Spectrum
from qmnmr.datatypes.measured.ranking import Ranking
from qmnmr.datatypes.shift import AveragedShielding, ChemicalShift, Prediction, PredictionStatus
from qmnmr.records import decode, encode
from qmnmr.shifts.ranking.rank_candidates import ranked
from qmnmr.shifts.scaling import calibrated_shifts, shipped_factor_files

STORE = Path(__file__).parent / "ranking.json"
CASES: dict[str, Any] = json.loads((Path(__file__).parent / "ranking_cases.json").read_text(encoding="utf-8"))
TITLES = [f"{case}|{name}" for case, entry in CASES.items() for name in entry["candidates"]]
PROTOCOL = "standard"


def compute(title: str, folder: Path) -> dict[str, Any]:
    case, name = title.split("|")
    entry = CASES[case]
    (found,) = predict(
        entry["candidates"][name], protocol=PROTOCOL, solvent=entry["solvent"], engine="pyscf", cores=1, out=folder
    )
    if found.status is not PredictionStatus.COMPLETED:
        raise SystemExit(f"{title}: {found.messages}")
    return json.loads(encode(found))


def predictions(case: str) -> list[Prediction]:
    """Return those that are stored, named as in the case; their shifts are by the shipped factors of today."""
    rows = load(STORE)
    found = []
    factors = {n: FoundFactors(file=_file(), factors=f) for n, f in _file().nuclei.items()}
    for name in CASES[case]["candidates"]:
        row = rows.get(f"{case}|{name}")
        if row is not None:
            read = decode(json.dumps(row).encode(), Prediction, source=name)
            shifts = calibrated_shifts(
                [averaged(s, factors) for s in read.shifts], molecule=read.molecule, found=factors
            )
            found.append(replace(read, molecule=replace(read.molecule, name=name), shifts=shifts))
    return found


def averaged(shift: ChemicalShift, factors: dict[str, FoundFactors]) -> AveragedShielding:
    """Return what a shift was made of."""
    slope = factors[shift.nucleus].factors.slope if shift.nucleus in factors else 1.0
    moves = tuple(move * slope for move in shift.weight_moves_ppm)
    return AveragedShielding(
        atom_indices=shift.atom_indices,
        element=shift.element,
        shielding_ppm=shift.shielding_ppm,
        weight_sensitivity_ppm=math.hypot(*moves),
        weight_moves_ppm=moves,
    )


def _file() -> FactorFile:
    return next(f for f in shipped_factor_files() if f.protocol == PROTOCOL and f.engine == "pyscf")


def experiment(entry: dict[str, Any]) -> Experiment:
    """Return a measured list without assignments."""
    spectra = tuple(
        Spectrum(nucleus=nucleus, signals=tuple(MeasuredSignal(low_ppm=v, high_ppm=v) for v in entry[nucleus]))
        for nucleus in ("13C", "1H")
        if nucleus in entry
    )
    return Experiment(source=f"the list of {entry['correct']}", spectra=spectra)


def rankings(case: str) -> list[tuple[str, Ranking, Ranking | None]]:
    """Return for each experiment the right name, the ranking, and that without the right candidate."""
    stored = predictions(case)
    factors = _file().nuclei
    found = []
    for entry in CASES[case]["experiments"]:
        right, asked = entry["correct"], experiment(entry)
        others = [p for p in stored if p.molecule.name != right]
        if len(stored) < len(CASES[case]["candidates"]):
            continue
        without = rank_predictions(others, asked, factors) if len(others) > 1 else None
        found.append((right, rank_predictions(stored, asked, factors), without))
    return found


HEAD = """
| case | spectra, candidates | right first | its P: mean, least | DP4 right first | withheld: best P | P(none) |
|---|---|---|---|---|---|---|""".strip()


def table() -> str:
    lines = [HEAD]
    for case, entry in CASES.items():
        found = rankings(case)
        if not found:
            lines.append(f"| {case} | not computed | | | | | |")
            continue
        shares = [next(c.probability or 0.0 for c in r.candidates if c.name == right) for right, r, _ in found]
        firsts = sum(r.candidates[0].name == right for right, r, _ in found)
        classic = sum(max(r.candidates, key=lambda c: c.dp4 or 0.0).name == right for right, r, _ in found)
        withheld = [w for _, _, w in found if w is not None]
        winner = f"{statistics.mean(w.candidates[0].probability or 0.0 for w in withheld):.2f}" if withheld else ""
        none = f"{statistics.mean(w.none_probability or 0.0 for w in withheld):.2f}" if withheld else ""
        lines.append(
            f"| {case} | {len(found)}, {len(entry['candidates'])} | {firsts} | "
            f"{statistics.mean(shares):.2f}, {min(shares):.2f} | {classic} | {winner} | {none} |"
        )
    return "\n".join(lines)


def measures() -> list[dict[str, Any]]:
    found = [entry for case in CASES for entry in rankings(case)]
    rows = [_cost_of_64()]
    if not found:
        return rows
    withheld = [w for _, _, w in found if w is not None]
    n = f"{len(found)} spectra of known compounds, unassigned"
    first = statistics.mean(r.candidates[0].name == right for right, r, _ in found)
    winner = statistics.mean(w.candidates[0].probability or 0.0 for w in withheld)
    none = statistics.mean(w.none_probability or 0.0 for w in withheld)
    rows += [
        _measure("ranking: share whose right candidate is first", first, 0.95, "higher", n),
        _measure("ranking: mean probability of the best wrong one, right one withheld", winner, 0.5, "lower", n),
        _measure("ranking: mean probability of none, right one withheld", none, withheld[0].none_prior, "higher", n),
    ]
    largest = predictions("methylnorbornanones")
    if len(largest) == len(CASES["methylnorbornanones"]["candidates"]):
        seconds = sum(p.provenance.cpu_seconds for p in largest if p.provenance is not None)
        rows.append(
            _measure("ranking: CPU s of 9 candidates of 9 heavy atoms", seconds, None, "lower", "SMILES to ranking")
        )
    return rows


def _cost_of_64() -> dict[str, Any]:
    """Return the CPU seconds of the statistics of 64 candidates with 20 signals of each nucleus."""
    factors = _file().nuclei
    random = np.random.default_rng(1)
    pairs = {
        f"c{k}": [
            ComparedPair(
                molecule=f"c{k}",
                nucleus=nucleus,
                atoms=(atom,),
                measured_ppm=5.0 * atom,
                predicted_ppm=5.0 * atom + (1 + k / 10) * uncertainty * random.normal(),
                uncertainty_ppm=uncertainty,
                is_assigned=True,
            )
            for nucleus, uncertainty in (("13C", 1.5), ("1H", 0.09))
            for atom in range(1, 21)
        ]
        for k in range(64)
    }
    began = time.process_time()
    ranked(pairs, dict.fromkeys(pairs, ""), factors, none_prior=0.1)
    seconds = time.process_time() - began
    return _measure("ranking: CPU s of the statistics of 64 candidates", seconds, 2.0, "lower", "40 signals each")


def _measure(name: str, value: float, goal: float | None, better: str, against: str) -> dict[str, Any]:
    return {"name": name, "value": round(value, 3), "goal": goal, "better": better, "against": against}


if __name__ == "__main__":
    serve(__doc__, STORE, titles=TITLES, compute=compute, table=table)
