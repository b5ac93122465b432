"""What `predict` and `calibrate` have in common: a run on this machine that can be stopped."""

from __future__ import annotations

import signal
from types import FrameType

import click

from qmnmr.cli.console import progress, say
from qmnmr.cli.run_log import log_command
from qmnmr.runs.local_run import LocalRun
from qmnmr.runs.predict import RunOutcome


def run_or_stop(ctx: click.Context, run: LocalRun, *, quiet: bool) -> RunOutcome:
    """Run, with a log and progress; on Ctrl-C or TERM end the programs, say how to go on, exit with 128 + signal."""
    caught = [signal.SIGINT]

    def on_term(number: int, _: FrameType | None) -> None:
        caught[0] = signal.Signals(number)
        raise KeyboardInterrupt

    log_command(run.folder)
    with progress(total=len(run.plan.molecules), quiet=quiet) as report:
        previous = signal.signal(signal.SIGTERM, on_term)
        try:
            return run.compute(report)
        except KeyboardInterrupt:
            say(f"stopped: what is finished is kept in {run.folder.path}; the same command continues from there")
            ctx.exit(128 + caught[0])
        finally:
            signal.signal(signal.SIGTERM, previous)
