"""`qmnmr submit`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qmnmr.cli.cluster_options import cluster_options
from qmnmr.cli.options import factors_option, out_option, run_options
from qmnmr.cli.submitting import settings_from, submit_run, this_cluster
from qmnmr.runs.engine_choice import wanted_engine
from qmnmr.runs.plan import default_run_folder, plan_run
from qmnmr.runs.run_folder import RunFolder
from qmnmr.runs.shift_sources import chosen_factors


@click.command()
@run_options
@factors_option
@cluster_options
@out_option("Run folder, on a disk that all nodes see.  [default: named after the input, protocol and solvent]")
@click.pass_context
def submit(ctx: click.Context, /, *, out: Path | None, dry_run: bool, yes: bool, **options: Any) -> None:  # noqa: ANN401
    """Submit molecules to Slurm as job arrays, one task for each molecule.

    INPUT is what `qmnmr predict` takes. Prints the run folder, which `status`, `resume`, `cancel` and `collect` need.
    """
    settings = settings_from(options)
    cluster = this_cluster(settings)
    plan = plan_run(
        options["inputs"],
        solvent=options["solvent"],
        protocol=options["protocol"],
        engine=wanted_engine(options["engine"], options["factors"]),
        conformers=options["conformers"],
        charge=options["charge"],
        temperature_kelvin=options["temperature"],
        free_energies=options["free_energies"],
        out=out,
        runs_here=False,
    )
    given = chosen_factors(options["factors"], plan.settings.protocol, engine=plan.engine)
    submit_run(
        RunFolder(out or default_run_folder(plan)),
        plan,
        settings,
        cluster,
        factors=given,
        is_dry_run=dry_run,
        yes=yes,
        quiet=ctx.obj["quiet"],
    )
