"""`qmnmr calibrate`."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from qmnmr.calibration.calibration import fit_run, plan_calibration, save_factors
from qmnmr.cli.cluster.cluster_options import cluster_options
from qmnmr.cli.cluster.computing import compute_or_submit
from qmnmr.cli.cluster.submitting import this_cluster
from qmnmr.cli.console import say
from qmnmr.cli.options import option, out_option, reuse_option
from qmnmr.cluster.job_records import SubmitSettings
from qmnmr.datatypes.calibration import FactorFile
from qmnmr.engines import engine_choices
from qmnmr.report.calibration_text import factors_text
from qmnmr.report.plots import NO_PLOTS, can_plot, plot_calibration
from qmnmr.report.words import counted
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import default_run_folder
from qmnmr.runs.request import AUTO, DEFAULT_SOLVENT, RunRequest
from qmnmr.shifts.fit.calibration_set import SHIPPED_SETS


@click.command()
@option(
    "--set",
    "set_names",
    multiple=True,
    default=("delta50",),
    show_default=True,
    metavar="SET",
    help=f"{', '.join(SHIPPED_SETS)}, or a CSV file; may be repeated for a fit to several.",
)
@option("--protocol", required=True, metavar="NAME", help="Recipe to fit; `qmnmr protocols` lists them.")
@option("--solvent", default=DEFAULT_SOLVENT, show_default=True, metavar="NAME", help="Continuum, or gas.")
@option("--engine", default=AUTO, show_default=True, metavar="NAME", help=f"{engine_choices()}, or auto.")
@reuse_option
@option("--submit", "is_submitted", is_flag=True, help="Submit to Slurm; the same command without it fits afterwards.")
@cluster_options
@out_option("Run folder.  [default: named after set, protocol, engine and solvent]")
@click.pass_context
def calibrate(
    ctx: click.Context,
    /,
    *,
    set_names: tuple[str, ...],
    protocol: str,
    solvent: str,
    engine: str,
    reuse: tuple[Path, ...],
    is_submitted: bool,
    settings: SubmitSettings,
    dry_run: bool,
    yes: bool,
    out: Path | None,
) -> None:
    """Fit a protocol to molecules with measured shifts.

    Computes the set like any other run, on this machine or with --submit as job arrays; the same command again
    continues. When all molecules are done it fits shielding against measured shift for each nucleus and writes
    RUN/calibration/factors.json with all statistics, and plots. Prints the path of that file on the last line.

    A CSV file has the columns molecule, smiles, nucleus, atoms, shift_ppm and, where needed, side, pair, solvent and
    doubt (why a signal is not to be fitted); an SDF of the same name beside it tells the H of a CH2 apart. Of a set
    with several solvents the shifts in that of the run are taken. To use the factors: `qmnmr predict --factors FILE`,
    or copy the file to ~/.config/qmnmr/factors.
    """
    request = RunRequest(inputs=set_names, solvent=solvent, protocol=protocol, engine=engine, reuse=reuse, out=out)
    cluster = this_cluster(settings, is_dry_run=dry_run) if is_submitted or dry_run else None
    plan = plan_calibration(request, runs_here=cluster is None)
    engine = plan.run.engine.facts.name
    folder = RunFolder(out or Path(f"{default_run_folder(plan.run)}-{engine}"))
    for line in plan.not_fitted:
        say(f"{line}: it gets no factors")
    if plan.left_out:
        say(f"left out, since an earlier set has the compound: {', '.join(plan.left_out)}")
    for line in plan.doubted:
        say(f"not fitted: {line}")
    what = f"{counted(len(plan.run.molecules), 'molecule')} of {plan.measured.name}"
    is_done = compute_or_submit(
        ctx, plan.run, folder, settings, cluster=cluster, what=what, is_dry_run=dry_run, yes=yes
    )
    if not is_done:
        return
    sets = [word for name in set_names for word in ("--set", name)]
    words = (*sets, "--protocol", protocol, "--solvent", solvent, "--engine", engine)
    command = shlex.join(["qmnmr", "calibrate", *words])
    _show(fit_run(folder, plan.measured, command=command), folder, quiet=ctx.obj["quiet"])


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
