"""`qmnmr render`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qmnmr.cli.console import say
from qmnmr.cli.options import option, out_option, run_options
from qmnmr.runs.engine_choice import AUTO
from qmnmr.runs.plan import plan_run
from qmnmr.runs.render import render_run


@click.command()
@run_options
@out_option("Folder for the inputs.  [default: inputs]")
@option(
    "--memory-gb",
    type=click.FloatRange(min=0.5),
    default=2.0,
    show_default=True,
    metavar="G",
    help="Memory per MPI rank.",
)
def render(*, out: Path | None, memory_gb: float, **run: Any) -> None:  # noqa: ANN401
    """Write the inputs of a run without running them.

    One folder per molecule, one input per conformer and step. The energy and shielding inputs hold the geometry of the
    search: in a run they get the optimised one. Prints the paths.
    """
    plan = plan_run(
        run["inputs"],
        solvent=run["solvent"],
        protocol=run["protocol"],
        engine="nwchem" if run["engine"] == AUTO else run["engine"],
        conformers=run["conformers"],
        charge=run["charge"],
        temperature_kelvin=run["temperature"],
        free_energies=run["free_energies"],
    )
    paths = render_run(plan, out or Path("inputs"), memory_mb_per_rank=int(memory_gb * 1000))
    for path in paths:
        click.echo(path)
    say(f"{len(paths)} inputs; energies and shieldings are for the search's geometries, not the optimised ones")
