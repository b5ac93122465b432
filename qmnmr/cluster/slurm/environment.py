"""Who this process is when Slurm started it, what Slurm tells it, and how it asks for something."""

from __future__ import annotations

import platform
import signal
from collections.abc import Mapping

from qmnmr.cluster.scheduler import ArrayPlace
from qmnmr.errors import SchedulerError

WARNING_SIGNAL = signal.SIGUSR2
"""sbatch is asked for it before the time limit; the script passes it on."""

END_SIGNAL = signal.SIGTERM
"""What scancel, preemption and the limit itself send, KillWait before the kill."""

REQUEUE_EXIT_CODE = 75
"""With it the task asks the script to requeue it (EX_TEMPFAIL)."""


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
