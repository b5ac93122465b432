"""From molecules to job arrays: what is going to be submitted, and submitting it."""

from __future__ import annotations

import platform
import shlex
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from qmnmr.cluster.array_task import run_task
from qmnmr.cluster.job_records import (
    JobRecord,
    JobsFolder,
    RecordStatus,
    SubmitSettings,
    TaskDescription,
    array_name,
    now_utc,
)
from qmnmr.cluster.sites.partition_choice import JobNeeds, choose_partition
from qmnmr.cluster.sites.profile_files import find_profile, load_profiles, profile_folders
from qmnmr.cluster.sites.site_profile import SiteProfile
from qmnmr.cluster.size_classes import SizeClass, size_classes
from qmnmr.cluster.slurm.commands import ClusterFacts, ask_cluster, ask_submit_limit, count_queued_tasks
from qmnmr.cluster.slurm.job_script import ScriptValues, shell_words
from qmnmr.cluster.slurm.submission_by_submitit import array_script, submit_array
from qmnmr.datatypes.job import ArrayRequest
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.theory import Protocol
from qmnmr.errors import InputError, LimitReachedError, QueueFullError, SchedulerError, SubmissionUnknownError
from qmnmr.image.image_file import StatedImage, stated_images
from qmnmr.runs.run_folder import RunFolder

_MIN_WARNING_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where a run is submitted, and what may be submitted there now."""

    site: SiteProfile
    facts: ClusterFacts
    free_tasks: int | None  # how many more tasks the user may queue; None: no limit is known
    images: tuple[StatedImage, ...] = ()  # of the site's profile, found to be what it states


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedArray:
    """An array that is going to be submitted."""

    size_class: str
    molecules: tuple[str, ...]  # ids
    request: ArrayRequest  # its name is not final
    scratch_mb: int
    cpu_hours: float  # predicted

    @property
    def max_core_hours(self) -> float:
        """Return the core hours if every task ran into its limit."""
        return self.request.task_count * self.request.resources.cores * self.request.minutes / 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionPlan:
    """All arrays of a submission, and how many molecules the cluster's limits leave for later."""

    arrays: tuple[PlannedArray, ...]
    left_for_later: int


