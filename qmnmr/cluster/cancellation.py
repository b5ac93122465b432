"""Ending what a run has in the queue."""

from __future__ import annotations

from dataclasses import replace

from qmnmr.cluster.job_records import JobsFolder, RecordStatus
from qmnmr.cluster.run_status import run_status
from qmnmr.cluster.scheduler import Scheduler
from qmnmr.datatypes.job import IS_ACTIVE
from qmnmr.runs.run_folder import RunFolder


def cancel_run(run: RunFolder, *, scheduler: Scheduler) -> int:
    """Cancel all arrays that still have tasks and return how many they were. Raises SchedulerError."""
    jobs = JobsFolder(run.path)
    status = run_status(run, scheduler=scheduler)
    active = {m.record.number for m in status.molecules if m.record is not None and m.state in IS_ACTIVE}
    # Where the scheduler could not be asked all may be active; cancelling what has ended does nothing.
    records = [r for r in jobs.records() if r.number in active or not status.knows_queue]
    if records:
        scheduler.cancel([record.request.name for record in records])
    for record in records:
        jobs.save(replace(record, status=RecordStatus.CANCELLED))
    return len(records)
