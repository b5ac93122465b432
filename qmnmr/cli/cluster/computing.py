"""A planned run on its way to results: computed on this machine, or handed to the cluster."""

from __future__ import annotations

from pathlib import Path

import click

from qmnmr.cli.cluster.submitting import submit_run
from qmnmr.cli.console import say
from qmnmr.cli.running import run_or_stop, tell_cost_and_ask
from qmnmr.cluster.job_records import SubmitSettings
from qmnmr.cluster.submission_site import Cluster
from qmnmr.report.words import counted
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.local_run import start_planned_run
from qmnmr.runs.plan import RunPlan
from qmnmr.runs.request import ResourceRequest


def compute_or_submit(
    ctx: click.Context,
    plan: RunPlan,
    folder: RunFolder,
    settings: SubmitSettings,
    *,
    cluster: Cluster | None,
    what: str,
    is_dry_run: bool,
    yes: bool,
) -> bool:
    """Return whether the folder holds the results: they are computed here where there is no cluster.

    `what` names the molecules in the first line: "9 candidates". Ends as `predict` and `submit` do where something
    goes wrong.
    """
    quiet = ctx.obj["quiet"]
    if cluster is not None:
        submit_run(folder, plan, settings, cluster, is_dry_run=is_dry_run, yes=yes, quiet=quiet)
        return False
    scratch = None if settings.scratch is None else Path(settings.scratch)
    wanted = ResourceRequest(cores=settings.cores, memory_mb=settings.memory_mb, scratch=scratch)
    run = start_planned_run(plan, folder, wanted)
    if not quiet:
        say(f"{what}, {counted(run.resources.cores, 'core')} -> {folder.path}")
    seconds = tell_cost_and_ask(ctx, run, yes=yes, quiet=quiet)
    run_or_stop(ctx, run, quiet=quiet, expected_seconds=seconds)
    return True
