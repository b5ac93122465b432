"""Submitting 1,000 and 5,000 held tasks, against submitit's own map_array of a trivial function on the same cluster.

The molecules are all different. CPU seconds are those of the submitting process and of the commands that it starts.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

COUNTS = (1000, 5000)
REPEATS = 3
ENDS = (
    *("C", "CC", "CCC", "CCCC", "CCCCC", "C(C)C", "C(C)(C)C", "C1CC1", "C1CCC1", "C1CCCC1", "C1CCCCC1", "C=C", "C#C"),
    *("CC#N", "CCO", "CCOC", "CC(=O)C", "CC(=O)OC", "C(F)(F)F", "c1ccccc1", "c1ccncc1", "c1ccco1", "c1cccs1"),
    *("c1ccc(F)cc1", "c1ccc(Cl)cc1", "c1ccc(OC)cc1", "c1ccc(C)cc1", "c1ccc2ccccc2c1"),
)
BETWEEN = (
    *("O", "S", "CO", "COC", "CSC", "C(=O)", "C(=O)O", "C(=O)N", "NC(=O)N", "CNC", "S(=O)(=O)", "C(C)(C)", "CC", "CCC"),
    *("C(=O)CC(=O)", "C(=O)OCC", "CCOCC", "CCNCC", "NC(=O)C", "OCCO", "C(=O)C"),
)
NEEDED = ("slurmctld", "slurmd", "sbatch", "munged")


def measures() -> list[dict[str, object]]:
    """Return times, files per task and scheduler calls; nothing where there is no Slurm."""
    os.environ["PATH"] += ":/usr/sbin"
    if any(shutil.which(name) is None for name in NEEDED):
        return []
    found: list[dict[str, object]] = []
    with _cluster_module().running_cluster(MAXARRAY=5001, MAXJOBS=100_000) as cluster:
        os.environ["SLURM_CONF"] = cluster.environment["SLURM_CONF"]
        with tempfile.TemporaryDirectory() as folder:
            for count in COUNTS:
                found += _compare(Path(folder), count)
        del os.environ["SLURM_CONF"]
    return found


def _compare(folder: Path, count: int) -> list[dict[str, object]]:
    run = _prepared_run(folder / f"run-{count}", count)
    bare_folder = folder / f"bare-{count}"
    ours, ours_cpu = _least(lambda _: _submit_ours(run))
    bare, bare_cpu = _least(lambda number: _submit_bare(bare_folder / str(number), count))
    files = sum(1 for p in (run.path / "jobs").rglob("*") if p.is_file() and not p.is_symlink()) / REPEATS
    bare_files = sum(1 for p in bare_folder.rglob("*") if p.is_file() and not p.is_symlink()) / REPEATS
    status_seconds, calls = _status(run, count)
    _cancel()
    return [
        {
            "name": f"submit {count} molecules, seconds over submitit's map_array",
            "value": round(ours / bare, 2),
            "goal": 1.5,
            "better": "lower",
            "against": f"submitit {_version()}: {bare:.2f} s; ours {ours:.2f} s",
        },
        {
            "name": f"submit {count} molecules, CPU seconds over submitit's map_array",
            "value": round(ours_cpu / bare_cpu, 2),
            "goal": 1.5,
            "better": "lower",
            "against": f"submitit {_version()}: {bare_cpu:.2f} s; ours {ours_cpu:.2f} s; all molecules different",
        },
        {
            "name": f"files of a submission of {count} on the shared disk, per task",
            "value": round(files / count, 4),
            "goal": 4.0,
            "better": "lower",
            "against": f"submitit: {bare_files / count:.2f} before any task ran, 4 afterwards",
        },
        {
            "name": f"scheduler calls for the status of {count} molecules",
            "value": calls,
            "goal": 1,
            "better": "lower",
            "against": f"one for the whole run; {status_seconds:.2f} s",
        },
    ]


def _prepared_run(path: Path, count: int) -> Any:
    """Return a run of many molecules: reading them and loading modules is not what is measured."""
    import submitit.slurm.slurm  # noqa: F401

    import qmnmr.cluster.schedulers
    import qmnmr.cluster.submission  # noqa: F401
    from qmnmr.runs.folder.run_folder import RunFolder
    from qmnmr.runs.plan import plan_run
    from qmnmr.runs.request import RunRequest

    inputs = tuple(different_molecules(count))
    plan = plan_run(RunRequest(inputs=inputs, solvent="gas", protocol="draft", engine="nwchem"))
    run = RunFolder(path)
    run.start(plan.settings, plan.molecules)
    return run


def different_molecules(count: int) -> list[str]:
    """Return the SMILES of molecules that all differ, of 4 to some 40 atoms and with up to a dozen bonds to turn."""
    from itertools import product

    from rdkit import Chem

    written = (f"{middle[0]}({left}){middle[1:]}{right}" for middle, left, right in product(BETWEEN, ENDS, ENDS))
    found = list(dict.fromkeys(Chem.CanonSmiles(smiles) for smiles in written))
    return found[:: len(found) // count][:count]


def _submit_ours(run: Any) -> None:
    from dataclasses import replace

    from qmnmr.cluster.job_records import SubmitSettings
    from qmnmr.cluster.schedulers import find_scheduler
    from qmnmr.cluster.sites.profile_files import load_profiles, profile_folders
    from qmnmr.cluster.submission import submit_arrays
    from qmnmr.cluster.submission_plan import plan_submission
    from qmnmr.cluster.submission_site import find_cluster

    settings = SubmitSettings(cores=1, memory_mb=500, minutes=60)
    profiles = load_profiles(profile_folders(os.environ))
    cluster = find_cluster(settings, profiles, scheduler=find_scheduler("slurm"))
    held = replace(cluster, site=_with_hold(cluster.site))
    plan = plan_submission(run.molecules(), run.settings().protocol, engine="nwchem", settings=settings, cluster=held)
    for _ in submit_arrays(run, plan, settings=settings, cluster=held):
        pass


def _with_hold(site: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(site, directives=("--hold",))


def _submit_bare(folder: Path, count: int) -> None:
    from submitit.slurm.slurm import SlurmExecutor

    executor = SlurmExecutor(folder)
    executor.update_parameters(time=60, additional_parameters={"hold": True})
    executor.map_array(abs, range(count))


def _status(run: Any, count: int) -> tuple[float, int]:
    """Return the seconds that a status takes, and how many commands of Slurm it starts."""
    from qmnmr.cluster.run_status import run_status
    from qmnmr.cluster.schedulers import scheduler_of
    from qmnmr.cluster.slurm import commands

    calls = 0
    real = commands.run_slurm

    def counting(*arguments: Any, **settings: Any) -> str:
        nonlocal calls
        calls += 1
        return real(*arguments, **settings)

    commands.run_slurm = counting
    try:
        seconds = _seconds(lambda: _check_pending(run_status(run, scheduler=scheduler_of(run)), count))
    finally:
        commands.run_slurm = real
    return seconds, calls


def _check_pending(status: Any, count: int) -> None:
    if {str(state): n for state, n in status.counts.items()} != {"pending": count}:
        raise AssertionError(status.counts)


def _cancel() -> None:
    import getpass
    import subprocess

    subprocess.run(["scancel", "--user", getpass.getuser()], check=False, timeout=60)
    time.sleep(2)


def _seconds(work: Callable[[], object]) -> float:
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def _least(work: Callable[[int], object]) -> tuple[float, float]:
    """Return the least seconds and CPU seconds of several times: files are written at very different speeds."""
    times = [_times(partial(work, number)) for number in range(REPEATS)]
    return min(seconds for seconds, _ in times), min(cpu for _, cpu in times)


def _times(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that work takes, and the CPU seconds of this process and of the commands that it starts."""
    before = os.times()
    seconds = _seconds(work)
    after = os.times()
    return seconds, sum(after[:4]) - sum(before[:4])


def _version() -> str:
    from importlib.metadata import version

    return version("submitit")


def _cluster_module() -> ModuleType:
    path = Path(__file__).resolve().parent.parent / "tests" / "slurm_cluster" / "cluster.py"
    spec = importlib.util.spec_from_file_location("cluster", path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    for measure in measures():
        print(measure)
