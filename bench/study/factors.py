"""Makes the factor file of a protocol whose levels the study has for all 50 molecules.

    python bench/study/factors.py PROTOCOL GEOMETRIES

A protocol that shares its geometries with another needs no second run of the whole set: `levels.py` computes its
shieldings on GEOMETRIES (geometries-draft.json), and the factors are fitted to these. Shieldings that `levels.py` has
from NWChem on the same geometries become the file's proof of agreement; geometries themselves were compared for draft.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from levels import GEOMETRY_LEVELS, RESULTS, key_of
from refit import with_environments
from table import points

from qmnmr.datatypes.calibration import EngineAgreement, FactorFile, ScalingFactors
from qmnmr.datatypes.shift import NUCLEI
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.records import encode, write_atomically
from qmnmr.runs.protocols import get_protocol
from qmnmr.shifts.fit.calibration_set import shipped_set
from qmnmr.shifts.fit.regression import fit_factors, root_mean_square
from qmnmr.shifts.scaling import shipped_factor_files

FOLDER = Path(__file__).parents[2] / "qmnmr" / "shifts" / "data" / "factors"
LIMITS_PPM = {"13C": 0.2, "1H": 0.02}
NOTHING: dict[str, dict] = {"molecules": {}}
ELEMENTS = {nucleus: element for element, nucleus in NUCLEI.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("protocol")
    parser.add_argument("geometries", choices=sorted(GEOMETRY_LEVELS))
    chosen = parser.parse_args()
    file = make_file(chosen.protocol, chosen.geometries)
    write_atomically(FOLDER / f"{chosen.protocol}.json", encode(file))
    for f in file.nuclei.values():
        print(f"{f.nucleus}: n {f.n}, RMSD {f.rmsd_ppm}, leave-one-out {f.loo_rmsd_ppm}, {f.largest_residual_atom}")
    print(file.agreements)


def make_file(name: str, geometries: str) -> FactorFile:
    """Return the factors of a protocol on these geometries, fitted to the embedded engine's shieldings."""
    protocol = get_protocol(name, solvent=CHLOROFORM)
    donor = next(f for f in shipped_factor_files() if f.protocol == "draft")
    if protocol.optimization != donor.geometry_level or str(protocol.optimization) != GEOMETRY_LEVELS[geometries]:
        raise SystemExit(f"{geometries} is not of {protocol.optimization}")
    levels = {n: str(protocol.shielding_level(ELEMENTS[n])) for n in ("13C", "1H")}
    data = json.loads(RESULTS.read_text(encoding="utf-8"))
    ours = {n: data.get(key_of("pyscf", level, GEOMETRY_LEVELS[geometries]), NOTHING) for n, level in levels.items()}
    measured = shipped_set("delta50")
    names = [m.name for m in measured.molecules]
    lacking = {f"{levels[n]}: {m}" for n, level in ours.items() for m in names if m not in level["molecules"]}
    if lacking:
        raise SystemExit("not computed: " + ", ".join(sorted(lacking)))
    geometry_seconds = donor.cpu_seconds - cpu_seconds(
        data[key_of("pyscf", str(donor.nuclei["13C"].shielding_level), GEOMETRY_LEVELS[geometries])]
    )
    file = replace(
        donor,
        protocol=name,
        settings=ours["13C"]["settings"],
        qmnmr_version=metadata.version("qmnmr"),
        date=datetime.now(UTC).date().isoformat(),
        command=f"python bench/study/factors.py {name} {geometries}",
        cpu_seconds=round(geometry_seconds + sum(cpu_seconds(level) for level in ours.values()), 1),
        nuclei={
            n: fit_factors(
                with_environments(points({m: level["molecules"][m] for m in names}, n), set_name="DELTA50"),
                nucleus=n,
                shielding_level=protocol.shielding_level(ELEMENTS[n]),
            )
            for n, level in ours.items()
        },
        agreements=(),
    )
    theirs = {n: data.get(key_of("nwchem", level, GEOMETRY_LEVELS[geometries])) for n, level in levels.items()}
    proof = agreement(file.nuclei, {n: t for n, t in theirs.items() if t is not None})
    return replace(file, agreements=() if proof is None else (proof,))


def cpu_seconds(level: dict) -> float:
    return sum(m["cpu_seconds"] for m in level["molecules"].values())


def agreement(nuclei: dict[str, ScalingFactors], theirs: dict[str, dict]) -> EngineAgreement | None:
    """Return how far NWChem's shifts on the same geometries are, None if it has none or they differ by too much."""
    differences: dict[str, list[float]] = {n: [] for n in nuclei}
    molecules: dict[str, set[str]] = {n: set() for n in nuclei}
    for n, level in theirs.items():
        fitted = {(r.point.molecule, r.point.atoms): r.point.shielding_ppm for r in nuclei[n].residuals}
        for p in points(level["molecules"], n):
            differences[n].append((p.shielding_ppm - fitted[p.molecule, p.atoms]) / nuclei[n].slope)
            molecules[n].add(p.molecule)
    if not all(differences.values()):
        return None
    largest = {n: round(max(map(abs, d)), 4) for n, d in differences.items()}
    if any(largest[n] > LIMITS_PPM[n] for n in largest):
        raise SystemExit(f"NWChem differs by {largest} ppm: these factors are not for both")
    versions = {m["program"] for level in theirs.values() for m in level["molecules"].values()}
    return EngineAgreement(
        engine="nwchem",
        program_version=", ".join(sorted(versions)),
        n_molecules=min(len(names) for names in molecules.values()),
        largest_shift_difference_ppm=largest,
        rmsd_ppm={n: round(root_mean_square(d), 4) for n, d in differences.items()},
        date=datetime.now(UTC).date().isoformat(),
    )


if __name__ == "__main__":
    main()
