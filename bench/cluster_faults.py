"""Faults on a real Slurm that no test provokes: what was expected and what was seen, in cluster_faults.json.

    python bench/cluster_faults.py run [NAME...]    provoke them, each on a cluster of its own, and keep what was seen
    python bench/cluster_faults.py table            print what is kept

As root, with NWChem and Slurm. The tests provoke the others (tests/system/slurm).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from store import load, save

HERE = Path(__file__).parent
STORED = HERE / "cluster_faults.json"
SETTINGS = (
    "--protocol",
    "draft",
    "--solvent",
    "gas",
    "--cores",
    "1",
    "--memory-gb",
    "1",
    "--time",
    "30",
    "--yes",
)
NWCHEM = ("--engine", "nwchem")
SAME_PPM = 0.001

sys.path.insert(0, str(HERE.parent))

from tests.slurm_cluster.cluster import Cluster, running_cluster  # noqa: E402
from tests.slurm_cluster.other_user import other_user  # noqa: E402
from tests.system.slurm.conftest import DISTORTED, given, shieldings  # noqa: E402
from tests.system.slurm.test_cluster_faults import command_name, programs_in  # noqa: E402
from tests.system.slurm.test_faults import file_system, task_id, wait_for_optimization, wait_for_step  # noqa: E402


@dataclass
class Scene:
    """A cluster, a folder, and the run that suffers."""

    cluster: Cluster
    folder: Path
    stack: ExitStack
    expected: dict[str, list[float]]
    words: list[str] = field(default_factory=list)  # what else was seen

    @property
    def scratch(self) -> Path:
        return self.folder / "scratch"

    def submit(
        self, *names: str, engine: str = "nwchem", run: Path | None = None, scratch: Path | None = None, **settings: Any
    ) -> Path:
        run = run or self.folder / "run"
        where = ("--scratch", str(scratch or self.scratch), "--out", str(run))
        words = (*given(self.folder, *names), *SETTINGS, "--engine", engine)
        self.cluster.qmnmr("submit", *words, *where, **settings)
        return run

    def states(self, run: Path) -> list[str]:
        return [s["state"] for s in self.cluster.wait_until_idle(run).values()]

    def message(self, run: Path) -> str:
        return "; ".join(s["message"] for s in self.cluster.states(run).values() if s["message"])


Provoke = Callable[[Scene], tuple[Path, list[str]]]
"""Provokes a fault and returns the run and the states that were seen."""

FAULTS: dict[str, tuple[list[str], Provoke, dict[str, object]]] = {}
"""What is expected, in the molecules' order, how the fault is provoked, and the knobs of its cluster, by name."""


def fault(name: str, *expected: str, **knobs: object) -> Callable[[Provoke], Provoke]:
    def register(provoke: Provoke) -> Provoke:
        FAULTS[name] = (list(expected), provoke, knobs)
        return provoke

    return register


def task_python(scene: Scene) -> int:
    """Return the process of the task that the job's script started."""
    owner = int((next(scene.scratch.glob("qmnmr-job-*")) / "owner").read_text().split()[1])
    return int(scene.cluster.run("pgrep", "-P", str(owner)).stdout.split()[0])


