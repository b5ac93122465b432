"""Who this process is, when Slurm started it."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass

from qmnmr.errors import SchedulerError


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayPlace:
    """The place of this process in a job array."""

    job: str
    index: int
    start: int  # how often Slurm has started this task before
    node: str


def array_place(environment: Mapping[str, str]) -> ArrayPlace:
    """Return the place that Slurm's variables tell.

    Raises SchedulerError outside of a job.
    """
    job = environment.get("SLURM_ARRAY_JOB_ID") or environment.get("SLURM_JOB_ID")
    if not job:
        raise SchedulerError("this is not a job of Slurm", hint="`qmnmr predict` runs molecules on this machine")
    return ArrayPlace(
        job=job,
        index=int(environment.get("SLURM_ARRAY_TASK_ID") or 0),
        start=int(environment.get("SLURM_RESTART_COUNT") or 0),
        node=environment.get("SLURMD_NODENAME") or platform.node(),
    )


def used_cpu_seconds() -> float:
    """Return the CPU time of this process and of all programs that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
