"""`qmnmr report`."""

from __future__ import annotations

from pathlib import Path

import click

from qmnmr.calibration.comparing import beside_predictions, of_molecule
from qmnmr.cli.commands.compare import given_experiment
from qmnmr.cli.console import say
from qmnmr.cli.options import option, out_option
from qmnmr.cli.run_log import log_command
from qmnmr.datatypes.measured.larmor import DEFAULT_PROTON_MHZ
from qmnmr.errors import InputError
from qmnmr.report.page.si_text import si_text
from qmnmr.runs.folder.report_pages import write_pages
from qmnmr.runs.folder.run_folder import RunFolder


@click.command()
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@option("--si", "is_si", is_flag=True, help="Print the paragraph for the supporting information, and write nothing.")
@option("--experiment", default=None, metavar="FILE", help="What was measured, drawn below; as for `qmnmr compare`.")
@option("--nucleus", default=None, metavar="NAME", help="What a list is of that doesn't say it: 1H, 13C …")
@option("--molecule", default=None, metavar="NAME", help="Whose spectra they are, of a run of several molecules.")
@option(
    "--frequency",
    "proton_mhz",
    type=click.FloatRange(min=10.0, max=3000.0),
    default=DEFAULT_PROTON_MHZ,
    show_default=True,
    metavar="MHZ",
    help="Of hydrogen, in the spectra.",
)
@out_option("Folder for the pages.  [default: RUN itself]")
def report(
    *,
    run: Path,
    is_si: bool,
    experiment: str | None,
    nucleus: str | None,
    molecule: str | None,
    proton_mhz: float,
    out: Path | None,
) -> None:
    """A finished run to look at: structure, spectra, table, conformers, on a page that opens in any browser.

    Writes report.html, of several molecules an index with a page for each in report/. A page is one file, asks nothing
    of a network and can be mailed. Nothing is computed. Prints the path of the page to open.
    """
    folder = RunFolder(run)
    folder.settings()
    if is_si:
        _print_si(folder, proton_mhz)
        return
    measured = {}
    if experiment is not None:
        measured = beside_predictions(folder, of_molecule(given_experiment(experiment, nucleus), molecule))
    if out is None:
        log_command(folder)
    else:
        out.mkdir(parents=True, exist_ok=True)
    outcomes = (folder.outcome(m) for m in folder.molecules())
    click.echo(write_pages(folder, outcomes, into=out or run, experiments=measured, proton_mhz=proton_mhz))


def _print_si(folder: RunFolder, proton_mhz: float) -> None:
    """Print the paragraph of each molecule below its name; those without one are named on stderr."""
    molecules = folder.molecules()
    parts = []
    for molecule in molecules:
        text = si_text(folder.outcome(molecule), proton_mhz=proton_mhz)
        if text:
            parts.append(f"{molecule.name}\n{text}" if len(molecules) > 1 else text)
        else:
            say(f"{molecule.name}: no calibrated shift, no paragraph")
    if not parts:
        raise InputError(
            f"no molecule of {folder.path} has a calibrated shift",
            hint=f"`qmnmr status {folder.path}` says where they stand",
        )
    click.echo("\n".join(parts), nl=False)
