"""CPU time of the protocols, and of the peer's level, with the embedded engine against `peer` run plainly in NWChem.

    python bench/peer_cost.py run WORK [--only 'standard|pyscf'] [--seconds N]    what is not stored yet, smallest first
    python bench/peer_cost.py table                                               every molecule, as Markdown

`peer` is B3LYP/6-311+G(2d,p) on B3LYP/6-31G* geometries that start at the force field's conformers, all in COSMO: what
qm-nmr-calc's documentation states. The others start as they do for every user, with GFN2-xTB's geometries. Every
molecule is taken from SMILES to shieldings on one core. WORK keeps the runs; each finished one goes into
bench/study/peer_cost.json, from which `make bench` reports.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from store import load, serve

from qmnmr import predict
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.shifts.fit.calibration_set import shipped_set

STORE = Path(__file__).parent / "study" / "peer_cost.json"
PEER = ("peer", "nwchem")
OURS = (("standard", "pyscf"), ("peer", "pyscf"), ("draft", "pyscf"), ("reference", "pyscf"))
GOALS = {"standard": 0.045, "peer": 0.55}
ALL = "all that both have"
MOLECULES = (
    "acetonitrile",
    "acetaldehyde",
    "oxirane",
    "furan",
    "cyclopropane",
    "acetone",
    "pyridine",
    "methyl acetate",
    "benzene",
    "N,N-dimethylformamide",
    "tetrahydrofuran",
    "toluene",
)
"""From 6 to 15 atoms."""


TITLES = [f"{protocol}|{engine}|{name}" for protocol, engine in (PEER, *OURS) for name in MOLECULES]


def table() -> str:
    """Return the CPU seconds of every molecule and side, with their shares of `peer` in NWChem."""
    data = stored()
    peer = data["|".join(PEER)]
    sides = [side for side in OURS if data.get("|".join(side))]
    names = [f"{protocol}, {engine} (share)" for protocol, engine in sides]
    lines = ["| molecule | " + " | ".join(["peer, nwchem", *names]) + " |", "|---" * (len(sides) + 2) + "|"]
    for name in (*(n for n in MOLECULES if n in peer), ALL):
        cells = []
        for side in sides:
            ours = data["|".join(side)]
            both = [n for n in MOLECULES if n in ours and n in peer] if name == ALL else [name] * (name in ours)
            spent, peers = _seconds(ours, both), _seconds(peer, both)
            cells.append(f"{spent:.0f} ({spent / peers:.3f})" if both else "")
        whole = _seconds(peer, [n for n in MOLECULES if n in peer] if name == ALL else [name])
        lines.append(f"| {name} | {whole:.0f} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _seconds(side: dict[str, dict], names: list[str]) -> float:
    return sum(side[name]["cpu_seconds"] for name in names)


def compute(title: str, folder: Path) -> dict:
    protocol, engine, name = title.split("|")
    smiles = next(m.smiles for m in shipped_set("delta50").molecules if m.name == name)
    (prediction,) = predict(smiles, protocol=protocol, engine=engine, cores=1, out=folder)
    return entry(prediction)


def entry(prediction: Prediction) -> dict:
    source = prediction.provenance
    if prediction.status is not PredictionStatus.COMPLETED or prediction.failures or source is None:
        raise SystemExit(f"{prediction.molecule.name}: {prediction.status} {prediction.messages}")
    return {
        "cpu_seconds": round(source.cpu_seconds, 1),
        "conformers": len(prediction.conformers),
        "shieldings": [[s.element, list(s.atom_indices), round(s.shielding_ppm, 4)] for s in prediction.shifts],
        "programs": list(source.program_versions),
        "date": datetime.now(UTC).date().isoformat(),
    }


def stored() -> dict[str, dict[str, dict]]:
    """Return what is stored by side, "standard|pyscf", and molecule."""
    found: dict[str, dict[str, dict]] = {}
    for title, row in load(STORE).items():
        side, _, name = title.rpartition("|")
        found.setdefault(side, {})[name] = row
    return found


def measures() -> list[dict]:
    data = stored()
    peer = data.get("|".join(PEER), {})
    found: list[dict | None] = []
    for protocol, engine in OURS:
        ours = data.get(f"{protocol}|{engine}", {})
        both = [name for name in MOLECULES if name in ours and name in peer]
        if not both:
            continue
        spent, peers = (sum(side[name]["cpu_seconds"] for name in both) for side in (ours, peer))
        found.append(
            {
                "name": f"{protocol}, {engine}: share of the CPU time of `peer` in NWChem, {len(both)} molecules",
                "value": round(spent / peers, 3),
                "goal": GOALS.get(protocol),
                "better": "lower",
                "against": f"{', '.join(peer[both[0]]['programs'])}, {peers:.0f} CPU s; ours {spent:.0f}",
            }
        )
    found += [_difference(data, nucleus, element) for nucleus, element in (("13C", "C"), ("1H", "H"))]
    return [m for m in found if m is not None]


def _difference(data: dict[str, dict[str, dict]], nucleus: str, element: str) -> dict | None:
    """Return the largest difference of a shielding at the peer's level between both engines, geometry included."""
    theirs, ours = data.get("peer|nwchem", {}), data.get("peer|pyscf", {})
    both = [name for name in MOLECULES if name in ours and name in theirs]
    if not both:
        return None
    largest = max(
        abs(a - b)
        for name in both
        for (symbol, _, a), (_, _, b) in zip(ours[name]["shieldings"], theirs[name]["shieldings"], strict=True)
        if symbol == element
    )
    return {
        "name": f"peer, pyscf: largest difference of a {nucleus} shielding from NWChem's, {len(both)} molecules, ppm",
        "value": round(largest, 4),
        "goal": {"C": 0.3, "H": 0.03}[element],
        "better": "lower",
        "against": "the same level in NWChem, each on its own geometry",
    }


if __name__ == "__main__":
    serve(__doc__, STORE, titles=TITLES, compute=compute, table=table)
