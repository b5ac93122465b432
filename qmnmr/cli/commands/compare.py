"""`qmnmr compare`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from qmnmr.calibration.comparing import compare_run, of_molecule, remarks_on, understand
from qmnmr.calibration.experiment_input import read_experiment, read_pasted
from qmnmr.cli.console import say
from qmnmr.cli.options import option, out_option
from qmnmr.cli.run_log import log_command
from qmnmr.datatypes.measured.experiment import Experiment
from qmnmr.report.measured.comparison_report import comparison_object, comparison_text
from qmnmr.report.measured.experiment_text import experiment_object, experiment_text
from qmnmr.report.plots import NO_PLOTS, can_plot, plot_comparison
from qmnmr.runs.folder.run_folder import RunFolder


@click.command()
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("experiment")
@option("--nucleus", default=None, metavar="NAME", help="What a list is of that doesn't say it: 1H, 13C …")
@option("--molecule", default=None, metavar="NAME", help="Whose spectra they are, of a run of several molecules.")
@option("--dry-run", is_flag=True, help="Print what was understood, and what does not fit, and compare nothing.")
@out_option("Folder for the plots.  [default: RUN/comparison]")
@option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.pass_context
def compare(
    ctx: click.Context,
    /,
    *,
    run: Path,
    experiment: str,
    nucleus: str | None,
    molecule: str | None,
    dry_run: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Shifts of a run beside measured ones.

    EXPERIMENT is a file, the text itself in quotes, or - to paste it: the paragraph of a paper ("13C NMR (101 MHz,
    CDCl3) δ 170.7, 60.4"), a list, a table with columns such as nucleus, shift_ppm, atoms and molecule, NMReDATA,
    JCAMP-DX, a peak list. Atoms are numbered as in the run's table.

    Signals without atoms are matched so that the sum of squares is smallest, within the numbers of nuclei and the
    kinds (CH3, CH2 ...) that are given, with a warning. Prints the assignment table, MAE, RMSD and largest deviation of
    each nucleus.
    """
    folder = RunFolder(run)
    folder.settings()
    given = of_molecule(given_experiment(experiment, nucleus), molecule)
    if dry_run:
        _print_understood(folder, given, as_json=as_json)
        return
    if out is None:
        log_command(folder)
    comparison = compare_run(folder, given)
    text = json.dumps(comparison_object(comparison), indent=1) + "\n" if as_json else comparison_text(comparison)
    click.echo(text, nl=False)
    for note in comparison.notes:
        say(f"note: {note}")
    for warning in comparison.warnings:
        say(f"warning: {warning}")
    if not can_plot():
        say(NO_PLOTS)
        return
    paths = plot_comparison(comparison, out or run / "comparison")
    if not ctx.obj["quiet"]:
        say(f"plots: {', '.join(str(p) for p in paths)}")


def given_experiment(experiment: str, nucleus: str | None) -> Experiment:
    """Return the experiment of an argument; "-" is what comes from stdin."""
    if experiment != "-":
        return read_experiment(experiment, nucleus=nucleus)
    return read_pasted(sys.stdin.buffer.read().decode("utf-8", errors="replace"), nucleus=nucleus)


def _print_understood(folder: RunFolder, experiment: Experiment, *, as_json: bool) -> None:
    found = understand(folder, experiment)
    if as_json:
        objects = [experiment_object(entry.experiment, entry.expected, remarks_on(entry)) for entry in found]
        click.echo(json.dumps({"experiments": objects}, indent=1, ensure_ascii=False))
        return
    texts = [experiment_text(entry.experiment, entry.expected, remarks_on(entry)) for entry in found]
    click.echo("\n".join(texts), nl=False)
