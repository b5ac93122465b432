"""Text that a real Slurm 22.05.8 printed (tests/golden/slurm/record.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmnmr.cluster.slurm.text import (
    read_config,
    read_minutes,
    read_partition_nodes,
    read_records,
    read_sacct,
    read_squeue,
    read_state,
)
from qmnmr.datatypes.job import JobState

GOLDEN = Path(__file__).resolve().parents[3] / "golden" / "slurm" / "22.05.8"


def recorded(name: str) -> str:
    return (GOLDEN / f"{name}.txt").read_text()


def test_squeue_gives_every_task_of_an_array_its_own_state() -> None:
    tasks = {(t.name, t.index): t for t in read_squeue(recorded("squeue-running"))}
    first, second = "qmnmr-rec-001", "qmnmr-rec-002"
    assert tasks[first, 0].state is JobState.COMPLETED
    assert (tasks[first, 1].state, tasks[first, 1].exit_code) == (JobState.CRASHED, 6)
    assert tasks[first, 2].exit_code is None  # ended by a signal
    assert (tasks[first, 3].state, tasks[first, 3].node) == (JobState.RUNNING, "n1")
    assert tasks[first, 5].state is JobState.CANCELLED
    assert (tasks[first, 6].state, tasks[first, 6].reason) == (JobState.PENDING, "PENDING, BeginTime")
    assert tasks[second, 0].reason == "PENDING, JobHeldUser"
    assert (second, 1) not in tasks  # cancelled before it ever was a job of its own


def test_squeue_and_sacct_agree_on_what_has_ended() -> None:
    by_squeue = {(t.job, t.index): t.state for t in read_squeue(recorded("squeue-ended"))}
    by_sacct = {(t.job, t.index): t.state for t in read_sacct(recorded("sacct-ended"))}
    assert len(by_sacct) == 12
    for key, state in by_sacct.items():
        assert by_squeue[key] is state
    assert by_sacct["1", 3] is JobState.TIMED_OUT


def test_sacct_does_not_show_held_tasks() -> None:
    assert all(t.name == "qmnmr-rec-001" for t in read_sacct(recorded("sacct-running")))


def test_pending_ranges_of_sacct_are_expanded() -> None:
    tasks = list(read_sacct("12_[3-5,8%4]|qmnmr-a|PENDING|0:0|None assigned\n"))
    assert [(t.job, t.index, t.node) for t in tasks] == [("12", i, "") for i in (3, 4, 5, 8)]


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("CANCELLED by 0", JobState.CANCELLED),
        ("CANCELLED+", JobState.CANCELLED),
        ("OUT_OF_MEMORY", JobState.OUT_OF_MEMORY),
        ("NODE_FAIL", JobState.NODE_FAILED),
        ("PREEMPTED", JobState.INTERRUPTED),
        ("TELEPORTED", JobState.UNKNOWN),
        ("", JobState.UNKNOWN),
    ],
)
def test_a_new_word_is_unknown_and_never_success(word: str, state: JobState) -> None:
    assert read_state(word) is state


@pytest.mark.parametrize("text", ["", "\n\n", "garbage", "1|x\n", "slurm_load_jobs error: Invalid job id specified\n"])
def test_text_that_is_cut_or_foreign_gives_no_tasks(text: str) -> None:
    assert list(read_squeue(text)) == []
    assert list(read_sacct(text)) == []


def test_digits_that_are_no_number_take_nothing_but_their_own_row_or_field() -> None:
    """Signs that Python counts as digits, ranges that are none, numbers too long to be one."""
    good, long = "7|1|n|RUNNING|None|n1|0|", "9" * 5000
    rows = [f"²|1|{good[4:]}", good, good.replace("|1|", "|²|"), good.replace("|0|", f"|{long}|")]
    assert [(t.job, t.index, t.exit_code) for t in read_squeue("\n".join(rows))] == [
        *(("7", 1, 0), ("7", 0, 0), ("7", 1, None)),
    ]
    ids = ["7_[1-2-3]", "7_[,]", "7_[1,]", "7_[]", f"7_{long}", "7_[0-999999999]", "٧_1", "7_1"]
    rows = [f"{name}|n|RUNNING|²:0|n1" for name in ids]
    assert [(t.job, t.index, t.exit_code) for t in read_sacct("\n".join(rows))] == [("7", 1, None)]
    assert read_partition_nodes("a|²|1|(null)\nb|2|3|(null)\n") == {"b": (2, 3, False)}
    assert read_minutes(f"{long}:00") == read_minutes("٣:00") == 0


def test_the_configuration_is_read_by_name() -> None:
    config = read_config(recorded("config"))
    assert config["MaxArraySize"] == "1001"
    assert config["KillWait"] == "10 sec"
    assert config["ClusterName"] == "ci"


def test_partitions_are_read_one_per_line() -> None:
    partitions = {p["PartitionName"]: p for p in read_records(recorded("partitions"))}
    assert set(partitions) == {"main", "low", "high"}
    assert partitions["main"]["Default"] == "YES"


def test_the_largest_nodes_of_a_partition_count() -> None:
    text = "main|2|16000|(null)\nmain|64|8000|gpu:a100:4(S:0-1)\nlow|4|4000|(null)\nodd|x|1|(null)\n"
    assert read_partition_nodes(text) == {"main": (64, 16000, False), "low": (4, 4000, False)}


@pytest.mark.parametrize(
    ("resources", "are_gpus"),
    [
        ("gpu:2", True),
        ("gpu:a100:4(S:0-1),lustre:1", True),
        ("shard:8,gpu:tesla:1", True),
        ("(null)", False),
        ("nvme:1", False),
        ("", False),
    ],
)
def test_a_partition_is_for_gpus_if_each_of_its_nodes_has_some(resources: str, *, are_gpus: bool) -> None:
    assert read_partition_nodes(f"p|8|1000|{resources}\n") == {"p": (8, 1000, are_gpus)}
    assert read_partition_nodes(f"p|8|1000|{resources}\np|8|1000|(null)\n") == {"p": (8, 1000, False)}


@pytest.mark.parametrize(
    ("text", "minutes"), [("1-00:00:00", 1440), ("02:30:00", 150), ("30:00", 30), ("UNLIMITED", 0), ("", 0)]
)
def test_time_limits_are_read_in_minutes(text: str, minutes: int) -> None:
    assert read_minutes(text) == minutes
