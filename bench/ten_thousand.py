"""Ten thousand molecules on a real Slurm, as commands: CPU seconds (with the commands that they start) and peak memory.

All molecules are different, of at most 12 heavy atoms; of every sixth the configuration is given, of one in fifteen it
is left open. The arrays are held. The finished run that is collected is fabricated: what tasks write, uncomputed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from submission import BETWEEN, ENDS, NEEDED, _cluster_module

COUNT = 10_000
MAX_HEAVY_ATOMS = 12
MORE_ENDS = ("CN(C)C", "CC(C)C", "C(=O)O", "CCF", "CC(N)=O")
FRAMES = (
    *(f"{middle[0]}({{0}}){middle[1:]}{{1}}" for middle in BETWEEN),
    *("C({0})(C){1}", "[C@H]({0})(O){1}", "C({0})(O){1}", "[C@@H]({0})(C){1}", "C(/{0})=C/{1}", "C(/{0})=C\\{1}"),
    *("N({0})(C){1}", "C({0})#C{1}", "c%11({0})ccc({1})cc%11", "c%11({0})cccc({1})c%11", "c%11({0})ccc({1})o%11"),
    *("C({0})(F)(F){1}", "[C@@H]({0})(N){1}"),
)
WORDS = ("--protocol", "draft", "--engine", "nwchem", "--solvent", "gas", "--site", "held", "--yes")
PROFILE = 'name = "held"\ndescription = "all arrays are held"\ntemplate = "generic.sh.j2"\ndirectives = ["--hold"]\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a command took."""

    cpu_seconds: float
    peak_mb: float
    told: str  # stderr


def measures() -> list[dict[str, object]]:
    """Return what submit, status and collect take; nothing where there is no Slurm."""
    os.environ["PATH"] += ":/usr/sbin"
    if any(shutil.which(name) is None for name in NEEDED):
        return []
    found: list[dict[str, object]] = []
    with _cluster_module().running_cluster(MAXJOBS=100_000) as cluster, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sites = folder / "config" / "qmnmr" / "sites"
        sites.mkdir(parents=True)
        (sites / "held.toml").write_text(PROFILE, encoding="utf-8")
        environment = cluster.environment | {"XDG_CONFIG_HOME": str(folder / "config")}
        source, run = folder / "in.smi", folder / "run"
        source.write_text("".join(f"{smiles} m{n}\n" for n, smiles in enumerate(small_molecules(COUNT))))
        used = _used("submit", source, *WORDS, "--out", run, environment=environment)
        found += _measures("submit", used, cpu_goal=8.0, memory_goal=150)
        lines = sum("molecules read" in line for line in used.told.splitlines())
        found.append(_measure("lines of progress while they are read", lines, 5, "higher", "on stderr"))
        used = _used("status", run, environment=environment)
        found += _measures("status", used, cpu_goal=None, memory_goal=None)
        cluster.run("scancel", "--user", str(os.getuid()))
        _finish(run)
        for words in (("collect", run), ("collect", run, "--json")):
            title = " ".join(str(word) for word in words if word is not run)
            found += _measures(title, _used(*words, environment=environment), cpu_goal=4.0, memory_goal=200)
    return found


def small_molecules(count: int) -> list[str]:
    """Return the SMILES of molecules of at most 12 heavy atoms that all differ."""
    from rdkit import Chem

    ends = (*ENDS, *MORE_ENDS)
    found: dict[str, str] = {}
    for frame, left, right in product(FRAMES, ends, ends):
        written = frame.format(left, right)
        mol = Chem.MolFromSmiles(written)
        if mol.GetNumHeavyAtoms() <= MAX_HEAVY_ATOMS:
            found.setdefault(Chem.MolToSmiles(mol), written)
    return list(found.values())[:: len(found) // count][:count]


def _used(*words: str | Path, environment: dict[str, str]) -> Used:
    argv = [sys.executable, "-m", "qmnmr", *map(str, words)]
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=told)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        text = told.read().decode()
    if process.returncode != 0:
        raise RuntimeError(f"{argv} ended with {process.returncode}:\n{text}")
    return Used(cpu_seconds=usage.ru_utime + usage.ru_stime, peak_mb=usage.ru_maxrss * 1024 / 1e6, told=text)


def _measures(name: str, used: Used, *, cpu_goal: float | None, memory_goal: int | None) -> list[dict[str, object]]:
    against = "the command whole"
    title = f"{name} {COUNT} molecules"
    return [
        _measure(f"{title}, CPU seconds", round(used.cpu_seconds, 1), cpu_goal, "lower", against),
        _measure(f"{title}, peak memory in MB", round(used.peak_mb), memory_goal, "lower", against),
    ]


def _measure(name: str, value: float, goal: float | None, better: str, against: str) -> dict[str, object]:
    return {"name": name, "value": value, "goal": goal, "better": better, "against": against}


def _finish(path: Path) -> None:
    """Write for each molecule of a run what its task would have left."""
    from qmnmr.cluster.job_records import JobsFolder
    from qmnmr.runs.folder.run_folder import RunFolder

    run = RunFolder(path)
    places = {id_: (r, i) for r in JobsFolder(path).records() for i, id_ in enumerate(r.molecules)}
    for molecule in run.molecules():
        record, index = places[molecule.id]
        _finish_molecule(run, molecule, record, index)


def _finish_molecule(run: Any, molecule: Any, record: Any, index: int) -> None:
    from qmnmr.cluster.task_record import TaskRecord
    from qmnmr.datatypes.funnel import FunnelStep
    from qmnmr.datatypes.job import JobState
    from qmnmr.datatypes.shift import ChemicalShift, Prediction, PredictionStatus, Provenance, WeightedConformer
    from qmnmr.records import encode, encode_sealed

    settings = run.settings()
    when = "2026-01-01T00:00:00+00:00"
    provenance = Provenance(
        qmnmr_version=settings.qmnmr_version,
        engine=settings.engine,
        program_versions=("7.3.1",),
        protocol=settings.protocol.name,
        steps=settings.protocol.decisive_steps,
        solvent="gas phase",
        dielectric_constant=None,
        temperature_kelvin=298.15,
        conformer_search="rdkit",
        toolkit_versions={"rdkit": "2026.3.4"},
        referencing={"1H": "factors", "13C": "factors"},
        host="n1",
        date_utc=when,
        cpu_seconds=600.0,
    )
    shift = ChemicalShift(
        atom_indices=(0,),
        element="C",
        nucleus="13C",
        shielding_ppm=150.1234,
        shift_ppm=30.5,
        uncertainty_ppm=2.1,
    )
    conformer = WeightedConformer(label="c001", energy_hartree=-300.123456, degeneracy=1.0, population=1 / 3)
    step = FunnelStep(name="search", method="", entered=9, left=5, cpu_seconds=12.5, remark="2 duplicates")
    prediction = Prediction(
        molecule=molecule,
        status=PredictionStatus.COMPLETED,
        messages=(),
        shifts=(shift,) * 5,
        conformers=(conformer,) * 3,
        funnel=(step,) * 5,
        provenance=provenance,
    )
    task = TaskRecord(
        number=record.number,
        start=0,
        job=record.job or "",
        index=index,
        node="n1",
        state=JobState.COMPLETED,
        started_utc=when,
        updated_utc=when,
    )
    folder = run.molecule_folder(molecule).path
    folder.mkdir(parents=True)
    (folder / "prediction.json").write_bytes(encode_sealed(prediction))
    (folder / "task.json").write_bytes(encode(task))


if __name__ == "__main__":
    for measure in measures():
        print(measure)
