"""What can go wrong while an array runs. Afterwards, and after `qmnmr resume`, the numbers are those of a calm run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.slurm_cluster.cluster import Cluster

from .conftest import DISTORTED, given, shieldings, wait_until_empty

pytestmark = [pytest.mark.slurm, pytest.mark.nwchem]

SMALL = ("--solvent", "gas", "--cores", "1", "--memory-gb", "1", "--yes")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A scratch folder of this test alone, so that what is left there is seen."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def start(cluster: Cluster, tmp_path: Path, scratch: Path) -> Callable[..., Path]:
    """Submit some molecules and return the run folder."""

    def submit(*names: str, minutes: int = 30, out: Path | None = None, root: Path = scratch) -> Path:
        run = out or tmp_path / "run"
        where = ("--time", str(minutes), "--scratch", str(root), "--out", str(run))
        cluster.qmnmr("submit", *given(tmp_path, *names), *SMALL, *where)
        return run

    return submit


def finish(cluster: Cluster, run: Path, expected: dict[str, list[float]], *options: str) -> None:
    """Resume a run until it is complete and compare with the calm run."""
    cluster.qmnmr("resume", str(run), "--yes", *options)
    states = cluster.wait_until_idle(run)
    assert {s["state"] for s in states.values()} == {"completed"}, states
    cluster.qmnmr("collect", str(run))
    found = shieldings(run)
    assert set(found) == set(states)
    for name, values in found.items():
        assert values == pytest.approx(expected[name], abs=0.001)


def wait_for_optimization(run: Path, name: str, *, seconds: float = 200) -> None:
    """Wait until a molecule's optimisation has begun; `qmnmr status` may look too seldom for a few seconds of work."""
    record = run / "molecules" / name / "task.json"
    deadline = time.monotonic() + seconds
    while not record.exists() or json.loads(record.read_text())["step"] != "optimization":
        assert time.monotonic() < deadline
        time.sleep(0.1)


def task_id(cluster: Cluster, run: Path, index: int) -> str:
    job = json.loads((run / "jobs" / "001.json").read_text())["job"]
    return f"{job}_{index}"


def optimization_steps(scratch: Path) -> int:
    """Return how many steps an optimisation in this scratch has completed."""
    outputs = list(scratch.glob("qmnmr-job-*/*/*optimization*/output.out"))
    return sum(text.count("\n@ ") - 2 for text in (p.read_text(errors="replace") for p in outputs) if "\n@ " in text)


