"""What a calculation may use, what is asked of a cluster, and what becomes of a molecule there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Cores and memory that a run was given, all on one node."""

    cores: int
    memory_mb: int  # in total, for all cores


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayRequest:
    """One job array: tasks of the same needs, each on one node."""

    name: str  # unique: it tells the array from all others, also when its id got lost
    task_count: int
    resources: Resources  # of each task
    minutes: int  # time limit of each task
    warning_seconds: int  # before the limit
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    parallelism: int | None = None  # how many tasks may run at a time


class JobState(StrEnum):
    """Where a molecule stands. Only the first group has numbers; `resume` takes up all but completed ones."""

    COMPLETED = "completed"
    PARTIAL = "partial"  # shifts, but conformers were left out because a calculation failed
    FAILED = "failed"  # no shifts; the prediction says why

    NOT_SUBMITTED = "not_submitted"
    PENDING = "pending"
    RUNNING = "running"
    REQUEUED = "requeued"  # stopped in time, waits to go on
    COMPLETING = "completing"

    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # told to end before it was done, and not requeued
    TIMED_OUT = "timed_out"
    TIME_LIMIT_TOO_SHORT = (
        "time_limit_too_short"  # can't be done within the limit; the message says which time it needs
    )
    OUT_OF_MEMORY = "out_of_memory"
    NODE_FAILED = "node_failed"
    NO_SCRATCH = "no_scratch"
    NO_SHARED_MEMORY = "no_shared_memory"  # /dev/shm is too small or full
    DISK_FULL = "disk_full"
    MISSING_PROGRAM = "missing_program"
    CRASHED = "crashed"  # the task ended without saying why; its log is named
    DAMAGED = "damaged"  # a record of it is gone, can't be read, or was changed after it was written
    LOST = "lost"  # running on disk, unknown to Slurm
    UNKNOWN = "unknown"  # Slurm could not be asked, or said something new


HAS_RESULT = frozenset({JobState.COMPLETED, JobState.PARTIAL, JobState.FAILED})
"""States of a molecule that is done, well or not."""

IS_ACTIVE = frozenset({JobState.PENDING, JobState.RUNNING, JobState.REQUEUED, JobState.COMPLETING})
"""States of a molecule that Slurm still takes care of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerTask:
    """What Slurm says of one array task."""

    job: str  # id of the array
    name: str  # of the array
    index: int
    state: JobState
    reason: str  # Slurm's own word for the state, and why it waits
    node: str = ""
    exit_code: int | None = None
