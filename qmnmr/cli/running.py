"""What `predict` and `calibrate` have in common: a run on this machine that is announced and can be stopped."""

from __future__ import annotations

import click

from qmnmr.cli.console import confirm, progress, say
from qmnmr.cli.interrupts import stop_code
from qmnmr.cli.run_log import log_command
from qmnmr.funnel.progress import Report
from qmnmr.runs.forecast import forecast, long_run_words
from qmnmr.runs.local_run import LocalRun
from qmnmr.runs.predict import RunOutcome


def tell_cost_and_ask(ctx: click.Context, run: LocalRun, *, yes: bool, quiet: bool) -> float | None:
    """Say and return (in seconds) what the run is predicted to take; above an hour say what is quicker, and ask.

    None where every molecule is finished already.
    Ends the command after a no. A script, where nobody can be asked, wants what it started: it goes on.
    """
    plan, cores = run.plan, run.resources.cores
    protocol, engine = plan.settings.protocol, plan.engine.facts.name
    left = forecast(run.folder, plan.molecules, protocol, engine=engine)
    if not quiet:
        say(
            left.text(cores=cores) if left.n_molecules else "nothing to compute: every molecule of this run is finished"
        )
    seconds = left.cost.cpu_seconds / cores if left.n_molecules else None
    if not left.is_long(cores=cores):
        return seconds
    if not quiet:
        say(long_run_words(left, plan.molecules, protocol, engine=engine, cores=cores))
    if not confirm(f"Compute for {left.time_text(cores=cores)}?", yes=yes, is_needed=False):
        say(f"nothing was computed; the same command asks again, and {run.folder.path} may be removed")
        ctx.exit(1)
    return seconds


def run_or_stop(ctx: click.Context, run: LocalRun, *, quiet: bool, expected_seconds: float | None) -> RunOutcome:
    """Run, with a log and progress; a stop signal ends the programs, says how to go on, exits with 128 + signal.

    Without expected seconds, where all is finished already, the steps of a molecule are not told.
    """
    log_command(run.folder)
    try:
        with progress(total=len(run.plan.molecules), quiet=quiet, expected_seconds=expected_seconds or 0.0) as report:
            return run.compute(_ends_of(report) if expected_seconds is None else report)
    except KeyboardInterrupt:
        say(f"stopped: what is finished is kept in {run.folder.path}; the same command continues from there")
        ctx.exit(stop_code())


def _ends_of(report: Report) -> Report:
    return lambda told: report(told) if told.is_end else None
