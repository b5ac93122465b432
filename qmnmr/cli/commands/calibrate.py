"""`qmnmr calibrate`."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import click

from qmnmr.calibration.calibration import CalibrationPlan, fit_run, plan_calibration, save_factors
from qmnmr.cli.cluster_options import cluster_options
from qmnmr.cli.console import logging_to, progress, say
from qmnmr.cli.options import option, out_option
from qmnmr.cli.running import run_or_stop
from qmnmr.cli.submitting import settings_from, submit_run, this_cluster
from qmnmr.datatypes.calibration import FactorFile
from qmnmr.datatypes.job import Resources
from qmnmr.programs.machine import available_cores, available_memory_mb
from qmnmr.programs.scratch import choose_scratch
from qmnmr.report.calibration_text import factors_text
from qmnmr.report.plots import NO_PLOTS, can_plot, plot_calibration
from qmnmr.report.words import counted
from qmnmr.runs.plan import default_run_folder
from qmnmr.runs.predict import MIN_SCRATCH_MB, require_machine
from qmnmr.runs.run_folder import RunFolder


@click.command()
@option("--set", "set_name", default="delta50", show_default=True, metavar="SET", help="delta50, or a CSV file.")
@option("--protocol", required=True, metavar="NAME", help="Recipe to fit; `qmnmr protocols` lists them.")
@option("--solvent", default="chloroform", show_default=True, metavar="NAME", help="Continuum, or gas.")
@option("--engine", default="auto", show_default=True, metavar="NAME", help="pyscf (embedded), nwchem, or auto.")
@option("--submit", "is_submitted", is_flag=True, help="Submit to Slurm; the same command without it fits afterwards.")
@cluster_options
@out_option("Run folder.  [default: named after set, protocol, engine and solvent]")
@click.pass_context
def calibrate(
    ctx: click.Context,
    /,
    *,
    set_name: str,
    protocol: str,
    solvent: str,
    engine: str,
    is_submitted: bool,
    out: Path | None,
    **options: Any,  # noqa: ANN401
) -> None:
    """Fit a protocol to molecules with measured shifts.

    Computes the set like any other run, on this machine or with --submit as job arrays; the same command again
    continues. When all molecules are done it fits shielding against measured shift for each nucleus and writes
    RUN/calibration/factors.json with all statistics, and plots. Prints the path of that file on the last line.

    A CSV file has the columns molecule, smiles, nucleus, atoms, shift_ppm and, where needed, side. To use the factors:
    `qmnmr predict --factors FILE`, or copy the file to ~/.config/qmnmr/factors.
    """
    settings = settings_from(options)
    cluster = this_cluster(settings) if is_submitted or options["dry_run"] else None
    plan = plan_calibration(
        set_name,
        solvent=solvent,
        protocol=protocol,
        engine=engine,
        out=out,
        runs_here=cluster is None,
    )
    engine = plan.run.engine.facts.name
    folder = RunFolder(out or Path(f"{default_run_folder(plan.run)}-{engine}"))
    quiet = ctx.obj["quiet"]
    if cluster is not None:
        is_dry_run, yes = options["dry_run"], options["yes"]
        submit_run(folder, plan.run, settings, cluster, is_dry_run=is_dry_run, yes=yes, quiet=quiet)
        return
    _compute(ctx, plan, folder, options, quiet=quiet)
    command = shlex.join(
        ["qmnmr", "calibrate", "--set", set_name, "--protocol", protocol, "--solvent", solvent, "--engine", engine]
    )
    file = fit_run(folder, plan.measured, command=command)
    _show(file, folder, quiet=quiet)


def _compute(
    ctx: click.Context,
    plan: CalibrationPlan,
    folder: RunFolder,
    options: dict[str, Any],
    *,
    quiet: bool,
) -> None:
    scratch = None if options["scratch"] is None else Path(options["scratch"])
    root = choose_scratch(scratch, os.environ, needed_mb=MIN_SCRATCH_MB)
    memory_gb = options["memory_gb"]
    resources = Resources(
        cores=options["cores"] or available_cores(),
        memory_mb=available_memory_mb() if memory_gb is None else int(memory_gb * 1000),
    )
    require_machine(plan.run, cores=resources.cores)
    folder.start(plan.run.settings, plan.run.molecules)
    if not quiet:
        molecules, cores = counted(len(plan.run.molecules), "molecule"), counted(resources.cores, "core")
        say(f"{molecules} of {plan.measured.name}, {cores} -> {folder.path}")
    with logging_to(folder.log_file), progress(total=len(plan.run.molecules), quiet=quiet) as report:
        run_or_stop(ctx, plan.run, folder, resources=resources, scratch_root=root, report=report)


def _show(file: FactorFile, folder: RunFolder, *, quiet: bool) -> None:
    path = save_factors(file, folder)
    click.echo(factors_text(file), nl=False)
    if can_plot():
        paths = plot_calibration(file, path.parent)
        if not quiet:
            say(f"plots: {', '.join(str(p) for p in paths)}")
    else:
        say(NO_PLOTS)
    click.echo(path)
