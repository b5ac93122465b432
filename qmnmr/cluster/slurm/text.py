"""What Slurm's commands print, read. Text that nobody has seen before is UNKNOWN, never an error and never success."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from qmnmr.datatypes.job import JobState, SchedulerTask
from qmnmr.errors import (
    ControllerAwayError,
    LimitReachedError,
    NoSchedulerError,
    QueueFullError,
    SchedulerError,
)

SQUEUE_FORMAT = "ArrayJobID:|,ArrayTaskID:|,Name:|,State:|,Reason:|,NodeList:|,exit_code:|"
SACCT_FORMAT = "JobID,JobName,State,ExitCode,NodeList"

_STATES = {
    "PENDING": JobState.PENDING,
    "CONFIGURING": JobState.RUNNING,
    "RUNNING": JobState.RUNNING,
    "SIGNALING": JobState.RUNNING,
    "STAGE_OUT": JobState.RUNNING,
    "STOPPED": JobState.RUNNING,
    "SUSPENDED": JobState.RUNNING,
    "RESIZING": JobState.RUNNING,
    "COMPLETING": JobState.COMPLETING,
    "REQUEUED": JobState.REQUEUED,
    "REQUEUE_FED": JobState.REQUEUED,
    "REQUEUE_HOLD": JobState.REQUEUED,
    "SPECIAL_EXIT": JobState.REQUEUED,
    "COMPLETED": JobState.COMPLETED,
    "CANCELLED": JobState.CANCELLED,
    "REVOKED": JobState.CANCELLED,
    "TIMEOUT": JobState.TIMED_OUT,
    "DEADLINE": JobState.TIMED_OUT,
    "PREEMPTED": JobState.INTERRUPTED,
    "NODE_FAIL": JobState.NODE_FAILED,
    "BOOT_FAIL": JobState.NODE_FAILED,
    "OUT_OF_MEMORY": JobState.OUT_OF_MEMORY,
    "FAILED": JobState.CRASHED,
}

NODES_FORMAT = "%R|%c|%m|%G"
"""What sinfo is asked about the nodes of each partition: its name, cores, memory in MB, generic resources."""

_UNREACHED = ("(connect failure)", "Connection refused", "No route to host", "Network is unreachable")
_LOST_ANSWERS = (
    "Unable to contact slurm controller",
    "Communication connection failure",
    "Communication shutdown failure",
    "Message send failure",
    "Message receive failure",
    "Socket timed out",
    "Zero Bytes were transmitted or received",
    "Transport endpoint is not connected",
    "Connection reset by peer",
    "Connection timed out",
    "Broken pipe",
)
"""Slurm's words for a controller that is not reached or whose answer is lost (slurm_errno.h, errno.h)."""

_REFUSALS: tuple[tuple[type[SchedulerError], tuple[str, ...]], ...] = (
    (LimitReachedError, ("MaxSubmit", "GrpSubmit")),
    (QueueFullError, ("temporarily unable to accept job", "job queue full")),  # sbatch tried for long already
    (ControllerAwayError, (*_UNREACHED, *_LOST_ANSWERS)),
    (NoSchedulerError, ("Could not establish a configuration source", "Unable to process configuration file")),
)
"""Words of an error by what it means; the first that is found counts."""

# ASCII digits, and no more of them than an id, an index or a size can have: int() takes neither "²" nor 5,000 digits.
_NUMBER = re.compile(r"[0-9]{1,18}")
_RANGE = "[0-9]{1,7}(?:-[0-9]{1,7})?"
_SACCT_ID = re.compile(
    rf"(?P<job>[0-9]{{1,18}})(?:_(?:(?P<index>[0-9]{{1,7}})|\[(?P<ranges>{_RANGE}(?:,{_RANGE})*)(?:%[0-9]+)?\]))?"
)
_CONFIG_LINE = re.compile(r"(?P<name>\w+)\s*=\s(?P<value>.*?)\s*")
_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z][\w/:]*)=(?P<value>\S*)")
_DURATION = re.compile(
    r"(?:(?P<days>[0-9]{1,9})-)?(?:(?P<hours>[0-9]{1,9}):)?(?P<minutes>[0-9]{1,9}):(?P<seconds>[0-9]{1,9})"
)


def read_number(text: str) -> int | None:
    """Return a whole number, None for any other text."""
    return int(text) if _NUMBER.fullmatch(text) else None


