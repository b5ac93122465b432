"""What every protocol is, and how good it was on its calibration set."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.calibration import FactorFile
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import Solvent
from qmnmr.engines import engine_names, get_engine
from qmnmr.runs.protocols import get_protocol, protocol_names
from qmnmr.runs.sources.shift_sources import elements_of, run_level
from qmnmr.shifts.scaling import find_factors

_ALWAYS = frozenset({"13C", "1H"})


def list_protocols(files: Sequence[FactorFile]) -> list[dict[str, object]]:
    """Return one row for each protocol, engine, nucleus and solvent with factors; 13C and 1H in chloroform always.

    n and errors are None where there are no factors.
    Keys: name, description, engine, nucleus, level, geometry, solvent, n, rmsd_ppm, loo_rmsd_ppm, source.
    """
    media = {file.geometry_level.solvent for file in files} - {CHLOROFORM}
    solvents = [CHLOROFORM, *sorted(media, key=lambda s: "" if s is None else s.name)]
    return [
        row
        for name in protocol_names()
        for engine in engine_names()
        for solvent in solvents
        for row in _rows(name, engine, solvent, files)
    ]


def _rows(name: str, engine: str, solvent: Solvent | None, files: Sequence[FactorFile]) -> list[dict[str, object]]:
    protocol = get_protocol(name, solvent=solvent)
    level = run_level(
        protocol, engine=get_engine(engine), elements=elements_of({n for file in files for n in file.nuclei} | _ALWAYS)
    )
    found = find_factors(files, level)
    rows: list[dict[str, object]] = []
    for nucleus, shielding in sorted(level.shielding_levels.items()):
        entry = found.get(nucleus)
        if entry is None and not (nucleus in _ALWAYS and solvent == CHLOROFORM):
            continue
        rows.append(
            {
                "name": name,
                "description": protocol.description,
                "engine": engine,
                "nucleus": nucleus,
                "level": str(shielding),
                "geometry": str(protocol.optimization),
                "solvent": "gas phase" if solvent is None else solvent.name,
                "n": None if entry is None else entry.factors.n,
                "rmsd_ppm": None if entry is None else entry.factors.rmsd_ppm,
                "loo_rmsd_ppm": None if entry is None else entry.factors.loo_rmsd_ppm,
                "source": None if entry is None else _source(entry.file),
            }
        )
    return rows


def _source(file: FactorFile) -> str:
    return f"{file.set_name}, {', '.join(file.program_versions)}, {file.date}"