def wait_for_step(scratch: Path, steps: int, *, seconds: float = 400) -> None:
    deadline = time.monotonic() + seconds
    while optimization_steps(scratch) < steps:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_cancelled_task_is_named_and_leaves_nothing_in_scratch(
    cluster: Cluster, start: Callable[..., Path], scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = start("methane", "water")
    wait_for_optimization(run, "methane")
    cluster.run("scancel", task_id(cluster, run, 0))
    states = cluster.wait_until_idle(run)
    assert (states["methane"]["state"], states["water"]["state"]) == ("cancelled", "completed")
    wait_until_empty(scratch)
    finish(cluster, run, undisturbed)


def test_a_cancelled_run_is_named_and_goes_on_when_it_is_resumed(
    cluster: Cluster, start: Callable[..., Path], scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = start("methane", "water", "ammonia")  # on two nodes of one core: the third one waits
    wait_for_optimization(run, "methane")
    assert "cancelled: 1 array" in cluster.qmnmr("cancel", str(run)).stderr
    states = cluster.wait_until_idle(run)
    assert states["methane"]["state"] == "cancelled"
    assert {s["state"] for s in states.values()} <= {"cancelled", "completed"}
    wait_until_empty(scratch)
    assert "nothing of this run is in the queue" in cluster.qmnmr("cancel", str(run)).stderr
    assert list(run.glob("molecules/methane/conformers.json"))  # what was done is kept
    finish(cluster, run, undisturbed)


def test_a_requeued_task_goes_on_with_what_it_had(
    cluster: Cluster, start: Callable[..., Path], scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = start(DISTORTED)
    wait_for_step(scratch, 3)
    cluster.run("scontrol", "requeue", task_id(cluster, run, 0))
    cluster.wait(run, lambda s: s[DISTORTED]["state"] == "requeued", seconds=120)
    wait_until_empty(scratch)
    states = cluster.wait_until_idle(run)
    assert states[DISTORTED]["state"] == "completed"
    assert states[DISTORTED]["starts"] == 2
    finish(cluster, run, undisturbed)


def test_the_early_warning_stops_an_optimisation_that_goes_on_along_the_same_path(
    cluster: Cluster, start: Callable[..., Path], scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = start(DISTORTED)
    wait_for_step(scratch, 3)
    cluster.run("scancel", "--batch", "--signal=USR2", task_id(cluster, run, 0))
    states = cluster.wait(run, lambda s: s[DISTORTED]["state"] == "requeued", seconds=120)
    assert "stopped in time during optimization" in states[DISTORTED]["message"]
    assert list(run.glob("molecules/*/calculations/*/restart/calc.drv.hess"))
    assert cluster.wait_until_idle(run)[DISTORTED]["state"] == "completed"
    finish(cluster, run, undisturbed)
    log = next(run.glob("jobs/001/*log.out")).read_text()
    assert log.count("distorted: search") <= 1  # conformers are kept


@contextmanager
def file_system(folder: Path, size: str, *options: str) -> Iterator[Path]:
    if os.getuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder.mkdir()
    settings = ",".join([f"size={size}", "mode=777", *options])
    subprocess.run(["mount", "-t", "tmpfs", "-o", settings, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with file_system(tmp_path / "small", "4m") as folder:
        yield folder


@contextmanager
def kept_full(folder: Path) -> Iterator[None]:
    """Take all room of a file system, and what becomes free while a task works on it."""
    is_over = threading.Event()

    def fill() -> None:
        with (folder / "ballast").open("wb", buffering=0) as ballast:
            while not is_over.wait(0.02):
                with suppress(OSError):
                    while ballast.write(b"x" * 1_000_000) > 0:
                        pass

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@pytest.fixture
def roomy_disk(tmp_path: Path) -> Iterator[Path]:
    """A scratch that is large enough for the plan."""
    with file_system(tmp_path / "roomy", "350m") as folder:
        yield folder


def test_without_a_usable_scratch_the_task_says_why(
    cluster: Cluster, start: Callable[..., Path], tmp_path: Path, scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = start("water", root=tmp_path / "absent")
    states = cluster.wait_until_idle(run)
    assert states["water"]["state"] == "no_scratch"
    assert "absent does not exist" in states["water"]["message"]
    with file_system(tmp_path / "read-only", "400m", "ro") as read_only:
        cluster.qmnmr("resume", str(run), "--yes", "--scratch", str(read_only))
        states = cluster.wait_until_idle(run)
    assert states["water"]["state"] == "no_scratch"
    assert "read-only can't be written to" in states["water"]["message"]
    finish(cluster, run, undisturbed, "--scratch", str(scratch))


def test_a_scratch_that_is_too_small_is_refused_before_anything_runs(
    cluster: Cluster, start: Callable[..., Path], small_disk: Path, scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = start("water", root=small_disk)
    states = cluster.wait_until_idle(run)
    assert states["water"]["state"] == "no_scratch"
    assert "MB are needed" in states["water"]["message"]
    finish(cluster, run, undisturbed, "--scratch", str(scratch))


def test_a_scratch_that_fills_up_while_nwchem_writes_is_named(
    cluster: Cluster, start: Callable[..., Path], roomy_disk: Path, scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = start(DISTORTED, root=roomy_disk)
    wait_for_step(roomy_disk, 1)
    with kept_full(roomy_disk):
        states = cluster.wait_until_idle(run)
    assert states[DISTORTED]["state"] == "disk_full", states
    finish(cluster, run, undisturbed, "--scratch", str(scratch))


def test_a_full_run_folder_is_named_and_costs_nothing_that_was_done(
    cluster: Cluster, start: Callable[..., Path], small_disk: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = start("methane", out=small_disk / "run")
    wait_for_optimization(run, "methane")
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space left"):
        ballast.write_bytes(b"x" * 5_000_000)
    states = cluster.wait_until_idle(run)
    assert states["methane"]["state"] == "disk_full"
    ballast.unlink()
    finish(cluster, run, undisturbed)


@pytest.mark.parametrize("moment", ["before sbatch", "before its answer"])
def test_a_login_process_killed_during_submit_loses_no_array(
    cluster: Cluster, tmp_path: Path, undisturbed: dict[str, list[float]], moment: str
) -> None:
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    fake = bin_folder / "sbatch"
    real = cluster.run("which", "sbatch").stdout.strip()
    submits = f'{real} "$@" > /dev/null' if moment == "before its answer" else ""
    fake.write_text(f"#!/bin/bash\n{submits}\nkill -9 $(ps -o ppid= -p $PPID)\n")  # timeout's parent
    fake.chmod(0o755)
    run = tmp_path / "run"
    killed = cluster.login_shell(
        *("submit", *given(tmp_path, "water", "ammonia"), *SMALL, "--time", "30", "--out", str(run)),
        check=False,
        environment={"PATH": f"{bin_folder}:{os.environ['PATH']}"},
    )
    assert killed.returncode == -9
    record = run / "jobs" / "001.json"
    written = json.loads(record.read_text())
    assert written["job"] is None
    if moment == "before sbatch":  # status gives Slurm two minutes to show an array
        assert {s["state"] for s in cluster.states(run).values()} == {"pending"}
        record.write_text(json.dumps(written | {"submitted_utc": "2026-01-01T00:00:00+00:00"}))
    states = cluster.wait_until_idle(run)
    expected = "completed" if moment == "before its answer" else "not_submitted"
    assert {s["state"] for s in states.values()} == {expected}
    finish(cluster, run, undisturbed)
    assert sys.executable  # the same Python that submitted ran the tasks
