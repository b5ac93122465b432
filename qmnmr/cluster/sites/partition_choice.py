"""Which partition a job goes to: the first that fits, or why none does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qmnmr.cluster.sites.site_profile import Partition
from qmnmr.errors import SiteError


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNeeds:
    """What one task asks for, on one node."""

    cores: int
    memory_mb: int
    minutes: int


def widest_limits(partitions: Iterable[Partition]) -> Partition:
    """Return what the partitions allow at most, whichever it is; no limit where one has none."""
    every = tuple(partitions)

    def widest(limits: Iterable[int]) -> int:
        values = tuple(limits)
        return max(values) if values and all(values) else 0

    return Partition(
        max_minutes=widest(p.max_minutes for p in every),
        max_cores=widest(p.max_cores for p in every),
        max_memory_mb=widest(p.max_memory_mb for p in every),
    )


def choose_partition(partitions: Mapping[str, Partition], needs: JobNeeds, *, wanted: str | None) -> str:
    """Return the first partition that allows what is needed.

    One that was asked for is the only candidate. Raises SiteError with the reason of each refusal.
    """
    if wanted is not None and wanted not in partitions:
        known = ", ".join(partitions)
        raise SiteError(f"the site has no partition {wanted!r}", hint=f"choose one of: {known}")
    candidates = partitions if wanted is None else {wanted: partitions[wanted]}
    refusals = []
    for name, partition in candidates.items():
        reason = refusal(partition, needs)
        if reason is None:
            return name
        refusals.append(f"{name} {reason}")
    raise SiteError(
        f"no partition takes tasks of {needs.cores} cores, {needs.memory_mb} MB and {needs.minutes} min: "
        + "; ".join(refusals),
        hint="ask for less with --cores, --memory-gb or --time, or choose another site with --site",
    )


def refusal(partition: Partition, needs: JobNeeds) -> str | None:
    """Return why a partition can't take such a task, None if it can."""
    if partition.max_minutes and needs.minutes > partition.max_minutes:
        return f"ends tasks after {partition.max_minutes} min"
    if partition.max_cores and needs.cores > partition.max_cores:
        return f"gives a task {partition.max_cores} cores at most"
    if partition.max_memory_mb and needs.memory_mb > partition.max_memory_mb:
        return f"gives a task {partition.max_memory_mb} MB at most"
    return None
