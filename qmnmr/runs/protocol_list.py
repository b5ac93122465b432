"""What every protocol is, and how good it was on its calibration set."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.calibration import FactorFile
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.engines import engine_names, get_engine
from qmnmr.runs.protocols import get_protocol, protocol_names
from qmnmr.runs.sources.shift_sources import run_level
from qmnmr.shifts.scaling import find_factors


def list_protocols(files: Sequence[FactorFile]) -> list[dict[str, object]]:
    """Return one row for each protocol, engine and calibrated nucleus, in chloroform.

    n and errors are None where there are no factors.
    Keys: name, description, engine, nucleus, level, geometry, solvent, n, rmsd_ppm, loo_rmsd_ppm, source.
    """
    rows: list[dict[str, object]] = []
    for name in protocol_names():
        protocol = get_protocol(name, solvent=CHLOROFORM)
        for engine in engine_names():
            level = run_level(protocol, engine=get_engine(engine))
            found = find_factors(files, level)
            for nucleus, shielding in sorted(level.shielding_levels.items()):
                entry = found.get(nucleus)
                rows.append(
                    {
                        "name": name,
                        "description": protocol.description,
                        "engine": engine,
                        "nucleus": nucleus,
                        "level": str(shielding),
                        "geometry": str(protocol.optimization),
                        "solvent": CHLOROFORM.name,
                        "n": None if entry is None else entry.factors.n,
                        "rmsd_ppm": None if entry is None else entry.factors.rmsd_ppm,
                        "loo_rmsd_ppm": None if entry is None else entry.factors.loo_rmsd_ppm,
                        "source": None if entry is None else _source(entry.file),
                    }
                )
    return rows


def _source(file: FactorFile) -> str:
    return f"{file.set_name}, {', '.join(file.program_versions)}, {file.date}"
