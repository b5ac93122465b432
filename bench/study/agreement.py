"""Writes into a factor file how far another engine's shifts are from those of the engine that it was fitted with.

    python bench/study/agreement.py FACTORS RUN OTHER_RUN

RUN is the calibration's run folder, OTHER_RUN the same protocol on the other engine, for some molecules of the set.
Every molecule that both have counts. The file then serves the other engine too, so it is written only if no shift of
13C and 1H differs by more than 0.2 and 0.02 ppm.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from qmnmr.calibration.calibration import molecule_points, read_set
from qmnmr.datatypes.calibration import EngineAgreement, FactorFile
from qmnmr.datatypes.shift import PredictionStatus
from qmnmr.records import encode, write_atomically
from qmnmr.report.structure_file import geometry_of_sdf
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.sources.shift_sources import read_factor_file
from qmnmr.shifts.fit.regression import root_mean_square

LIMITS_PPM = {"13C": 0.2, "1H": 0.02}


def main() -> int:
    path, ours, theirs = Path(sys.argv[1]), RunFolder(Path(sys.argv[2])), RunFolder(Path(sys.argv[3]))
    file = read_factor_file(path)
    differences, versions, count = compare_engines(file, ours, theirs)
    largest = {n: round(max(map(abs, d)), 4) for n, d in differences.items()}
    proof = EngineAgreement(
        engine=theirs.settings().engine,
        program_version=", ".join(sorted(versions)),
        n_molecules=count,
        largest_shift_difference_ppm=largest,
        rmsd_ppm={n: round(root_mean_square(d), 4) for n, d in differences.items()},
        date=datetime.now(UTC).date().isoformat(),
    )
    print(proof)
    if any(largest[n] > LIMITS_PPM[n] for n in largest):
        print("they differ by too much: nothing was written", file=sys.stderr)
        return 1
    kept = tuple(a for a in file.agreements if a.engine != proof.engine)
    write_atomically(path, encode(replace(file, agreements=(*kept, proof))))
    return 0


def compare_engines(
    file: FactorFile, ours: RunFolder, theirs: RunFolder
) -> tuple[dict[str, list[float]], set[str], int]:
    """Return the differences of the shifts by nucleus, the other engine's versions and the number of molecules."""
    if ours.settings().protocol != theirs.settings().protocol:
        raise SystemExit("the runs are of different protocols")
    entries = {m.name: m for m in read_set("delta50").molecules}
    differences: dict[str, list[float]] = {}
    versions: set[str] = set()
    count = 0
    for molecule in theirs.molecules():
        loaded = (ours.load_prediction(molecule), theirs.load_prediction(molecule))
        pair = [p for p in loaded if p is not None and p.status is PredictionStatus.COMPLETED and not p.failures]
        if len(pair) != 2:
            continue
        found = [
            molecule_points(molecule, entries[molecule.name], p, geometry=geometry_of(run, molecule))
            for p, run in zip(pair, (ours, theirs), strict=True)
        ]
        for (nucleus, a), (_, b) in zip(*found, strict=True):
            slope = file.nuclei[nucleus].slope
            differences.setdefault(nucleus, []).append((b.shielding_ppm - a.shielding_ppm) / slope)
        if pair[1].provenance is not None:
            versions |= set(pair[1].provenance.program_versions)
        count += 1
    return differences, versions, count


def geometry_of(run: RunFolder, molecule):
    text = (run.molecule_folder(molecule).path / "structure.sdf").read_text(encoding="utf-8")
    return geometry_of_sdf(text, symbols=molecule.symbols)


if __name__ == "__main__":
    sys.exit(main())
