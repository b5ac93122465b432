"""Where a run is submitted, as the site's profile and the cluster itself say it now."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from qmnmr.cluster.job_records import SubmitSettings
from qmnmr.cluster.scheduler import ClusterFacts, Scheduler
from qmnmr.cluster.sites.profile_files import find_profile
from qmnmr.cluster.sites.site_profile import Partition, SiteProfile
from qmnmr.errors import SchedulerError
from qmnmr.image.image_file import StatedImage, stated_images


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where a run is submitted, and what may be submitted there now."""

    scheduler: Scheduler
    site: SiteProfile
    facts: ClusterFacts
    free_tasks: int | None  # how many more tasks the user may queue; None: no limit is known
    partitions: Mapping[
        str, Partition
    ]  # the profile's, or else the one that the scheduler takes; none: nothing is known
    images: tuple[StatedImage, ...] = ()  # of the site's profile, found to be what it states


def find_cluster(settings: SubmitSettings, profiles: Mapping[str, SiteProfile], *, scheduler: Scheduler) -> Cluster:
    """Return the cluster of this machine with what its controller says.

    A site of another scheduler is not recognised here. Raises SchedulerError, NoSchedulerError where this machine
    belongs to no cluster, or SiteError, above all for an image that is not the one that the profile states.
    """
    with ThreadPoolExecutor(max_workers=1) as pool:
        counting = pool.submit(scheduler.queued_tasks)  # while the controller tells of itself
        facts = scheduler.facts()
        queued = counting.result()
    site = _site(settings, profiles, scheduler=scheduler, cluster_name=facts.cluster_name)
    limits = [site.max_submitted_tasks] if site.max_submitted_tasks else []
    if facts.has_accounting:
        account, qos = settings.account or site.account or None, settings.qos or site.qos or None
        limit = scheduler.submit_limit(account=account, qos=qos)
        limits += [] if limit is None else [limit]
    rooms = [limit - queued.mine for limit in limits]
    rooms += [] if facts.max_tasks is None else [facts.max_tasks - queued.known_to_controller]
    return Cluster(
        scheduler=scheduler,
        site=site,
        facts=facts,
        free_tasks=max(0, min(rooms)) if rooms else None,
        partitions=site.partitions or _taken_partition(scheduler, settings.partition),
        images=_images(site),
    )


def imagined_cluster(settings: SubmitSettings, profiles: Mapping[str, SiteProfile], *, scheduler: Scheduler) -> Cluster:
    """Return the cluster as the site's profile alone describes it, the scheduler's own defaults for all else.

    It serves where scripts are looked at and nothing is submitted: in an image, or on a desk. Raises SiteError.
    """
    site = _site(settings, profiles, scheduler=scheduler, cluster_name=None)
    return Cluster(
        scheduler=scheduler,
        site=site,
        facts=scheduler.default_facts(),
        free_tasks=site.max_submitted_tasks or None,
        partitions=site.partitions,
        images=_images(site),
    )


def _site(
    settings: SubmitSettings, profiles: Mapping[str, SiteProfile], *, scheduler: Scheduler, cluster_name: str | None
) -> SiteProfile:
    possible = {name: profile for name, profile in profiles.items() if profile.scheduler == scheduler.name}
    return find_profile(possible, settings.site, host_name=platform.node(), cluster_name=cluster_name)


def _images(site: SiteProfile) -> tuple[StatedImage, ...]:
    container = site.container
    return () if container is None else stated_images(container.images, container.sha256)


def _taken_partition(scheduler: Scheduler, wanted: str | None) -> dict[str, Partition]:
    """Return the partition that tasks go to where the profile names none, with its limits.

    Slurm takes tasks that no node can ever run, and lets them wait for ever.
    """
    try:
        found = scheduler.partitions()
    except SchedulerError:
        return {}
    return {p.name: p.limits for p in found if (p.is_default if wanted is None else p.name == wanted)}
