"""`qmnmr status`."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from qmnmr.cli.console import say
from qmnmr.cli.options import option
from qmnmr.cluster.run_status import MoleculeStatus, RunStatus, run_status
from qmnmr.cluster.schedulers import scheduler_of
from qmnmr.cluster.task_record import TaskRecord
from qmnmr.datatypes.job import JobState
from qmnmr.report.columns import aligned
from qmnmr.runs.folder.run_folder import RunFolder

_HEADINGS = ("molecule", "state", "step", "elapsed", "efficiency", "node", "job", "remark")


@click.command()
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@option("--long", "is_long", is_flag=True, help="One line for each molecule.")
@option("--watch", is_flag=True, help="Repeat until nothing of the run is in Slurm's hands.")
@option(
    "--interval",
    type=click.FloatRange(min=2.0),
    default=30.0,
    show_default=True,
    metavar="S",
    help="Seconds between two looks of --watch.",
)
@option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, run: Path, is_long: bool, watch: bool, interval: float, as_json: bool) -> None:
    """Say where each molecule of RUN stands.

    Reads the run folder, then asks Slurm once for the whole run. Works from any login shell.
    """
    folder = RunFolder(run)
    folder.settings()
    shown = ""
    while True:
        found = run_status(folder, scheduler=scheduler_of(folder))
        text = _json(found) if as_json else _text(found, is_long=is_long)
        if text != shown:
            click.echo(text)
        shown = text
        if found.problem:
            say(f"{found.asked} could not be asked: {found.problem}")
        if not watch or not found.is_active:
            return
        time.sleep(interval)


def _text(found: RunStatus, *, is_long: bool) -> str:
    counts = "  ".join(f"{state} {count}" for state, count in found.counts.items())
    summary = f"{len(found.molecules)} molecules: {counts}"
    if not is_long:
        remarks = [f"  {m.molecule.name}: {m.state}, {m.message}" for m in found.molecules if _is_remarkable(m)]
        more = [f"  … and {len(remarks) - 10} more: --long"] if len(remarks) > 10 else []
        return "\n".join([summary, *remarks[:10], *more])
    rows = [_HEADINGS, *(_row(m) for m in found.molecules)]
    return "\n".join([summary, *aligned(rows)])


def _is_remarkable(status: MoleculeStatus) -> bool:
    usual = (JobState.COMPLETED, JobState.PENDING, JobState.RUNNING, JobState.COMPLETING, JobState.NOT_SUBMITTED)
    return status.state not in usual and bool(status.message)


def _row(status: MoleculeStatus) -> tuple[str, ...]:
    task, record = status.task, status.record
    count = f" {task.done}/{task.total}" if task is not None and task.total else ""
    efficiency = None if task is None else task.efficiency
    return (
        status.molecule.name[:40],
        str(status.state),
        "" if task is None else f"{task.step}{count}",
        "" if task is None else _duration(_elapsed_seconds(task)),
        "" if efficiency is None else f"{efficiency:.0%}",
        status.node,
        "" if record is None or record.job is None else f"{record.job}_{status.index}",
        status.message,
    )


def _elapsed_seconds(task: TaskRecord) -> float:
    """Return how long the last start has lasted; a running one's file is older than that."""
    if task.state is not JobState.RUNNING:
        return task.elapsed_seconds
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(task.started_utc)).total_seconds())


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _json(found: RunStatus) -> str:
    molecules = [
        {
            "name": m.molecule.name,
            "state": m.state,
            "message": m.message,
            "step": "" if m.task is None else m.task.step,
            "node": m.node,
            "starts": 0 if m.task is None else m.task.start + 1,
            "elapsed_seconds": None if m.task is None else round(_elapsed_seconds(m.task), 1),
            "efficiency": None if m.task is None else m.task.efficiency,
        }
        for m in found.molecules
    ]
    return json.dumps({"schema": 1, "counts": found.counts, "problem": found.problem, "molecules": molecules}, indent=1)
