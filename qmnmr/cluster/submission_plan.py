"""What is going to be submitted: the arrays for molecules, as site and cluster allow them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qmnmr.cluster.job_records import SubmitSettings
from qmnmr.cluster.sites.partition_choice import JobNeeds, choose_partition, widest_limits
from qmnmr.cluster.size_classes import SizeClass, size_classes
from qmnmr.cluster.submission_site import Cluster
from qmnmr.datatypes.job import ArrayRequest
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import Protocol

_MIN_WARNING_SECONDS = 20


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
    read_folders: tuple[Path, ...] = ()  # run folders that tasks read beside their own


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
    classes = size_classes(
        molecules,
        protocol,
        engine=engine,
        machine_factor=machine_factor,
        cores=settings.cores,
        memory_mb=settings.memory_mb,
        minutes=settings.minutes,
        limits=widest_limits(cluster.partitions.values()),
    )
    free = len(molecules) if cluster.free_tasks is None else cluster.free_tasks
    arrays: list[PlannedArray] = []
    for size_class in classes:
        ids = [m.id for m in size_class.molecules][: max(0, free)]
        free -= len(ids)
        hours = size_class.cpu_hours / len(size_class.molecules)
        for begin in range(0, len(ids), longest):
            chunk = tuple(ids[begin : begin + longest])
            planned = _planned(size_class, chunk, settings=settings, cluster=cluster)
            arrays.append(replace(planned, cpu_hours=hours * len(chunk)))
    n_planned = sum(len(a.molecules) for a in arrays)
    return SubmissionPlan(arrays=tuple(arrays), left_for_later=len(molecules) - n_planned)


def _planned(
    size_class: SizeClass, molecules: tuple[str, ...], *, settings: SubmitSettings, cluster: Cluster
) -> PlannedArray:
    resources, site = size_class.resources, cluster.site
    needs = JobNeeds(cores=resources.cores, memory_mb=resources.memory_mb, minutes=size_class.minutes)
    partition = settings.partition
    if cluster.partitions:
        chosen = choose_partition(cluster.partitions, needs, wanted=settings.partition)
        partition = chosen if site.partitions else settings.partition  # else it is the scheduler's default anyway
    # The signal may come a minute early: a warning longer than a quarter of the limit would leave no time to work.
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


def halves(array: PlannedArray) -> tuple[PlannedArray, PlannedArray]:
    """Return an array of two molecules or more as two, one after the other."""
    middle = (len(array.molecules) + 1) // 2

    def part(molecules: tuple[str, ...]) -> PlannedArray:
        hours = array.cpu_hours * len(molecules) / len(array.molecules)
        request = replace(array.request, task_count=len(molecules))
        return replace(array, molecules=molecules, request=request, cpu_hours=hours)

    return part(array.molecules[:middle]), part(array.molecules[middle:])
