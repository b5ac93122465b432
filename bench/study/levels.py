"""The cost-accuracy study: shieldings of DELTA50 at many levels on the same geometries.

    python bench/study/levels.py GEOMETRIES WORK LEVEL... [--engine NAME] [--seconds N] [--subset] [--only NAME;NAME]

GEOMETRIES is the run folder of a `qmnmr calibrate --set delta50`, finished or not (its final conformers are taken as
they are), or geometries-xtb.json, or geometries-draft.json. WORK keeps every calculation, so that a stopped study goes
on. A level is written FUNCTIONAL/BASIS for COSMO(chloroform), FUNCTIONAL/BASIS/uff for the same in a cavity of UFF's
radii, FUNCTIONAL/BASIS/gas. Each finished level and molecule goes into bench/study/shieldings.json with its CPU time;
`python bench/study/table.py` makes the table of it.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from subset import SUBSET

from qmnmr.calibration.calibration import molecule_points, read_set
from qmnmr.conformers.equivalence import equivalent_sets
from qmnmr.datatypes.calculation import Calculation, CalculationKind, CalculationResult
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Conformer, Ensemble
from qmnmr.datatypes.shift import NUCLEI, ChemicalShift, Prediction, PredictionStatus
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.engines import get_engine
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import Workplace, run_calculation
from qmnmr.programs.scratch import ScratchFolder, choose_scratch
from qmnmr.records import decode, encode
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.shifts.averaging import average_shieldings
from qmnmr.shifts.populations import boltzmann_populations

RESULTS = Path(__file__).parent / "shieldings.json"
MEMORY_MB = 3000
TEMPERATURE_KELVIN = 298.15


GEOMETRY_LEVELS = {
    "geometries-xtb.json": "GFN2-xTB, ALPB(chloroform)",
    "geometries-draft.json": "B3LYP/6-31G* spherical, COSMO(chloroform)",
}
"""By file; those of draft are what its shipped factors were fitted on (PySCF 2.14.0, 2026-11-21)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("geometries", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("levels", nargs="+")
    parser.add_argument("--engine", default="pyscf", choices=("pyscf", "nwchem"))
    parser.add_argument("--seconds", type=float, default=1e9, help="start no calculation after this time")
    parser.add_argument("--subset", action="store_true", help="only the molecules of subset.py")
    parser.add_argument("--only", default="", help="names of molecules, with ; between")
    chosen = parser.parse_args()
    started = time.monotonic()
    measured = {m.name: m for m in read_set("delta50").molecules}
    wanted = set(SUBSET) if chosen.subset else set(measured)
    wanted &= set(chosen.only.split(";")) if chosen.only else wanted
    label, ensembles = read_geometries(chosen.geometries)
    root = choose_scratch(None, os.environ, needed_mb=500)
    with ScratchFolder.create(root) as scratch:
        workplace = Workplace(engine=get_engine(chosen.engine), scratch=scratch, programs=Programs(scratch))
        for text in chosen.levels:
            level = parse_level(text)
            for ensemble in ensembles:
                name = ensemble.molecule.name
                if name not in wanted or name in stored(chosen.engine, level, label):
                    continue
                if time.monotonic() - started > chosen.seconds:
                    return
                place = f"{chosen.engine}-{text}-{label}".replace("/", "_").replace("*", "s").replace(" ", "_")
                folder = MoleculeFolder(chosen.work / place / ensemble.molecule.id)
                results = [shield(c, ensemble, level, workplace, folder) for c in ensemble.conformers]
                store(chosen.engine, level, label, {name: entry(ensemble, results, measured[name])})
                print(text, name, round(sum(r.cpu_seconds for r in results), 1), flush=True)


def read_geometries(source: Path) -> tuple[str, list[Ensemble]]:
    """Return the level of the geometries and the conformers of each molecule, lowest energy first."""
    if source.suffix == ".json":
        return GEOMETRY_LEVELS[source.name], decode(source.read_bytes(), list[Ensemble], source=source)
    run = RunFolder(source)
    predictions = [p for p in (run.load_prediction(m) for m in run.molecules()) if p is not None]
    return str(run.settings().protocol.optimization), [final_conformers(run, p) for p in predictions]


def parse_level(text: str) -> LevelOfTheory:
    functional, basis, *rest = text.split("/")
    solvent = None if rest == ["gas"] else CHLOROFORM
    cavity = "uff" if rest == ["uff"] else "klamt"
    return LevelOfTheory(functional=functional, basis=basis, spherical=True, solvent=solvent, cavity=cavity)


def final_conformers(run: RunFolder, prediction: Prediction) -> Ensemble:
    """Return the conformers of a finished molecule as they were shielded."""
    found = []
    with zipfile.ZipFile(run.molecule_folder(prediction.molecule).path / "calculations.zip") as archive:
        for c in prediction.conformers:
            name = next(
                n for n in archive.namelist() if n.startswith(f"{c.label}-shielding") and n.endswith("result.json")
            )
            record = json.loads(archive.read(name))["result"]
            result = decode(json.dumps(record).encode(), CalculationResult, source=name)
            found.append(
                Conformer(
                    label=c.label, geometry=result.geometry, energy_hartree=c.energy_hartree, degeneracy=c.degeneracy
                )
            )
    return Ensemble(molecule=prediction.molecule, conformers=tuple(found))


def shield(
    conformer: Conformer, ensemble: Ensemble, level: LevelOfTheory, workplace: Workplace, folder: MoleculeFolder
) -> CalculationResult:
    calculation = Calculation(
        label=f"{conformer.label}-shielding",
        kind=CalculationKind.SHIELDING,
        geometry=conformer.geometry,
        charge=0,
        multiplicity=1,
        level=level,
    )
    share = Resources(cores=1, memory_mb=MEMORY_MB)
    outcome = run_calculation(
        calculation, workplace=workplace, store=folder, cores=share.cores, memory_mb=share.memory_mb
    )
    if not isinstance(outcome, CalculationResult):
        raise SystemExit(f"{ensemble.molecule.name} {level}: {outcome.message} ({outcome.evidence})")
    return outcome


def entry(ensemble: Ensemble, results: list[CalculationResult], measured) -> dict:
    """Return CPU time and the shielding beside each measured shift."""
    molecule = ensemble.molecule
    populations = boltzmann_populations(
        [c.energy_hartree for c in ensemble.conformers if c.energy_hartree is not None],
        degeneracies=[c.degeneracy for c in ensemble.conformers],
        temperature_kelvin=TEMPERATURE_KELVIN,
    )
    averaged = average_shieldings(
        [[s.isotropic_ppm for s in r.shieldings] for r in results],
        populations=populations,
        sets=equivalent_sets(molecule, ensemble),
        symbols=molecule.symbols,
    )
    rows = tuple(
        ChemicalShift(
            atom_indices=a.atom_indices,
            element=a.element,
            nucleus=NUCLEI.get(a.element, ""),
            shielding_ppm=a.shielding_ppm,
            shift_ppm=None,
            uncertainty_ppm=None,
        )
        for a in averaged
    )
    bare = Prediction(molecule=molecule, status=PredictionStatus.COMPLETED, messages=(), shifts=rows)
    best = max(range(len(results)), key=populations.__getitem__)
    points = molecule_points(molecule, measured, bare, geometry=ensemble.conformers[best].geometry)
    return {
        "cpu_seconds": round(sum(r.cpu_seconds for r in results), 2),
        "conformers": len(results),
        "program": f"{results[0].program} {results[0].program_version}",
        "points": [[nucleus, list(p.atoms), p.environment, p.measured_ppm, p.shielding_ppm] for nucleus, p in points],
    }


def key_of(engine: str, level: LevelOfTheory | str, geometry: str) -> str:
    return f"{engine}|{level}|{geometry}"


def stored(engine: str, level: LevelOfTheory, geometry: str) -> dict:
    return everything().get(key_of(engine, level, geometry), {}).get("molecules", {})


def everything() -> dict:
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def store(engine: str, level: LevelOfTheory, geometry: str, found: dict[str, dict]) -> None:
    head = {
        "engine": engine,
        "level": str(level),
        "geometry": geometry,
        "settings": get_engine(engine).settings(),
        "date": datetime.now(UTC).date().isoformat(),
        "molecules": {},
    }
    with RESULTS.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # studies may run beside each other
        data = everything()
        data.setdefault(key_of(engine, level, geometry), head)["molecules"] |= found
        fresh = RESULTS.with_suffix(".new")
        fresh.write_bytes(encode(data))
        fresh.replace(RESULTS)


if __name__ == "__main__":
    main()
