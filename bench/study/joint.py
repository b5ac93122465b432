"""Puts STX100 into the shipped factors of a protocol: the points of DELTA50 that they have, and those of external.json.

    python bench/study/joint.py standard

Nothing is computed: the file becomes what `qmnmr calibrate --set delta50 --set stx100` makes of the same shieldings.
All molecules of the set must be there.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import external
from refit import FOLDER

from qmnmr.datatypes.calibration import FactorFile
from qmnmr.records import encode, write_atomically
from qmnmr.shifts.fit.calibration_set import joined_sets, shipped_set


def with_stx100(protocol: str) -> FactorFile:
    """Return the factors of both sets."""
    file, rows = external.shipped_file(protocol), external.rows(protocol)
    done, of = external.progress(protocol)
    if done < of:
        raise SystemExit(f"{protocol}: {done} of {of} molecules are computed; bench/external.py computes the rest")
    names = ("delta50", external.SET)
    if file.set_name != shipped_set(names[0]).name:
        raise SystemExit(f"{protocol}: its factors are of {file.set_name} already; bench/study/refit.py fits again")
    programs = {program for row in rows.values() for program in row["programs"]}
    if programs != set(file.program_versions):
        raise SystemExit(f"{protocol}: computed with {sorted(programs)}, DELTA50 with {file.program_versions}")
    both = joined_sets([shipped_set(name) for name in names])
    return replace(
        file,
        set_name=both.name,
        set_source=both.source,
        date=max(row["date"] for row in rows.values()),
        command=file.command.replace("--set delta50", " ".join(f"--set {name}" for name in names)),
        cpu_seconds=round(file.cpu_seconds + sum(row["cpu_seconds"] for row in rows.values()), 1),
        nuclei={nucleus: external.joint(protocol, nucleus) for nucleus in file.nuclei},
    )


def main() -> None:
    """Fit both sets and write the shipped file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("protocol", choices=external.PROTOCOLS)
    protocol = parser.parse_args().protocol
    file = with_stx100(protocol)
    write_atomically(FOLDER / f"{protocol}.json", encode(file))
    for nucleus, factors in file.nuclei.items():
        print(f"{protocol} {nucleus}: n {factors.n}, leave-one-out {factors.loo_rmsd_ppm} ppm")


if __name__ == "__main__":
    main()
