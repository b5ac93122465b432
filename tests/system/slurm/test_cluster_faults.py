"""Daemons that die, nodes that are lost, jobs that are killed: each test has a cluster of its own to break."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.slurm_cluster.cluster import Cluster, running_cluster

from .conftest import DISTORTED, given, shieldings, wait_until_empty

pytestmark = [pytest.mark.slurm, pytest.mark.nwchem]

SMALL = ("--solvent", "gas", "--cores", "1", "--memory-gb", "1", "--yes")


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def submit(
    cluster: Cluster, tmp_path: Path, *names: str, minutes: int = 30, partition: str = "main", **settings: Any
) -> Path:
    run = tmp_path / "run"
    where = ("--scratch", str(tmp_path / "scratch"), "--out", str(run))
    limits = ("--time", str(minutes), "--partition", partition)
    cluster.qmnmr("submit", *given(tmp_path, *names), *SMALL, *limits, *where, **settings)
    return run


def check_numbers(cluster: Cluster, run: Path, expected: dict[str, list[float]]) -> None:
    cluster.qmnmr("collect", str(run))
    found = shieldings(run)
    assert found
    for name, values in found.items():
        assert values == pytest.approx(expected[name], abs=0.001)


def programs_in(folder: Path) -> list[int]:
    """Return the processes that work below a folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def command_name(pid: int) -> str:
    """Return the name of a process, nothing once it has ended."""
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def wait_for_programs(scratch: Path, *, seconds: float = 200) -> list[int]:
    deadline = time.monotonic() + seconds
    while not (found := [p for p in programs_in(scratch) if "nwchem" in command_name(p)]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def test_a_node_that_is_lost_but_lives_runs_a_task_twice_and_one_result_counts(
    own_cluster: Cluster, tmp_path: Path, scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = submit(own_cluster, tmp_path, "methane")
    programs = wait_for_programs(scratch)
    node = own_cluster.states(run)["methane"]["node"]
    for pid in programs:
        os.kill(pid, signal.SIGSTOP)
    own_cluster.kill(f"slurmd-{node}")
    states = own_cluster.wait(run, lambda s: s["methane"]["state"] == "completed", seconds=600)
    assert states["methane"]["starts"] == 2
    assert states["methane"]["node"] != node
    result = run / "molecules" / "methane" / "prediction.json"
    archive = run / "molecules" / "methane" / "calculations.zip"
    task = run / "molecules" / "methane" / "task.json"
    kept = (result, archive, task)
    before = [path.read_bytes() for path in kept]
    for pid in programs:
        os.kill(pid, signal.SIGCONT)
    log = next(run.glob("jobs/001/*log.out"))
    deadline = time.monotonic() + 200
    while "a later start of this task has taken over" not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.5)
    wait_until_empty(scratch)
    assert [path.read_bytes() for path in kept] == before
    assert json.loads(task.read_text())["start"] == 1
    assert not (run / "molecules" / "methane" / "calculations").exists()
    check_numbers(own_cluster, run, undisturbed)


def test_a_job_that_was_killed_outright_is_named_and_the_next_one_sweeps_its_scratch(
    own_cluster: Cluster, tmp_path: Path, scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = submit(own_cluster, tmp_path, "methane")
    programs = wait_for_programs(scratch)
    folder = next(scratch.glob("qmnmr-job-*"))
    shell = int((folder / "owner").read_text().split()[1])
    children = [int(p) for p in own_cluster.run("pgrep", "-P", str(shell)).stdout.split()]
    for pid in (shell, *children):  # the programs live on, without anyone to end them
        os.kill(pid, signal.SIGKILL)
    states = own_cluster.wait_until_idle(run)
    assert states["methane"]["state"] == "crashed"
    assert folder.exists()
    own_cluster.qmnmr("resume", str(run), "--yes")
    assert own_cluster.wait_until_idle(run)["methane"]["state"] == "completed"
    assert not folder.exists()
    assert not set(programs) & set(programs_in(scratch))
    assert "removed the scratch of a dead job" in next(run.glob("jobs/002/*log.out")).read_text()
    check_numbers(own_cluster, run, undisturbed)


def test_while_the_controller_is_down_status_says_so_and_the_tasks_go_on(
    own_cluster: Cluster, tmp_path: Path, scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = submit(own_cluster, tmp_path, "methane", "water")
    wait_for_programs(scratch)
    wait_until_saved(own_cluster)
    own_cluster.kill("slurmctld")
    told = json.loads(own_cluster.qmnmr("status", str(run), "--json").stdout)
    assert told["problem"]
    assert {m["state"] for m in told["molecules"]} <= {"unknown", "completed"}
    refused = own_cluster.qmnmr("resume", str(run), "--yes", check=False)
    assert refused.returncode == 5 or "nothing to submit" in refused.stderr
    start_controller(own_cluster)
    states = own_cluster.wait_until_idle(run)
    assert {s["state"] for s in states.values()} == {"completed"}, states
    check_numbers(own_cluster, run, undisturbed)


def wait_until_saved(cluster: Cluster, *, seconds: float = 60) -> None:
    """Wait until the controller has written down what runs now: one that is killed before comes back without it."""
    kept, now = cluster.prefix / "state" / "job_state", time.time()
    deadline = time.monotonic() + seconds
    while not kept.exists() or kept.stat().st_mtime < now:
        cluster.run("scontrol", "update", "JobId=1", "Comment=saved", check=False)  # any change is saved in seconds
        assert time.monotonic() < deadline
        time.sleep(0.5)


def start_controller(cluster: Cluster) -> None:
    cluster.start_daemon("slurmctld", "/usr/sbin/slurmctld", "-D", "-f", str(cluster.prefix / "slurm.conf"))


def task_states(run: Path) -> set[str]:
    return {json.loads(path.read_text())["state"] for path in run.glob("molecules/*/task.json")}


@pytest.mark.slow
def test_tasks_that_end_while_the_controller_is_down_for_a_minute_count(
    own_cluster: Cluster, tmp_path: Path, scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = submit(own_cluster, tmp_path, "methane", "water")
    wait_for_programs(scratch)
    own_cluster.wait(run, lambda s: {m["state"] for m in s.values()} == {"running"}, seconds=60)
    own_cluster.kill("slurmctld")
    down = time.monotonic()
    while task_states(run) != {"completed"}:
        assert time.monotonic() < down + 300, task_states(run)
        time.sleep(1)
    time.sleep(max(0.0, down + 65 - time.monotonic()))
    assert {s["state"] for s in own_cluster.states(run).values()} == {"completed"}
    start_controller(own_cluster)
    states = own_cluster.wait_until_idle(run)
    assert {(s["state"], s["starts"]) for s in states.values()} == {("completed", 1)}
    wait_until_empty(scratch)
    # Slurm may take them for running for some minutes more: what they wrote counts.
    assert "nothing to submit" in own_cluster.qmnmr("resume", str(run), "--yes").stderr
    check_numbers(own_cluster, run, undisturbed)


@pytest.mark.slow
def test_a_task_that_asks_for_its_requeue_while_the_controller_is_down_gets_it(
    own_cluster: Cluster, tmp_path: Path, scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = submit(own_cluster, tmp_path, DISTORTED)
    wait_for_programs(scratch)
    own_cluster.kill("slurmctld", signal.SIGTERM)  # as for maintenance: it keeps what it knows
    shell = int(next(scratch.glob("qmnmr-job-*/owner")).read_text().split()[1])
    os.kill(shell, signal.SIGUSR2)  # the early warning
    log = next(run.glob("jobs/001/*log.out"))
    deadline = time.monotonic() + 200
    while "scontrol requeue:" not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.5)
    start_controller(own_cluster)
    states = own_cluster.wait_until_idle(run)
    assert (states[DISTORTED]["state"], states[DISTORTED]["starts"]) == ("completed", 2)
    check_numbers(own_cluster, run, undisturbed)


@pytest.mark.slow
def test_a_preempted_task_goes_on_when_there_is_room(
    own_cluster: Cluster, tmp_path: Path, scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    run = submit(own_cluster, tmp_path, DISTORTED, partition="low")
    wait_for_programs(scratch)
    time.sleep(5)
    urgent = ("--partition=high", "--nodes=2", "--exclusive", "--output=/dev/null", "--time=1", "--wrap", "sleep 3")
    own_cluster.run("sbatch", *urgent)
    own_cluster.wait(run, lambda s: s[DISTORTED]["state"] == "requeued", seconds=120)
    states = own_cluster.wait_until_idle(run)
    assert states[DISTORTED]["state"] == "completed"
    assert states[DISTORTED]["starts"] == 2
    check_numbers(own_cluster, run, undisturbed)


def test_a_time_limit_within_an_optimisation_is_survived_on_any_node(
    own_cluster: Cluster, tmp_path: Path, scratch: Path, undisturbed: dict[str, list[float]]
) -> None:
    """The first NWChem stands still after its third step of about ten, until the time limit comes."""
    slow = tmp_path / "bin" / "nwchem"
    slow.parent.mkdir()
    real = own_cluster.run("which", "nwchem").stdout.strip()
    slow.write_text(
        f'#!/bin/bash\n{real} "$@" & pid=$!\nif mkdir {tmp_path}/first 2> /dev/null; then\n'
        "  until grep -q '^@    3' output.out; do sleep 0.1; done\n  kill -STOP $pid; sleep 1000\nfi\nwait $pid\n"
    )
    slow.chmod(0o755)
    slowly = {"PATH": f"{slow.parent}:{os.environ['PATH']}"}
    run = submit(own_cluster, tmp_path, DISTORTED, minutes=2, environment=slowly)
    states = own_cluster.wait_until_idle(run, seconds=900)
    assert states[DISTORTED]["state"] == "completed", states
    assert states[DISTORTED]["starts"] >= 2
    log = next(run.glob("jobs/001/*log.out")).read_text()
    assert "stopped in time during optimization" in log
    wait_until_empty(scratch)
    check_numbers(own_cluster, run, undisturbed)
