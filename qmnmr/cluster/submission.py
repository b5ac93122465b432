"""Submitting what was planned, array by array."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from qmnmr.cluster.job_records import (
    JobRecord,
    JobsFolder,
    RecordStatus,
    SubmitSettings,
    TaskDescription,
    array_name,
    now_utc,
)
from qmnmr.cluster.node.array_task import run_task
from qmnmr.cluster.scheduler import ArrayJob
from qmnmr.cluster.submission_plan import PlannedArray, SubmissionPlan, halves
from qmnmr.cluster.submission_site import Cluster
from qmnmr.datatypes.job import ArrayRequest
from qmnmr.errors import InputError, LimitReachedError, QueueFullError, SchedulerError, SubmissionUnknownError
from qmnmr.runs.folder.run_folder import RunFolder


def render_arrays(run_folder: Path, plan: SubmissionPlan, *, cluster: Cluster, scratch: str | None) -> Iterator[str]:
    """Yield the very scripts that the scheduler would get, with nothing written."""
    jobs = JobsFolder(_usable(run_folder, cluster).resolve())
    for count, array in enumerate(plan.arrays, jobs.last_number() + 1):
        number = f"{count:03d}"
        request = replace(array.request, name=array_name(run_folder, number=number))
        job = _job(jobs, number, array, request=request, cluster=cluster, scratch=scratch)
        yield cluster.scheduler.script(replace(job, read_folders=plan.read_folders))


def submit_arrays(
    run: RunFolder, plan: SubmissionPlan, *, settings: SubmitSettings, cluster: Cluster
) -> Iterator[JobRecord]:
    """Submit the arrays one by one and yield their records.

    A record is on disk before the scheduler is called, under a name that finds the array in the queue even if this
    process dies meanwhile. An array that goes over the user's limit is halved until it fits. Ends early, without an
    error and with a refused record, where not even one more task is taken. Raises SchedulerError.
    """
    jobs = JobsFolder(_usable(run.path, cluster).resolve())
    _refuse_another_scheduler(jobs, cluster)
    jobs.save_settings(settings)
    waiting, number = deque(plan.arrays), None
    while waiting:
        array = waiting.popleft()
        number = number or jobs.claim_number()  # that of an array that was refused as a whole is used again
        request = replace(array.request, name=array_name(run.path, number=number))
        record = _new_record(number, array, request=request, cluster=cluster)
        jobs.save(record)
        jobs.save_description(_description(run.path.resolve(), record, cluster=cluster))
        job = _job(jobs, number, array, request=request, cluster=cluster, scratch=settings.scratch)
        try:
            job_id = cluster.scheduler.submit(replace(job, read_folders=plan.read_folders))
        except SubmissionUnknownError as error:  # `status` asks for the array by its name
            jobs.save(replace(record, message=str(error)))
            raise
        except SchedulerError as error:
            record = replace(record, status=RecordStatus.REFUSED, message=str(error))
            jobs.save(record)
            if isinstance(error, LimitReachedError) and len(array.molecules) > 1:
                waiting.extendleft(reversed(halves(array)))
                continue
            if not isinstance(error, LimitReachedError | QueueFullError):
                raise
            yield record
            return
        record = replace(record, status=RecordStatus.SUBMITTED, job=job_id)
        jobs.save(record)
        yield record
        number = None


def _refuse_another_scheduler(jobs: JobsFolder, cluster: Cluster) -> None:
    """Raise InputError if arrays of this run are with another scheduler: a run is asked for with one question."""
    others = {r.scheduler for r in jobs.records() if r.status is not RecordStatus.REFUSED} - {cluster.scheduler.name}
    if others:
        raise InputError(
            f"arrays of this run were submitted through {', '.join(sorted(others))}, not {cluster.scheduler.name}",
            hint="name another run folder with --out",
        )


def _new_record(number: str, array: PlannedArray, *, request: ArrayRequest, cluster: Cluster) -> JobRecord:
    return JobRecord(
        number=number,
        status=RecordStatus.SUBMITTING,
        site=cluster.site.name,
        size_class=array.size_class,
        request=request,
        molecules=array.molecules,
        submitted_utc=now_utc(),
        has_accounting=cluster.site.accounting and cluster.facts.has_accounting,
        scheduler=cluster.scheduler.name,
    )


def _description(run_folder: Path, record: JobRecord, *, cluster: Cluster) -> TaskDescription:
    request = record.request
    return TaskDescription(
        run_folder=str(run_folder),
        number=record.number,
        molecules=record.molecules,
        cores=request.resources.cores,
        memory_mb=request.resources.memory_mb,
        minutes=request.minutes,
        warning_seconds=request.warning_seconds,
        max_requeues=cluster.site.max_requeues,
        container=cluster.site.container,
        images=cluster.images,
        scheduler=cluster.scheduler.name,
    )


def _job(
    jobs: JobsFolder,
    number: str,
    array: PlannedArray,
    *,
    request: ArrayRequest,
    cluster: Cluster,
    scratch: str | None,
) -> ArrayJob:
    return ArrayJob(
        request=request,
        site=cluster.site,
        folder=jobs.folder(number),
        run_folder=jobs.path.parent,
        function=run_task,
        argument=str(jobs.description_path(number)),
        scratch=scratch,
        scratch_needed_mb=array.scratch_mb,
        grace_seconds=min(cluster.site.grace_seconds, cluster.facts.usable_grace_seconds),
        images=cluster.images,
    )


def _usable(run_folder: Path, cluster: Cluster) -> Path:
    """Return the run folder if the scheduler can write logs there: it replaces some characters in paths.

    Raises InputError.
    """
    path, forbidden = str(run_folder.resolve()), cluster.facts.forbidden_in_paths
    bad = sorted({c for c in path if c in forbidden or not c.isprintable()})
    if bad:
        raise InputError(
            f"the run folder {run_folder} can't be used by {cluster.scheduler.title}: "
            f"its path has {' '.join(map(repr, bad))}",
            hint="name another one with --out",
        )
    return run_folder
