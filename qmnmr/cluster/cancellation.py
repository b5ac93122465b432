"""Ending what a run has in the queue."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from qmnmr.cluster.job_records import JobRecord, JobsFolder, RecordStatus
from qmnmr.cluster.run_lock import require_owner, run_lock
from qmnmr.cluster.scheduler import Scheduler
from qmnmr.datatypes.job import IS_ACTIVE, JobState, SchedulerTask
from qmnmr.errors import ControllerAwayError, SchedulerError
from qmnmr.runs.folder.run_folder import RunFolder

_WAIT_SECONDS = 30.0
"""How long tasks may take from the scheduler's consent until it shows them as ending."""

_PAUSE_SECONDS = 1.0


def cancel_run(run: RunFolder, *, scheduler: Scheduler, wait_seconds: float = _WAIT_SECONDS) -> int:
    """Cancel all arrays of a run that have tasks, and return how many they were.

    All arrays count, whichever molecules they have; afterwards the scheduler is asked whether it is true. Raises
    SchedulerError if it can't be asked, or if tasks are still there.
    """
    jobs = JobsFolder(run.path)
    if not jobs.path.exists():
        return 0
    require_owner(run.path, command="cancel")
    with run_lock(run.path, command="cancel"):
        return _cancel(jobs, scheduler, wait_seconds)


def _cancel(jobs: JobsFolder, scheduler: Scheduler, wait_seconds: float) -> int:
    records = {r.request.name: r for r in jobs.records() if r.status is not RecordStatus.REFUSED}
    found = _cancellable(records, scheduler)
    if not found:
        return 0
    words = ""
    try:
        scheduler.cancel(list(dict.fromkeys(task.job for task in found)))
    except ControllerAwayError:
        raise
    except SchedulerError as error:  # perhaps only of what has ended meanwhile: what is left tells
        words = f": {error}"
    left = _left(records, scheduler, wait_seconds)
    for name in dict.fromkeys(task.name for task in found):
        if name not in {task.name for task in left}:
            jobs.save(replace(records[name], status=RecordStatus.CANCELLED))
    if left:
        ids = ", ".join(dict.fromkeys(task.job for task in left))
        raise SchedulerError(
            f"{scheduler.title} still has {len(left)} tasks of {ids} after cancelling{words}",
            hint="run `qmnmr cancel` again; only who submitted them can cancel them",
        )
    return len({task.job for task in found})


def _cancellable(records: Mapping[str, JobRecord], scheduler: Scheduler) -> tuple[SchedulerTask, ...]:
    """Return the tasks of these arrays, by name, that the scheduler has and that are not ending yet."""
    if not records:
        return ()
    return tuple(
        task
        for task in scheduler.tasks(list(records))
        if task.state in IS_ACTIVE - {JobState.COMPLETING} and records[task.name].job in (None, task.job)
    )


def _left(records: Mapping[str, JobRecord], scheduler: Scheduler, seconds: float) -> tuple[SchedulerTask, ...]:
    """Return what is still there when the time is over."""
    end = time.monotonic() + seconds
    while True:
        left = _cancellable(records, scheduler)
        if not left or time.monotonic() > end:
            return left
        time.sleep(min(_PAUSE_SECONDS, max(0.0, end - time.monotonic())))
