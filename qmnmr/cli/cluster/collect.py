"""`qmnmr collect`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from qmnmr.cli.console import say
from qmnmr.cli.options import option
from qmnmr.cli.run_log import log_command
from qmnmr.cluster.collect import collect_run
from qmnmr.cluster.job_records import NOT_SUBMITTED, JobsFolder
from qmnmr.cluster.run_status import run_status
from qmnmr.cluster.schedulers import scheduler_of
from qmnmr.errors import CalculationsFailedError
from qmnmr.runs.folder.run_folder import RunFolder

_CHARACTERS_AT_ONCE = 1_000_000


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    metavar="DIR",
    help="Folder for the tables.  [default: RUN itself]",
)
@option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the path of shifts.csv.")
def collect(*, run: Path, out: Path | None, as_json: bool) -> None:
    """Write shifts.csv, summary.json and report.html of RUN from all molecules that are finished.

    With --out nothing is written to RUN, which may be another user's. Can be repeated while tasks run. Exit code 6
    while a molecule lacks its result, or part of it.
    """
    folder = RunFolder(run)
    folder.settings()
    if out is None:
        log_command(folder)
    status = run_status(folder, scheduler=scheduler_of(folder), reads_predictions=False)
    if status.problem:
        say(f"{status.asked} could not be asked ({status.problem}); what is on disk is collected")
    into = out or run
    into.mkdir(parents=True, exist_ok=True)
    collection = collect_run(folder, status, into=into)
    if as_json:
        with collection.summary.open(encoding="utf-8") as stream:
            while text := stream.read(_CHARACTERS_AT_ONCE):
                click.echo(text, nl=False)
    else:
        click.echo(into / "shifts.csv")
        if collection.page is None:
            say(f"{len(status.molecules)} molecules: `qmnmr report {shlex.quote(str(run))}` makes their pages")
    if collection.unfinished:
        counts = ", ".join(f"{count} {state}" for state, count in collection.status.counts.items())
        raise CalculationsFailedError(
            f"{len(collection.unfinished)} of {len(status.molecules)} molecules are not complete ({counts})",
            hint=NOT_SUBMITTED
            if not JobsFolder(run).records()
            else f"`qmnmr status {shlex.quote(str(run))} --long` says why, `qmnmr resume {shlex.quote(str(run))}` "
            "submits again what no longer runs",
        )
