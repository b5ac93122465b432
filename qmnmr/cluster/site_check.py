"""A first profile of a cluster, from what the cluster itself says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qmnmr.cluster.scheduler import ClusterFacts, ClusterPartition, Scheduler
from qmnmr.cluster.sites.profile_files import check_name, profile_toml
from qmnmr.cluster.sites.site_profile import Partition, Recognition, SiteProfile
from qmnmr.errors import InputError
from qmnmr.records import write_atomically

_SHORT_KILL_WAIT_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """What a cluster said, a profile that fits it, and what the user should know."""

    facts: ClusterFacts
    partitions: tuple[ClusterPartition, ...]
    accounting_problem: str | None
    submit_limit: int | None
    profile: SiteProfile
    remarks: tuple[str, ...]


def check_site(name: str | None, *, scheduler: Scheduler) -> SiteReport:
    """Ask the cluster of this machine. Raises SchedulerError if it does not answer, SiteError for a bad name."""
    if name is not None:
        check_name(name, what=repr(name))
    facts = scheduler.facts()
    partitions = scheduler.partitions()
    problem = scheduler.accounting_problem()
    profile = SiteProfile(
        name=name or facts.cluster_name,
        description=f"{facts.software} cluster {facts.cluster_name}, as `qmnmr site check` found it",
        checked=datetime.now(UTC).date().isoformat(),
        template="generic.sh.j2",
        scheduler=scheduler.name,
        recognition=Recognition(cluster_names=(facts.cluster_name,)),
        accounting=problem is None,
        grace_seconds=min(20, facts.usable_grace_seconds),
        partitions=_partitions(partitions),
    )
    return SiteReport(
        facts=facts,
        partitions=partitions,
        accounting_problem=problem,
        submit_limit=scheduler.submit_limit(account=None, qos=None) if facts.has_accounting else None,
        profile=profile,
        remarks=_remarks(facts, partitions),
    )


def write_profile(profile: SiteProfile, folder: Path) -> Path:
    """Write a new profile and return its path.

    Raises InputError if there is one of that name.
    """
    path = folder / f"{profile.name}.toml"
    if path.exists():
        raise InputError(f"{path} exists", hint="name another one with --name, or remove it")
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    write_atomically(path, profile_toml(profile).encode())
    return path


def _partitions(found: Sequence[ClusterPartition]) -> dict[str, Partition]:
    """Return the partitions that are up, the default one first."""
    usable = sorted((p for p in found if p.is_up), key=lambda p: not p.is_default)
    return {p.name: p.limits for p in usable}


def _remarks(facts: ClusterFacts, partitions: Sequence[ClusterPartition]) -> tuple[str, ...]:
    remarks = []
    if facts.kill_wait_seconds < _SHORT_KILL_WAIT_SECONDS:
        remarks.append(f"a task that is cancelled has little time to bring its files home: {facts.kill_wait_seconds} s")
    if any(p.limits.is_preemptible for p in partitions) and facts.cancels_preempted:
        remarks.append("preempted jobs are cancelled, not requeued: `qmnmr resume` submits them again")
    return tuple(remarks)
