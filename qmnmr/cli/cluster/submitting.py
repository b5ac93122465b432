"""What `submit`, `calibrate --submit` and `resume` have in common: show the plan, ask, submit."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from qmnmr.cli.console import confirm, say, say_older_recipe
from qmnmr.cli.run_log import log_command
from qmnmr.cluster.cluster_programs import require_cluster_programs
from qmnmr.cluster.job_records import JobsFolder, RecordStatus, SubmitSettings
from qmnmr.cluster.run_lock import require_owner, run_lock
from qmnmr.cluster.run_status import MoleculeStatus, RunStatus, run_status
from qmnmr.cluster.schedulers import scheduler_here, scheduler_of
from qmnmr.cluster.sites.profile_files import GENERIC, load_profiles, profile_folders, require_no_broken_here
from qmnmr.cluster.submission import render_arrays, submit_arrays
from qmnmr.cluster.submission_plan import SubmissionPlan, plan_submission
from qmnmr.cluster.submission_site import Cluster, find_cluster, imagined_cluster
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import Protocol
from qmnmr.errors import NoSchedulerError, SchedulerError
from qmnmr.report.words import counted
from qmnmr.runs.folder.earlier_runs import keep_reused, reused_runs
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.forecast import time_factor
from qmnmr.runs.plan import RunPlan
from qmnmr.runs.sources.shift_sources import keep_factors


def with_scratch_variable(settings: SubmitSettings) -> SubmitSettings:
    """Return the settings with the folder that SCRATCH_DIR names, where --scratch names none."""
    return replace(settings, scratch=settings.scratch or os.environ.get("SCRATCH_DIR"))


def this_cluster(settings: SubmitSettings, *, is_dry_run: bool = False) -> Cluster:
    """Return the cluster of this machine; for a dry run where there is none, what the site's profile says of it.

    Raises as find_cluster does, SiteError for a profile that can't be used and is the wanted one or this machine's.
    """
    folders = profile_folders(os.environ)
    profiles = load_profiles(folders, wanted=settings.site)
    scheduler = scheduler_here(profiles, settings.site)
    try:
        cluster = find_cluster(settings, profiles, scheduler=scheduler)
    except NoSchedulerError as error:
        if not is_dry_run:
            raise
        cluster = imagined_cluster(settings, profiles, scheduler=scheduler)
        say(f"{error}: the script is that of the site {cluster.site.name} with {scheduler.title}'s own defaults")
    if settings.site is None and cluster.site.name == GENERIC:
        require_no_broken_here(folders, host_name=platform.node(), cluster_name=cluster.facts.cluster_name)
    return cluster


def plan_for(
    molecules: Sequence[Molecule],
    protocol: Protocol,
    settings: SubmitSettings,
    cluster: Cluster,
    *,
    engine: str,
    run: RunFolder,
    reuse: tuple[Path, ...] = (),
) -> SubmissionPlan:
    """Return the plan for these molecules of a run; `reuse`: the runs it takes results of, none: those it has already.

    Raises MissingProgramError if the cluster's image lacks a program, SiteError if no partition takes them.
    """
    require_cluster_programs(protocol, cluster)
    factor = time_factor(run, protocol, engine=engine)
    plan = plan_submission(
        molecules, protocol, engine=engine, machine_factor=factor.value, settings=settings, cluster=cluster
    )
    return replace(plan, read_folders=reuse or reused_runs(run))


def to_submit(status: RunStatus) -> tuple[MoleculeStatus, ...]:
    """Return what of a run is unfinished and not in the scheduler's hands.

    Raises SchedulerError if that can't be known: what looks interrupted may be in the queue again.
    """
    if not status.knows_queue:
        raise SchedulerError(
            f"it is not known what still runs: {status.problem}", hint=f"try again when {status.asked} answers"
        )
    if status.problem:
        say(f"what may still run is left alone, since {status.asked}'s accounting could not be asked: {status.problem}")
    return status.unfinished


def submit_run(
    run: RunFolder,
    plan: RunPlan,
    settings: SubmitSettings,
    cluster: Cluster,
    *,
    is_dry_run: bool,
    yes: bool,
    quiet: bool,
) -> None:
    """Submit a new run, or what is to be done of an old one, and print its folder; or print the scripts alone.

    Everything is planned before the folder is begun. Raises as `to_submit` and `plan_for` do, InputError if the folder
    holds something else.
    """
    settings, is_old = with_scratch_variable(settings), run.holds(plan.settings, plan.molecules)
    if is_old:
        require_owner(run.path, command="submit")
        say_older_recipe(plan)
    elif plan.engine_reason and not quiet:
        say(f"engine {plan.engine.facts.name} ({plan.engine_reason})")

    def planned(*, is_old: bool) -> tuple[tuple[Molecule, ...], SubmissionPlan]:
        molecules = plan.molecules
        if is_old:
            molecules = tuple(m.molecule for m in to_submit(run_status(run, scheduler=scheduler_of(run))))
            say(f"{run.path} is an old run: {len(molecules)} of {len(plan.molecules)} molecules are to be done")
        engine, protocol = plan.engine.facts.name, plan.settings.protocol
        return molecules, plan_for(molecules, protocol, settings, cluster, engine=engine, run=run, reuse=plan.reuse)

    if is_dry_run:
        print_scripts(run.path, planned(is_old=is_old)[1], cluster, settings)
        return
    first = None if is_old else planned(is_old=False)  # what is refused leaves no folder
    if first is not None:
        run.start(plan.settings, plan.molecules)
    log_command(run)
    with run_lock(run.path, command="submit"):
        if first is None or JobsFolder(run.path).last_number():  # of a new run another `submit` has been quicker
            first = planned(is_old=True)
        molecules, arrays = first
        keep_factors(run, plan.factors)
        run.keep_skipped(plan.skipped)
        keep_reused(run, plan.reuse)
        if not molecules or ask_and_submit(run, arrays, cluster, settings, yes=yes, quiet=quiet):
            click.echo(run.path)


def print_scripts(run_folder: Path, plan: SubmissionPlan, cluster: Cluster, settings: SubmitSettings) -> None:
    """Print the scripts that sbatch would get."""
    for script in render_arrays(run_folder, plan, cluster=cluster, scratch=settings.scratch):
        click.echo(script, nl=False)


def ask_and_submit(
    run: RunFolder, plan: SubmissionPlan, cluster: Cluster, settings: SubmitSettings, *, yes: bool, quiet: bool
) -> bool:
    """Show the plan, ask, submit, and say what is left; return False if the user declined."""
    if not quiet:
        _show(plan, cluster)
    if plan.arrays and not confirm("Submit?", yes=yes, is_needed=True):
        say("nothing was submitted")
        return False
    left = plan.left_for_later + sum(len(a.molecules) for a in plan.arrays)
    for record in submit_arrays(run, plan, settings=settings, cluster=cluster):
        if record.status is RecordStatus.REFUSED:
            say(f"the cluster takes no more: {record.message}")
            continue
        left -= len(record.molecules)
        if not quiet:
            say(f"array {record.number}: job {record.job}, {len(record.molecules)} tasks")
    if left:
        say(f"{left} molecules are left: the queue is full. `qmnmr resume {run.path}` submits them when there is room")
    return True


def _show(plan: SubmissionPlan, cluster: Cluster) -> None:
    say(f"site {cluster.site.name} (cluster {cluster.facts.cluster_name}, {cluster.facts.software})")
    for array in plan.arrays:
        request = array.request
        say(
            f"  {array.size_class}: {counted(request.task_count, 'task')} of "
            f"{counted(request.resources.cores, 'core')}, {request.resources.memory_mb / 1000:g} GB, "
            f"{request.minutes} min, partition {request.partition or 'default'}: "
            f"at most {array.max_core_hours:.0f} core-hours, predicted {_hours(array.cpu_hours)} of CPU"
        )
    tasks = sum(a.request.task_count for a in plan.arrays)
    say(
        f"{counted(tasks, 'task')}, at most {sum(a.max_core_hours for a in plan.arrays):.0f} core-hours in all, "
        f"predicted {_hours(sum(a.cpu_hours for a in plan.arrays))} of CPU"
    )


def _hours(hours: float) -> str:
    return f"{hours:.1f} h" if hours < 10 else f"{hours:.0f} h"
