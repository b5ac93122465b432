"""`qmnmr compare`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from qmnmr.calibration.comparing import compare_run
from qmnmr.cli.console import say
from qmnmr.cli.options import option, out_option
from qmnmr.cli.run_log import log_command
from qmnmr.report.comparison_report import comparison_object, comparison_text
from qmnmr.report.plots import NO_PLOTS, can_plot, plot_comparison
from qmnmr.runs.folder.run_folder import RunFolder


@click.command()
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("experiment", metavar="EXPERIMENT.csv", type=click.Path(path_type=Path))
@out_option("Folder for the plots.  [default: RUN/comparison]")
@option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.pass_context
def compare(ctx: click.Context, /, *, run: Path, experiment: Path, out: Path | None, as_json: bool) -> None:
    """Shifts of a run beside measured ones.

    EXPERIMENT.csv has the columns nucleus and shift_ppm, and where known molecule and atoms (as in the run's table,
    with spaces between). Signals without atoms are matched in order, with a warning. Prints the assignment table, MAE,
    RMSD and largest deviation of each nucleus.
    """
    folder = RunFolder(run)
    folder.settings()
    if out is None:
        log_command(folder)
    comparison = compare_run(folder, experiment)
    text = json.dumps(comparison_object(comparison), indent=1) + "\n" if as_json else comparison_text(comparison)
    click.echo(text, nl=False)
    for warning in comparison.warnings:
        say(f"warning: {warning}")
    if not can_plot():
        say(NO_PLOTS)
        return
    paths = plot_comparison(comparison, out or run / "comparison")
    if not ctx.obj["quiet"]:
        say(f"plots: {', '.join(str(p) for p in paths)}")
