"""`qmnmr export`."""

from __future__ import annotations

from pathlib import Path

import click

from qmnmr.cli.console import say
from qmnmr.cli.options import option, out_option
from qmnmr.cli.run_log import log_command
from qmnmr.datatypes.measured.larmor import DEFAULT_PROTON_MHZ
from qmnmr.runs.export import FORMATS, export_run
from qmnmr.runs.folder.run_folder import RunFolder


@click.command()
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@option(
    "--as",
    "formats",
    required=True,
    metavar="FORMATS",
    help=f"One or several, with commas between them: {', '.join(FORMATS)}.",
)
@option("--molecule", "molecules", multiple=True, metavar="NAME", help="This one alone; may be repeated.")
@option(
    "--frequency",
    "proton_mhz",
    type=float,
    default=DEFAULT_PROTON_MHZ,
    show_default=True,
    metavar="MHZ",
    help="Of hydrogen, in the spectra.",
)
@out_option("Folder for the files.  [default: RUN/export]")
def export(*, run: Path, formats: str, molecules: tuple[str, ...], proton_mhz: float, out: Path | None) -> None:
    """A finished run in the formats that other programs open.

    nmredata is a zip of structure, assignment and spectra, jcamp a spectrum for each nucleus, nmrium a file of NMRium,
    sdf holds the conformers with populations and shifts; csv and parquet are one table of the whole run. Prints the
    paths of the files. Nothing is computed, and every file says that it is predicted, at which level and how surely.
    """
    folder = RunFolder(run)
    folder.settings()
    if out is None:
        log_command(folder)
    names = [name.strip().lower() for name in formats.split(",") if name.strip()]
    done = export_run(folder, names, into=out or run / "export", molecules=molecules, proton_mhz=proton_mhz)
    for path in done.files:
        click.echo(path)
    for note in done.notes:
        say(f"note: {note}")
