"""`qmnmr submit`."""

from __future__ import annotations

import click

from qmnmr.cli.cluster.cluster_options import cluster_options
from qmnmr.cli.cluster.submitting import submit_run, this_cluster
from qmnmr.cli.console import reading, say_skipped
from qmnmr.cli.options import factors_option, out_option, reuse_option, run_options
from qmnmr.cluster.job_records import SubmitSettings
from qmnmr.runs.plan import plan_run, run_folder_of
from qmnmr.runs.request import RunRequest


@click.command()
@run_options
@factors_option
@reuse_option
@cluster_options
@out_option("Run folder, on a disk that all nodes see.  [default: named after the input, protocol and solvent]")
@click.pass_context
def submit(ctx: click.Context, /, *, request: RunRequest, settings: SubmitSettings, dry_run: bool, yes: bool) -> None:
    """Submit molecules to Slurm as job arrays, one task for each molecule.

    INPUT is what `qmnmr predict` takes. Prints the run folder, which `status`, `resume`, `cancel` and `collect` need.
    """
    cluster = this_cluster(settings, is_dry_run=dry_run)
    quiet = ctx.obj["quiet"]
    plan = plan_run(request, runs_here=False, report=reading(quiet=quiet))
    say_skipped(plan.skipped)
    run = run_folder_of(request, plan)
    submit_run(run, plan, settings, cluster, is_dry_run=dry_run, yes=yes, quiet=quiet)
