"""`qmnmr render`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from qmnmr.cli.console import say, say_skipped
from qmnmr.cli.options import memory_option, out_option, run_options
from qmnmr.datatypes.protocol import AS_GIVEN
from qmnmr.engines import engines_by_preference, get_engine
from qmnmr.runs.plan import plan_run
from qmnmr.runs.render import render_run
from qmnmr.runs.request import AUTO, RunRequest


@click.command()
@run_options
@out_option("Folder for the inputs.  [default: inputs]")
@memory_option("Memory per MPI rank.", name="memory_mb_per_rank", default=2.0)
def render(*, request: RunRequest, memory_mb_per_rank: int) -> None:
    """Write the inputs of a run without running them.

    One folder per molecule, one input per conformer and step. The energy and shielding inputs hold the geometry of the
    search: in a run they get the optimised one. Prints the paths.
    """
    readable = next(name for name in engines_by_preference() if not get_engine(name).facts.is_embedded)
    plan = plan_run(replace(request, engine=readable) if request.engine == AUTO else request)
    say_skipped(plan.skipped)
    paths = render_run(plan, request.out or Path("inputs"), memory_mb_per_rank=memory_mb_per_rank)
    for path in paths:
        click.echo(path)
    is_final = plan.settings.protocol.geometry == AS_GIVEN
    which = "the geometries as given" if is_final else "the search's geometries, not the optimised ones"
    say(f"{len(paths)} inputs; energies and shieldings are for {which}")