def find_cluster(settings: SubmitSettings, environment: dict[str, str]) -> Cluster:
    """Return the cluster of this machine with what its controller says.

    Raises SchedulerError, or SiteError, above all for an image that is not the one that the profile states.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        counting = pool.submit(count_queued_tasks)  # while the controller tells of itself
        facts = ask_cluster()
        queued = counting.result()
    profiles = load_profiles(profile_folders(environment))
    site = find_profile(profiles, settings.site, host_name=platform.node(), cluster_name=facts.cluster_name)
    container = site.container
    images = () if container is None else stated_images(container.images, container.sha256)
    limits = [site.max_submitted_tasks] if site.max_submitted_tasks else []
    if facts.has_accounting:
        limit = ask_submit_limit(account=settings.account or site.account or None, qos=settings.qos or site.qos or None)
        limits += [] if limit is None else [limit]
    rooms = [limit - queued.mine for limit in limits]
    # Slurm 22.05 refuses the task with which MaxJobCount would be reached.
    rooms += [facts.max_job_count - 1 - queued.known_to_controller] if facts.max_job_count else []
    free = max(0, min(rooms)) if rooms else None
    return Cluster(site=site, facts=facts, free_tasks=free, images=images)


def plan_submission(
    molecules: Sequence[Molecule],
    protocol: Protocol,
    *,
    engine: str,
    machine_factor: float = 1.0,
    settings: SubmitSettings,
    cluster: Cluster,
) -> SubmissionPlan:
    """Return the arrays for these molecules: one for each size class, more where an array may not be that long.

    Raises SiteError if no partition takes them.
    """
    site = cluster.site
    longest = site.max_array_size or cluster.facts.max_array_size
    biggest_node = max((p.max_cores for p in site.partitions.values()), default=0) or None
    classes = size_classes(
        molecules,
        protocol,
        engine=engine,
        machine_factor=machine_factor,
        cores=settings.cores,
        memory_mb=settings.memory_mb,
        minutes=settings.minutes,
        max_cores=biggest_node,
    )
    free = len(molecules) if cluster.free_tasks is None else cluster.free_tasks
    arrays: list[PlannedArray] = []
    for size_class in classes:
        ids = [m.id for m in size_class.molecules][: max(0, free)]
        free -= len(ids)
        hours = size_class.cpu_hours / len(size_class.molecules)
        for begin in range(0, len(ids), longest):
            chunk = tuple(ids[begin : begin + longest])
            planned = _planned(size_class, chunk, settings=settings, site=site)
            arrays.append(replace(planned, cpu_hours=hours * len(chunk)))
    n_planned = sum(len(a.molecules) for a in arrays)
    return SubmissionPlan(arrays=tuple(arrays), left_for_later=len(molecules) - n_planned)


def _planned(
    size_class: SizeClass, molecules: tuple[str, ...], *, settings: SubmitSettings, site: SiteProfile
) -> PlannedArray:
    resources = size_class.resources
    needs = JobNeeds(cores=resources.cores, memory_mb=resources.memory_mb, minutes=size_class.minutes)
    partition = choose_partition(site.partitions, needs, wanted=settings.partition)
    # Slurm's signal may come a minute early: a warning longer than a quarter of the limit would leave no time to work.
    warning = min(site.warning_minutes * 60, max(_MIN_WARNING_SECONDS, size_class.minutes * 15))
    request = ArrayRequest(
        name="qmnmr",
        task_count=len(molecules),
        resources=resources,
        minutes=size_class.minutes,
        warning_seconds=int(warning),
        partition=partition,
        account=settings.account or site.account or None,
        qos=settings.qos or site.qos or None,
        parallelism=settings.parallelism,
    )
    return PlannedArray(
        size_class=size_class.name,
        molecules=molecules,
        request=request,
        scratch_mb=size_class.scratch_mb,
        cpu_hours=size_class.cpu_hours,
    )


def usable_grace(facts: ClusterFacts) -> int:
    """Return how many seconds a task has from TERM to KILL: part of KillWait, the rest is for cleaning up."""
    return max(1, int(0.7 * facts.kill_wait_seconds))


def render_arrays(run_folder: Path, plan: SubmissionPlan, *, cluster: Cluster, scratch: str | None) -> Iterator[str]:
    """Yield the very scripts that sbatch would get, with nothing written."""
    jobs = JobsFolder(_usable(run_folder).resolve())
    for count, array in enumerate(plan.arrays, jobs.last_number() + 1):
        number = f"{count:03d}"
        request = replace(array.request, name=array_name(run_folder, number=number))
        yield array_script(request, _values(jobs, number, array, cluster=cluster, scratch=scratch))


def submit_arrays(
    run: RunFolder, plan: SubmissionPlan, *, settings: SubmitSettings, cluster: Cluster
) -> Iterator[JobRecord]:
    """Submit the arrays one by one and yield their records.

    A record is on disk before sbatch is called, under a name that finds the array in Slurm even if this process dies
    meanwhile. An array that goes over the user's limit is halved until it fits. Ends early, without an error and with a
    refused record, where not even one more task is taken. Raises SchedulerError.
    """
    jobs = JobsFolder(_usable(run.path).resolve())
    jobs.save_settings(settings)
    waiting, number = deque(plan.arrays), None
    while waiting:
        array = waiting.popleft()
        number = number or jobs.claim_number()  # that of an array that was refused as a whole is used again
        request = replace(array.request, name=array_name(run.path, number=number))
        record = JobRecord(
            number=number,
            status=RecordStatus.SUBMITTING,
            site=cluster.site.name,
            size_class=array.size_class,
            request=request,
            molecules=array.molecules,
            submitted_utc=now_utc(),
            has_accounting=cluster.site.accounting and cluster.facts.has_accounting,
        )
        jobs.save(record)
        description = jobs.save_description(_description(run.path.resolve(), record, cluster=cluster))
        values = _values(jobs, number, array, cluster=cluster, scratch=settings.scratch)
        try:
            submitted = submit_array(request, values, function=run_task, argument=str(description))
        except SubmissionUnknownError as error:  # `status` asks for the array by its name
            jobs.save(replace(record, message=str(error)))
            raise
        except SchedulerError as error:
            record = replace(record, status=RecordStatus.REFUSED, message=str(error))
            jobs.save(record)
            if isinstance(error, LimitReachedError) and len(array.molecules) > 1:
                waiting.extendleft(reversed(_halves(array)))
                continue
            if not isinstance(error, LimitReachedError | QueueFullError):
                raise
            yield record
            return
        record = replace(record, status=RecordStatus.SUBMITTED, job=submitted.job)
        jobs.save(record)
        yield record
        number = None


def _halves(array: PlannedArray) -> tuple[PlannedArray, PlannedArray]:
    middle = (len(array.molecules) + 1) // 2

    def part(molecules: tuple[str, ...]) -> PlannedArray:
        hours = array.cpu_hours * len(molecules) / len(array.molecules)
        request = replace(array.request, task_count=len(molecules))
        return replace(array, molecules=molecules, request=request, cpu_hours=hours)

    return part(array.molecules[:middle]), part(array.molecules[middle:])


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
    )


def _values(
    jobs: JobsFolder, number: str, array: PlannedArray, *, cluster: Cluster, scratch: str | None
) -> ScriptValues:
    site = cluster.site
    folders = shell_words(site.scratch.folders) if scratch is None else (shlex.quote(str(Path(scratch).absolute())),)
    return ScriptValues(
        site=site,
        directives="",
        command="",
        folder=jobs.folder(number),
        run_folder=jobs.path.parent,
        task_count=array.request.task_count,
        scratch_folders=folders,
        scratch_needed_mb=array.scratch_mb,
        grace_seconds=min(site.grace_seconds, usable_grace(cluster.facts)),
        images=cluster.images,
    )


def _usable(run_folder: Path) -> Path:
    """Return the run folder if Slurm can write logs there: it replaces some characters in paths.

    Raises InputError.
    """
    bad = sorted({c for c in str(run_folder.resolve()) if c in "%\\\"'" or not c.isprintable()})
    if bad:
        raise InputError(
            f"the run folder {run_folder} can't be used by Slurm: its path has {' '.join(map(repr, bad))}",
            hint="name another one with --out",
        )
    return run_folder
