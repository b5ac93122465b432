"""The schedulers that are known, and which of them a run or a machine has."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping

from qmnmr.cluster.job_records import JobsFolder
from qmnmr.cluster.scheduler import Scheduler
from qmnmr.cluster.sites.profile_files import find_profile
from qmnmr.cluster.sites.site_profile import DEFAULT_SCHEDULER, SiteProfile
from qmnmr.cluster.slurm.scheduler import SlurmScheduler
from qmnmr.errors import SiteError, choice_hint
from qmnmr.runs.folder.run_folder import RunFolder

SCHEDULERS: dict[str, Callable[[], Scheduler]] = {"slurm": SlurmScheduler}
"""Every scheduler by the name that a site's profile gives: another one is a folder and an entry here."""


def find_scheduler(name: str) -> Scheduler:
    """Return the scheduler of this name. Raises SiteError if there is none."""
    if name not in SCHEDULERS:
        raise SiteError(f"there is no scheduler {name!r}", hint=choice_hint(name, sorted(SCHEDULERS)))
    return SCHEDULERS[name]()


def scheduler_here(profiles: Mapping[str, SiteProfile], wanted: str | None) -> Scheduler:
    """Return the scheduler of the site that was asked for, else of the one that this host's name belongs to.

    A cluster's name can't tell, since only its scheduler knows it: where no host name does, the generic profile counts.
    Raises SiteError for an unknown site or scheduler.
    """
    site = find_profile(profiles, wanted, host_name=platform.node(), cluster_name=None)
    return find_scheduler(site.scheduler)


def scheduler_of(run: RunFolder) -> Scheduler:
    """Return the scheduler that has the arrays of a run; all of them are with the same one.

    Raises SiteError if it is not known here.
    """
    records = JobsFolder(run.path).records()
    return find_scheduler(records[-1].scheduler if records else DEFAULT_SCHEDULER)
