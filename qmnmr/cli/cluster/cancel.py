"""`qmnmr cancel`."""

from __future__ import annotations

from pathlib import Path

import click

from qmnmr.cli.console import say
from qmnmr.cli.run_log import log_command
from qmnmr.cluster.cancellation import cancel_run
from qmnmr.cluster.schedulers import scheduler_of
from qmnmr.report.words import counted
from qmnmr.runs.folder.run_folder import RunFolder


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
def cancel(*, run: Path) -> None:
    """Cancel all arrays of RUN that Slurm has. What is finished is kept; `resume` goes on from there."""
    folder = RunFolder(run)
    folder.settings()
    log_command(folder)
    count = cancel_run(folder, scheduler=scheduler_of(folder))
    say(f"cancelled: {counted(count, 'array')}" if count else "nothing of this run is in the queue")
