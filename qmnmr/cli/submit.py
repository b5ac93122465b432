"""`qmnmr submit`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from qmnmr.cli.cluster_options import cluster_options
from qmnmr.cli.console import logging_to, say
from qmnmr.cli.options import factors_option, out_option, run_options
from qmnmr.cli.submitting import ask_and_submit, plan_for, print_scripts, settings_from, this_cluster, to_submit
from qmnmr.workflow.engine_choice import wanted_engine
from qmnmr.workflow.plan import default_run_folder, plan_run
from qmnmr.workflow.run_folder import RunFolder
from qmnmr.workflow.run_status import run_status
from qmnmr.workflow.shift_sources import chosen_factors, keep_factors


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
    run = RunFolder(out or default_run_folder(plan))
    molecules = plan.molecules
    if run.holds(plan.settings, plan.molecules):
        molecules = tuple(m.molecule for m in to_submit(run_status(run)))
        say(f"{run.path} is an old run: {len(molecules)} of {len(plan.molecules)} molecules are to be done")
    elif plan.engine_reason and not ctx.obj["quiet"]:
        say(f"engine {plan.engine.name} ({plan.engine_reason})")
    arrays = partial(plan_for, molecules, plan.settings.protocol, settings, cluster, engine=plan.engine.name, run=run)
    if dry_run:
        print_scripts(run.path, arrays(), cluster, settings)
        return
    run.start(plan.settings, plan.molecules)
    keep_factors(run, given)
    with logging_to(run.log_file):
        if not molecules or ask_and_submit(run, arrays(), cluster, settings, yes=yes, quiet=ctx.obj["quiet"]):
            click.echo(run.path)
