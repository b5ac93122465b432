"""Spectra whose compound is known, each ranked among its candidates, with the right one there and withheld.

    python bench/ranking.py run WORK [--only 'methylnorbornanes'] [--seconds N]    candidates that are not stored yet
    python bench/ranking.py table                                                  what comes out, as Markdown

Candidates go from SMILES through `standard` with the embedded engine on one core; their predictions are kept in
bench/ranking.json, without atoms' assignments to the measured lists of bench/ranking_cases.json, so that every signal is
matched. Their shifts are taken again from the shipped factors. `make bench` reports from what is stored.
"""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

from store import load, serve

from qmnmr import predict
from qmnmr.calibration.ranking import rank_predictions
from qmnmr.datatypes.measured.experiment import Experiment, MeasuredSignal, Spectrum
from qmnmr.datatypes.measured.ranking import Ranking
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.records import decode, encode
from qmnmr.shifts.scaling import shipped_factor_files

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
    """Return those that are stored, named as in the case."""
    rows = load(STORE)
    found = []
    for name in CASES[case]["candidates"]:
        row = rows.get(f"{case}|{name}")
        if row is not None:
            read = decode(json.dumps(row).encode(), Prediction, source=name)
            found.append(replace(read, molecule=replace(read.molecule, name=name)))
    return found


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
    factors = next(f for f in shipped_factor_files() if f.protocol == PROTOCOL and f.engine == "pyscf").nuclei
    found = []
    for entry in CASES[case]["experiments"]:
        right, asked = entry["correct"], experiment(entry)
        others = [p for p in stored if p.molecule.name != right]
        if len(stored) < len(CASES[case]["candidates"]):
            continue
        without = rank_predictions(others, asked, factors) if len(others) > 1 else None
        found.append((right, rank_predictions(stored, asked, factors), without))
    return found


def table() -> str:
    lines = [
        "| case | experiments, candidates | right first | P of the right one: mean, least | DP4 right first | "
        "withheld: P of the winner, mean | P(none), mean |",
        "|---|---|---|---|---|---|---|",
    ]
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


if __name__ == "__main__":
    serve(__doc__, STORE, titles=TITLES, compute=compute, table=table)
