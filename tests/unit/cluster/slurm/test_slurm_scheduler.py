"""Slurm as a run asks it, with commands that print what a real one printed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from qmnmr.cluster.schedulers import find_scheduler
from qmnmr.cluster.slurm.scheduler import SlurmScheduler
from qmnmr.errors import ControllerAwayError, SchedulerError

GOLDEN = Path(__file__).resolve().parents[3] / "golden" / "slurm" / "22.05.8"
SLURM = SlurmScheduler()


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a test writes Slurm's commands; there are no others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    for name in ("squeue", "sacct", "scontrol", "scancel", "sinfo", "sacctmgr"):
        command(folder, name, "exit 1")
    return folder


def command(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/bash\n{script}\n")
    (folder / name).chmod(0o755)


def test_a_profile_that_names_no_scheduler_gets_slurm() -> None:
    assert isinstance(find_scheduler("slurm"), SlurmScheduler)


def test_the_controllers_settings_are_told_and_what_follows_from_them(commands: Path) -> None:
    command(commands, "scontrol", f"cat {GOLDEN}/config.txt")
    facts = SLURM.facts()
    assert (facts.cluster_name, facts.software, facts.max_array_size) == ("ci", "Slurm 22.05.8", 1001)
    assert facts.max_tasks == 9_999  # the task with which MaxJobCount would be reached is refused
    assert (facts.kill_wait_seconds, facts.usable_grace_seconds, facts.requeue_hold_seconds) == (10, 7, 5)
    assert (facts.has_accounting, facts.cancels_preempted) == (True, False)
    assert facts.settings == "MaxArraySize 1001, KillWait 10 s, PreemptMode REQUEUE"
    assert set(facts.forbidden_in_paths) == {"%", "\\", '"', "'"}


def test_tasks_come_in_the_order_in_which_their_arrays_were_submitted(commands: Path) -> None:
    command(commands, "squeue", "printf '%s|0|a|RUNNING|None||0|\\n' 100 99 7")
    assert [t.job for t in SLURM.tasks(["a"])] == ["7", "99", "100"]
    command(commands, "sacct", "printf '%s_0|a|COMPLETED|0:0|n1\\n' 100 99 7")
    assert [t.job for t in SLURM.ended_tasks(["a"], since="2026-01-01T00:00:00+00:00")] == ["7", "99", "100"]


def test_the_tasks_of_others_and_what_ended_count_for_the_controller_alone(commands: Path) -> None:
    me = os.getuid()
    command(commands, "squeue", f"printf '%s\\n' '{me}|PENDING' '{me}|COMPLETED' '99999|RUNNING'")
    queued = SLURM.queued_tasks()
    assert (queued.mine, queued.known_to_controller) == (1, 3)


def test_a_queue_that_can_not_be_had_is_that_of_the_user_alone(commands: Path) -> None:
    command(commands, "squeue", f'[[ "$*" != *--all* ]] || exit 1\nprintf "{os.getuid()}|RUNNING\\n%.0s" 1 2 3')
    queued = SLURM.queued_tasks()
    assert (queued.mine, queued.known_to_controller) == (3, 3)


@pytest.mark.parametrize(
    "words",
    [
        "Unable to contact slurm controller (connect failure)",
        "Unable to contact slurm controller (receive failure)",
        "Transport endpoint is not connected",
        "Connection refused",
        "Connection reset by peer",
        "Socket timed out on send/recv operation",
        "Zero Bytes were transmitted or received",
    ],
)
def test_a_controller_that_is_away_is_told_from_a_refusal(commands: Path, words: str) -> None:
    command(commands, "squeue", f"echo 'slurm_load_jobs error: {words}' >&2; exit 1")
    with pytest.raises(ControllerAwayError, match="squeue failed"):
        SLURM.tasks(["a"])
    command(commands, "squeue", "echo 'squeue: error: Invalid user' >&2; exit 1")
    with pytest.raises(SchedulerError, match="Invalid user") as raised:
        SLURM.tasks(["a"])
    assert type(raised.value) is SchedulerError


def test_accounting_that_answers_is_no_problem(commands: Path) -> None:
    assert "sacct failed" in str(SLURM.accounting_problem())
    command(commands, "sacct", "true")
    assert SLURM.accounting_problem() is None


def test_a_task_finds_its_place_and_a_process_that_is_none_is_told_so() -> None:
    variables = {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "3", "SLURM_RESTART_COUNT": "2"}
    place = SLURM.place(variables | {"SLURMD_NODENAME": "n1"})
    assert (place.job, place.index, place.start, place.node) == ("7", 3, 2, "n1")
    with pytest.raises(SchedulerError, match="not a job of Slurm"):
        SLURM.place({})


def test_the_signals_are_those_that_the_script_passes_on() -> None:
    assert (SLURM.warning_signal, SLURM.end_signal) == (signal.SIGUSR2, signal.SIGTERM)
