"""A first profile of a cluster, from what the cluster itself says, and an older one beside it."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qmnmr.cluster.scheduler import ClusterFacts, ClusterPartition, Scheduler
from qmnmr.cluster.sites.profile_files import GENERIC, check_name, find_profile, profile_toml
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
    known: SiteProfile | None  # the profile that there is for this cluster already
    differences: tuple[str, ...]  # between that and the cluster


def check_site(
    name: str | None, *, profiles: Mapping[str, SiteProfile], scheduler: Scheduler, with_gpus: bool = False
) -> SiteReport:
    """Ask the cluster of this machine, and compare the profile of this name, or of this cluster, with its answer.

    Nothing here uses a GPU, so partitions whose every node has some are left out unless asked for. Raises
    SchedulerError if the cluster does not answer, SiteError for a bad name.
    """
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
        partitions=_partitions(partitions, with_gpus=with_gpus),
    )
    known = profiles.get(name) if name else _recognising(profiles, facts, scheduler=scheduler)
    return SiteReport(
        facts=facts,
        partitions=partitions,
        accounting_problem=problem,
        submit_limit=scheduler.submit_limit(account=None, qos=None) if facts.has_accounting else None,
        profile=profile,
        remarks=_remarks(facts, partitions, with_gpus=with_gpus),
        known=known,
        differences=() if known is None else tuple(_differences(known, facts, partitions, problem=problem)),
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


def _recognising(
    profiles: Mapping[str, SiteProfile], facts: ClusterFacts, *, scheduler: Scheduler
) -> SiteProfile | None:
    """Return the profile that a run would be submitted with here; None if it is the one for any cluster."""
    possible = {name: profile for name, profile in profiles.items() if profile.scheduler == scheduler.name}
    if GENERIC not in possible:
        return None
    found = find_profile(possible, None, host_name=platform.node(), cluster_name=facts.cluster_name)
    return None if found.name == GENERIC else found


def _differences(
    profile: SiteProfile, facts: ClusterFacts, found: Sequence[ClusterPartition], *, problem: str | None
) -> Iterator[str]:
    """Say what of a profile the cluster does not bear out."""
    there = {p.name: p for p in found}
    for name, said in profile.partitions.items():
        if name not in there:
            yield f"partition {name}: the cluster has none of that name"
            continue
        if not there[name].is_up:
            yield f"partition {name}: it takes no jobs now"
        yield from (f"partition {name}: {words}" for words in _other_limits(said, there[name].limits))
    unnamed = [p.name for p in found if p.is_up and not p.is_for_gpus and p.name not in profile.partitions]
    if unnamed and profile.partitions:
        yield f"partitions that the profile does not name: {', '.join(unnamed)}"
    if profile.accounting and problem is not None:
        yield f"accounting = true, but {problem}"
    if profile.grace_seconds > facts.usable_grace_seconds:
        yield (
            f"grace_seconds = {profile.grace_seconds}, but of the cluster's {facts.kill_wait_seconds} s to the kill "
            f"{facts.usable_grace_seconds} s are used"
        )
    if profile.max_array_size > facts.max_array_size:
        yield f"max_array_size = {profile.max_array_size}, but the cluster takes {facts.max_array_size}"


def _other_limits(said: Partition, true: Partition) -> Iterator[str]:
    """Say which limits a partition has other than the profile says; a lower one in the profile may be meant so."""
    for key in ("max_minutes", "max_cores", "max_memory_mb"):
        here, there = getattr(said, key), getattr(true, key)
        if there and (here == 0 or here > there):
            yield f"{key} = {here or 'no limit'}, but the cluster allows {there}"
        elif here and (there == 0 or here < there):
            yield f"{key} = {here}, though the cluster allows {there or 'any'}"
    if said.is_preemptible != true.is_preemptible:
        yield f"is_preemptible = {str(said.is_preemptible).lower()}, but the cluster says otherwise"


def _partitions(found: Sequence[ClusterPartition], *, with_gpus: bool) -> dict[str, Partition]:
    """Return the partitions that are up, the default one first."""
    usable = sorted((p for p in found if p.is_up), key=lambda p: not p.is_default)
    return {p.name: p.limits for p in usable if with_gpus or not p.is_for_gpus}


def _remarks(facts: ClusterFacts, partitions: Sequence[ClusterPartition], *, with_gpus: bool) -> tuple[str, ...]:
    remarks = []
    left_out = [p.name for p in partitions if p.is_for_gpus and p.is_up and not with_gpus]
    if left_out:
        remarks.append(f"left out, since their nodes have GPUs, which nothing here uses: {', '.join(left_out)}")
    if facts.kill_wait_seconds < _SHORT_KILL_WAIT_SECONDS:
        remarks.append(f"a task that is cancelled has little time to bring its files home: {facts.kill_wait_seconds} s")
    if any(p.limits.is_preemptible for p in partitions) and facts.cancels_preempted:
        remarks.append("preempted jobs are cancelled, not requeued: `qmnmr resume` submits them again")
    return tuple(remarks)