@fault("kill -9 of the task's Python within an optimisation", "crashed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit(DISTORTED)
    wait_for_step(scene.scratch, 2)
    os.kill(task_python(scene), signal.SIGKILL)
    states = scene.states(run)
    scene.words.append(scene.message(run))
    return run, states


@fault("kill -9 of every program of a calculation, as often as it is tried", "failed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit(DISTORTED)
    wait_for_step(scene.scratch, 1)
    while any(s["state"] in ("running", "completing") for s in scene.cluster.states(run).values()):
        for pid in programs_in(scene.scratch):
            if "nwchem" in command_name(pid):
                os.kill(pid, signal.SIGKILL)
    states = scene.states(run)
    scene.words.append(scene.message(run))
    return run, states


@fault("kill -9 of a whole job, which Slurm then forgets (no accounting)", "crashed", "lost", MINJOBAGE=10)
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit("methane")
    wait_for_optimization(run, "methane")
    shell = int((next(scene.scratch.glob("qmnmr-job-*")) / "owner").read_text().split()[1])
    for pid in (shell, *map(int, scene.cluster.run("pgrep", "-P", str(shell)).stdout.split())):
        os.kill(pid, signal.SIGKILL)
    states = scene.states(run)
    found = scene.cluster.wait(run, lambda s: s["methane"]["state"] == "lost", seconds=400)
    scene.words.append(found["methane"]["message"])
    return run, [*states, "lost"]


@fault("slurmctld is down when a run is submitted", "exit code 5, no folder")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.folder / "run"
    scene.cluster.kill("slurmctld")
    words = (
        "submit",
        *given(scene.folder, "methane"),
        *SETTINGS,
        "--engine",
        "nwchem",
        "--time",
        "30",
        "--out",
        str(run),
    )
    done = scene.cluster.qmnmr(*words, check=False)
    scene.words.append(done.stderr.strip().splitlines()[-1])
    told = f"exit code {done.returncode}, {'a' if run.exists() else 'no'} folder"
    start_controller(scene)
    return scene.submit("methane"), [told]


@fault("slurmctld goes down between planning and sbatch", "exit code 5", "not_submitted")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run, folder = scene.folder / "run", scene.folder / "bin"
    folder.mkdir()
    real = scene.cluster.run("which", "sbatch").stdout.strip()
    (folder / "sbatch").write_text(f'#!/bin/bash\nkill -9 {scene.cluster.pid("slurmctld")}\nexec {real} "$@"\n')
    (folder / "sbatch").chmod(0o755)
    words = (
        "submit",
        *given(scene.folder, "methane"),
        *SETTINGS,
        "--engine",
        "nwchem",
        "--time",
        "30",
        "--out",
        str(run),
    )
    path = {"PATH": f"{folder}:{os.environ['PATH']}"}
    done = scene.cluster.qmnmr(*words, check=False, environment=path)
    scene.words.append(done.stderr.strip().splitlines()[-1])
    start_controller(scene)
    return run, [f"exit code {done.returncode}", *scene.states(run)]


def start_controller(scene: Scene) -> None:
    conf = str(scene.cluster.prefix / "slurm.conf")
    scene.cluster.start_daemon("slurmctld", shutil.which("slurmctld") or "slurmctld", "-D", "-f", conf)
    deadline = time.monotonic() + 60
    while scene.cluster.run("scontrol", "ping", check=False).returncode != 0:
        assert time.monotonic() < deadline
        time.sleep(0.5)


@fault("scancel of two of three tasks", "cancelled", "cancelled", "completed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit("methane", "ammonia", "water")
    wait_for_optimization(run, "methane")
    scene.cluster.run("scancel", task_id(scene.cluster, run, 0), task_id(scene.cluster, run, 1))
    return run, scene.states(run)


@fault("kill -9 of slurmd, which is back after four seconds", "completed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit(DISTORTED)
    wait_for_step(scene.scratch, 1)
    node = scene.cluster.states(run)[DISTORTED]["node"]
    scene.cluster.kill(f"slurmd-{node}")
    time.sleep(4)
    conf = str(scene.cluster.prefix / "slurm.conf")
    scene.cluster.start_daemon(f"slurmd-{node}", shutil.which("slurmd") or "slurmd", "-D", "-N", node, "-f", conf)
    return run, scene.states(run)


@fault("the run folder's inodes are used up within a run", "disk_full")
def _(scene: Scene) -> tuple[Path, list[str]]:
    disk = scene.stack.enter_context(file_system(scene.folder / "disk", "50m", "nr_inodes=400"))
    run = scene.submit(DISTORTED, run=disk / "run")
    wait_for_step(scene.scratch, 1)
    made = []
    try:
        for number in range(400):
            made.append(disk / f"file{number}")
            made[-1].touch()
    except OSError:
        pass
    states = scene.states(run)
    for path in made[:-1]:
        path.unlink()
    return run, states


@fault("the molecule's folder becomes immutable within a run", "crashed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit(DISTORTED)
    wait_for_step(scene.scratch, 1)
    subprocess.run(["chattr", "+i", str(run / "molecules" / DISTORTED)], check=True)
    try:
        states = scene.states(run)
        scene.words.append(scene.message(run))
    finally:
        subprocess.run(["chattr", "-i", str(run / "molecules" / DISTORTED)], check=True)
    return run, states


@fault("all files of a cancelled run are two days in the future", "cancelled", "completed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit(DISTORTED)
    wait_for_step(scene.scratch, 2)
    scene.cluster.qmnmr("cancel", str(run))
    states = scene.states(run)
    later = time.time() + 2 * 86400
    for path in run.rglob("*"):
        os.utime(path, (later, later))
    scene.cluster.qmnmr("resume", str(run), "--yes", "--scratch", str(scene.scratch))
    return run, states + scene.states(run)


@fault("a cancelled run is moved to a path with spaces and letters of all kinds", "cancelled")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit(DISTORTED)
    wait_for_step(scene.scratch, 1)
    scene.cluster.qmnmr("cancel", str(run))
    states = scene.states(run)
    there = scene.folder / "Läufe mit Leer" / "αβ" / "run 12"
    there.parent.mkdir(parents=True)
    return Path(shutil.move(run, there)), states


@fault("the run is moved while its task runs", "crashed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit(DISTORTED)
    wait_for_step(scene.scratch, 1)
    there = Path(shutil.move(run, scene.folder / "moved"))
    states = scene.states(there)
    scene.words.append(scene.message(there))
    return there, states


@fault("collect in a loop while tasks write", "completed", "completed", "completed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit("methane", "ammonia", "water")
    codes = []
    while any(s["state"] not in ("completed", "failed") for s in scene.cluster.states(run).values()):
        codes.append(scene.cluster.qmnmr("collect", str(run), check=False).returncode)
    scene.words.append(f"exit codes {sorted(set(codes))}")
    if set(codes) - {0, 6}:
        raise AssertionError(codes)
    return run, scene.states(run)


@fault("scratch allows no programs (noexec)", "completed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    disk = scene.stack.enter_context(file_system(scene.folder / "disk", "600m", "noexec"))
    run = scene.submit("methane", scratch=disk)
    return run, scene.states(run)


@fault("scratch allows no programs (noexec), embedded engine", "completed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    words = ("predict", *given(scene.folder, "methane"), "--engine", "pyscf", "--solvent", "gas", "--protocol", "draft")
    scene.cluster.qmnmr(*words, "--cores", "1", "--out", str(scene.folder / "here"))
    scene.expected.update(shieldings(scene.folder / "here"))
    disk = scene.stack.enter_context(file_system(scene.folder / "disk", "600m", "noexec"))
    run = scene.submit("methane", engine="pyscf", scratch=disk)
    return run, scene.states(run)


def broken_numpy(scene: Scene) -> Path:
    folder = scene.folder / "broken"
    (folder / "numpy").mkdir(parents=True)
    (folder / "numpy" / "__init__.py").write_text("raise ImportError('a broken numpy')\n")
    return folder


@fault("PYTHONPATH with a broken numpy at the login", "exit code 4, no folder")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.folder / "run"
    path = {"PYTHONPATH": f"{broken_numpy(scene)}:{scene.cluster.environment['PYTHONPATH']}"}
    words = ("submit", *given(scene.folder, "methane"), *SETTINGS, *NWCHEM, "--out", str(run))
    done = scene.cluster.qmnmr(*words, check=False, environment=path)
    scene.words.append(done.stderr.strip().splitlines()[0])
    told = f"exit code {done.returncode}, {'a' if run.exists() else 'no'} folder"
    return scene.submit("methane"), [told]


@fault("PYTHONPATH with a broken numpy on the node", "crashed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    line = f"export PYTHONPATH={broken_numpy(scene)}:$PYTHONPATH"
    run = scene.submit("methane", environment=scene_profile(scene, f"setup = ['{line}']\n"))
    states = scene.states(run)
    scene.words.append(scene.message(run))
    return run, states


@fault("a node without the Python that submitted", "crashed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit("methane", environment=scene_profile(scene, 'python = "/nowhere/bin/python3"\n'))
    states = scene.states(run)
    scene.words.append(scene.message(run))
    return run, states


@fault("a node's Python without submitit", "crashed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit("methane", environment=scene_profile(scene, 'python = "/usr/bin/python3"\n'))
    states = scene.states(run)
    scene.words.append(scene.message(run))
    return run, states


@fault("a site's template starts the task without exec, and the task is cancelled", "cancelled")
def _(scene: Scene) -> tuple[Path, list[str]]:
    template = scene.folder / "own.sh.j2"
    block = "{% block task %}\n  {{ launcher }}{{ command }}\n{% endblock %}"
    template.write_text(f'{{% extends "array.sh.j2" %}}\n{block}\n')
    run = scene.submit(DISTORTED, environment=scene_profile(scene, f'template = "{template}"\n'))
    wait_for_step(scene.scratch, 1)
    scene.cluster.run("scancel", task_id(scene.cluster, run, 0))
    return run, scene.states(run)


def scene_profile(scene: Scene, lines: str) -> dict[str, str]:
    """Return the variables under which the generic profile has these lines more."""
    folder = scene.folder / "config" / "qmnmr" / "sites"
    folder.mkdir(parents=True, mode=0o755)
    (folder / "generic.toml").write_text(lines)
    return {"XDG_CONFIG_HOME": str(scene.folder / "config")}


@fault("another account asks for the run, and tries to cancel and to resume it", "running", "completed")
def _(scene: Scene) -> tuple[Path, list[str]]:
    run = scene.submit(DISTORTED)
    wait_for_step(scene.scratch, 1)
    scene.folder.chmod(0o755)
    other, environment = scene.stack.enter_context(other_user()), scene.cluster.environment
    told = other.qmnmr("status", str(run), "--json", environment=environment)
    states = [m["state"] for m in json.loads(told.stdout)["molecules"]] if told.returncode == 0 else [told.stderr]
    for words in (("cancel", str(run)), ("resume", str(run), "--yes")):
        done = other.qmnmr(*words, environment=environment)
        scene.words.append(f"{words[0]}: exit code {done.returncode}, {done.stderr.splitlines()[0]}")
        if done.returncode == 0:
            states.append(f"{words[0]} was allowed")
    states += scene.states(run)
    done = other.qmnmr("collect", str(run), "--out", str(other.home / "tables"), environment=environment)
    scene.words.append(f"collect --out: exit code {done.returncode}")
    return run, states


@contextmanager
def scene_of(expected: dict[str, list[float]], **knobs: object) -> Iterator[Scene]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qmnmr-fault-", dir="/tmp")))
        (folder / "scratch").mkdir()
        cluster = stack.enter_context(running_cluster(**knobs))
        yield Scene(cluster=cluster, folder=folder, stack=stack, expected=expected)


def seen(name: str, expected: dict[str, list[float]]) -> dict[str, Any]:
    """Provoke a fault and return what is kept of it."""
    wanted, provoke, knobs = FAULTS[name]
    with scene_of(dict(expected), **knobs) as scene:
        run, states = provoke(scene)
        if any(s["state"] != "completed" for s in scene.cluster.states(run).values()):
            scene.cluster.qmnmr("resume", str(run), "--yes", "--scratch", str(scene.scratch))
        after = scene.states(run)
        scene.cluster.qmnmr("collect", str(run))
        found = shieldings(run)
        largest = max(abs(a - b) for n, values in found.items() for a, b in zip(values, scene.expected[n], strict=True))
        deadline = time.monotonic() + 60
        while (left := [p.name for p in scene.scratch.iterdir()]) and time.monotonic() < deadline:
            time.sleep(0.5)
        processes = len(programs_in(scene.scratch))
        slurm = scene.cluster.run("sinfo", "--version").stdout.split()[-1]
    good = states == wanted and set(after) == {"completed"} and largest <= SAME_PPM and not left and not processes
    return {
        "expected": wanted,
        "seen": states,
        "after resume": sorted(set(after)),
        "largest difference, ppm": round(largest, 5),
        "left in scratch": left,
        "processes left": processes,
        "words": [without_places(w, scene) for w in scene.words],
        "is right": good and len(found) == len(after),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": f"Slurm {slurm}, qmnmr {metadata.version('qmnmr')}",
    }


def without_places(words: str, scene: Scene) -> str:
    for place, sign in ((scene.folder, "…"), (scene.cluster.prefix, "…"), (sys.executable, "python")):
        words = words.replace(str(place), sign)
    return words


def undisturbed() -> dict[str, list[float]]:
    """Return the shieldings that the molecules have when nothing goes wrong."""
    with scene_of({}) as scene:
        runs = [scene.submit("methane", "ammonia", "water", run=scene.folder / "a")]
        runs.append(scene.submit(DISTORTED, run=scene.folder / "b"))
        for run in runs:
            assert set(scene.states(run)) == {"completed"}
            scene.cluster.qmnmr("collect", str(run))
        return {name: values for run in runs for name, values in shieldings(run).items()}


def provoke_all(names: list[str]) -> None:
    rows, expected = load(STORED), undisturbed()
    for name in names or FAULTS:
        rows[name] = seen(name, expected)
        save(STORED, rows)
        print(f"{'ok  ' if rows[name]['is right'] else 'MISS'} {name}: {rows[name]['seen']}", flush=True)


def table() -> str:
    """Return what is kept as a table in Markdown."""
    lines = [
        "| fault | expected | seen | after `resume` | ppm | left in scratch | date |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in load(STORED).items():
        left = ", ".join(row["left in scratch"]) or "nothing"
        cells = [", ".join(row["expected"]), ", ".join(row["seen"]), ", ".join(row["after resume"])]
        ppm = f"{row['largest difference, ppm']:g}"
        lines.append(f"| {' | '.join([name, *cells, ppm, left, row['date'][:10]])} |")
    return "\n".join(lines)


def measures() -> list[dict[str, Any]]:
    rows = load(STORED).values()
    dates = sorted(row["date"][:10] for row in rows)
    share = sum(row["is right"] for row in rows) / max(1, len(rows))
    against = f"{len(rows)} faults provoked on a real Slurm" + (f", {dates[0]} to {dates[-1]}" if dates else "")
    return [
        {"name": "cluster faults that end right", "value": share, "goal": 1.0, "better": "higher", "against": against}
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == ["run"]:
        provoke_all(sys.argv[2:])
    elif sys.argv[1:] == ["table"]:
        print(table())
    else:
        sys.exit(__doc__)
