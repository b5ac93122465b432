"""`qmnmr resume`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from qmnmr.cli.cluster.cluster_options import cluster_options
from qmnmr.cli.cluster.submitting import (
    ask_and_submit,
    plan_for,
    print_scripts,
    this_cluster,
    to_submit,
    with_scratch_variable,
)
from qmnmr.cli.console import say
from qmnmr.cli.run_log import log_command
from qmnmr.cluster.job_records import JobsFolder, SubmitSettings
from qmnmr.cluster.run_lock import require_owner, run_lock
from qmnmr.cluster.run_status import run_status
from qmnmr.cluster.schedulers import scheduler_of
from qmnmr.datatypes.protocol import Protocol
from qmnmr.runs.folder.run_folder import RunFolder


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@cluster_options
@click.pass_context
def resume(ctx: click.Context, /, *, run: Path, settings: SubmitSettings, dry_run: bool, yes: bool) -> None:
    """Submit what is unfinished or failed in RUN, after saying why.

    Finished calculations are not repeated, stopped optimisations go on. Options that are not given are those of the
    first submission.
    """
    folder = RunFolder(run)
    protocol = folder.settings().protocol
    settings = JobsFolder(run).load_settings().overlaid(with_scratch_variable(settings))
    require_owner(run, command="resume")
    if not dry_run:
        log_command(folder)
    with nullcontext() if dry_run else run_lock(run, command="resume"):
        _resume(folder, protocol, settings, is_dry_run=dry_run, yes=yes, quiet=ctx.obj["quiet"])


def _resume(
    folder: RunFolder, protocol: Protocol, settings: SubmitSettings, *, is_dry_run: bool, yes: bool, quiet: bool
) -> None:
    status = run_status(folder, scheduler=scheduler_of(folder))
    todo = to_submit(status)
    for state in dict.fromkeys(m.state for m in todo):
        those = [m for m in todo if m.state is state]
        why = next((f": {m.message}" for m in those if m.message), "")
        say(f"{state} ({len(those)}): {', '.join(m.molecule.name for m in those[:5])}{why}")
    if not todo:
        say(f"nothing to submit: every molecule is completed or in {status.asked}'s hands")
        return
    cluster = this_cluster(settings)
    plan = plan_for(
        [m.molecule for m in todo], protocol, settings, cluster, engine=folder.settings().engine, run=folder
    )
    if is_dry_run:
        print_scripts(folder.path, plan, cluster, settings)
        return
    ask_and_submit(folder, plan, cluster, settings, yes=yes, quiet=quiet)