def read_state(word: str) -> JobState:
    """Return what a state of Slurm means to us: "CANCELLED by 0" is CANCELLED, a new word UNKNOWN."""
    first = word.split(maxsplit=1)[0].rstrip("+") if word.strip() else ""
    return _STATES.get(first, JobState.UNKNOWN)


def refusal_kind(words: str) -> type[SchedulerError]:
    """Return the error that a command's words of failure mean, SchedulerError itself for all that is not known."""
    return next((kind for kind, marks in _REFUSALS if any(mark in words for mark in marks)), SchedulerError)


def may_have_arrived(words: str) -> bool:
    """Say whether a request may have reached a controller whose answer did not come back."""
    return refusal_kind(words) is ControllerAwayError and not any(mark in words for mark in _UNREACHED)


def read_squeue(text: str) -> Iterator[SchedulerTask]:
    """Yield the tasks that `squeue --noheader --array --Format SQUEUE_FORMAT` lists; a line that is cut is left out."""
    for line in text.splitlines():
        fields = line.split("|")
        if len(fields) < 7 or read_number(fields[0]) is None:
            continue
        job, index, name, state, reason, node, exit_code = (f.strip() for f in fields[:7])
        status = read_number(exit_code)
        yield SchedulerTask(
            job=job,
            name=name,
            index=read_number(index) or 0,
            state=read_state(state),
            reason=state if reason in ("None", "") else f"{state}, {reason}",
            node=node,
            exit_code=None if status is None else _exit_code(status),
        )


def read_sacct(text: str) -> Iterator[SchedulerTask]:
    """Yield the tasks that `sacct --noheader --parsable2 --allocations --format SACCT_FORMAT` lists."""
    for line in text.splitlines():
        fields = line.split("|")
        found = _SACCT_ID.fullmatch(fields[0])
        if len(fields) != 5 or found is None:
            continue
        _, name, state, exit_code, node = fields
        code = read_number(exit_code.partition(":")[0])
        for index in _indices(found):
            yield SchedulerTask(
                job=found["job"],
                name=name,
                index=index,
                state=read_state(state),
                reason=state,
                node="" if node == "None assigned" else node,
                exit_code=code,
            )


def read_config(text: str) -> dict[str, str]:
    """Return the settings that `scontrol show config` prints, by name."""
    matches = (_CONFIG_LINE.fullmatch(line) for line in text.splitlines())
    return {m["name"]: m["value"] for m in matches if m}


def read_records(text: str) -> list[dict[str, str]]:
    """Return the records that `scontrol --oneliner show …` prints, one per line, as name -> value."""
    records = ({m["name"]: m["value"] for m in _ASSIGNMENT.finditer(line)} for line in text.splitlines())
    return [record for record in records if record]


class PartitionNodes(NamedTuple):
    """The nodes of a partition: the cores and the memory in MB of the largest, and whether each of them has GPUs."""

    cores: int = 0
    memory_mb: int = 0
    all_have_gpus: bool = False


def read_partition_nodes(text: str) -> dict[str, PartitionNodes]:
    """Return the nodes of each partition, from sinfo's NODES_FORMAT."""
    found: dict[str, PartitionNodes] = {}
    for line in text.splitlines():
        name, *fields = line.split("|")
        numbers = [n for n in map(read_number, fields[:2]) if n is not None]
        if len(fields) == 3 and len(numbers) == 2:
            has_gpus = any(resource.startswith("gpu") for resource in fields[2].split(","))
            old = found.get(name, PartitionNodes(all_have_gpus=True))
            found[name] = PartitionNodes(
                cores=max(old.cores, numbers[0]),
                memory_mb=max(old.memory_mb, numbers[1]),
                all_have_gpus=old.all_have_gpus and has_gpus,
            )
    return found


def read_minutes(text: str) -> int:
    """Return a time limit as Slurm prints it ("1-00:00:00") in whole minutes, 0 for none."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return 0
    days, hours, minutes = (int(found[name] or 0) for name in ("days", "hours", "minutes"))
    return (days * 24 + hours) * 60 + minutes


def _indices(found: re.Match[str]) -> Iterator[int]:
    if found["ranges"] is None:
        yield int(found["index"] or 0)
        return
    for part in found["ranges"].split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _exit_code(status: int) -> int | None:
    """Return the exit code in a wait status, as squeue gives it: 1536 is exit code 6, 15 the end by a signal."""
    return status >> 8 if status >= 256 or status == 0 else None
