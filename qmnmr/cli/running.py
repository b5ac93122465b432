"""What `predict` and `calibrate` have in common: a run on this machine that can be stopped."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

import click

from qmnmr.cli.console import say
from qmnmr.runs.plan import RunPlan
from qmnmr.runs.predict import RunOutcome, predict_run
from qmnmr.runs.run_folder import RunFolder


def run_or_stop(ctx: click.Context, plan: RunPlan, folder: RunFolder, **settings: Any) -> RunOutcome:  # noqa: ANN401
    """Run; on Ctrl-C or TERM end the programs, say how to go on, and exit with 128 + signal."""
    caught = [signal.SIGINT]

    def on_term(number: int, _: FrameType | None) -> None:
        caught[0] = signal.Signals(number)
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, on_term)
    try:
        return predict_run(plan, folder, **settings)
    except KeyboardInterrupt:
        say(f"stopped: what is finished is kept in {folder.path}; the same command continues from there")
        ctx.exit(128 + caught[0])
    finally:
        signal.signal(signal.SIGTERM, previous)
