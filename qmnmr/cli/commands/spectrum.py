"""`qmnmr spectrum`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from qmnmr.cli.console import say
from qmnmr.cli.options import option, out_option
from qmnmr.cli.run_log import log_command
from qmnmr.datatypes.measured.larmor import DEFAULT_PROTON_MHZ
from qmnmr.programs.blas_threads import blas_threads
from qmnmr.records import write_atomically
from qmnmr.report.plots import NO_PLOTS, can_plot
from qmnmr.report.spectra.spectrum_plot import plot_spectrum
from qmnmr.report.spectra.spectrum_text import lines_csv, points_csv, spectrum_object, spectrum_text
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.spectra.finished import finished_molecule, finished_prediction
from qmnmr.spectra.predicted_spectrum import SpectrumSettings, predicted_spectrum, spectrum_points

_POINTS = 65536
_MARGIN_PPM = {"1H": 0.5}
_OTHER_MARGIN_PPM = 5.0


@click.command()
@click.argument("run", metavar="RUN", type=click.Path(path_type=Path))
@option("--molecule", default=None, metavar="NAME", help="Which one, of a run of several molecules.")
@option("--nucleus", default="1H", show_default=True, metavar="NAME", help="1H, 13C …; others than 1H are decoupled.")
@option(
    "--frequency",
    "frequency_mhz",
    type=float,
    default=DEFAULT_PROTON_MHZ,
    show_default=True,
    metavar="MHZ",
    help="Of protons, by which spectrometers are named.",
)
@option(
    "--line-width", "line_width_hz", type=float, default=1.0, show_default=True, metavar="HZ", help="At half height."
)
@option("--pure-shift", "is_pure_shift", is_flag=True, help="One line for each signal: all couplings taken out.")
@option(
    "--couple-exchanging",
    "couples_exchanging",
    is_flag=True,
    help="Let hydrogens on N, O and S couple; without it they are taken for exchanging.",
)
@out_option("Folder for line list, points and plots.  [default: RUN/spectra]")
@option("--json", "as_json", is_flag=True, help="Print one JSON object, with all lines, instead of a table.")
@click.pass_context
def spectrum(
    ctx: click.Context,
    /,
    *,
    run: Path,
    molecule: str | None,
    nucleus: str,
    frequency_mhz: float,
    line_width_hz: float,
    is_pure_shift: bool,
    couples_exchanging: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """The spectrum of a finished molecule: multiplets as they are at a frequency, line list, points, a picture.

    The lines are those of the exact spin systems, up to 12 hydrogens; larger ones are taken apart. A word such as dd
    is given only where it is true of them; m stands for all else. A run without couplings gets those that rules give
    for its conformers.

    Writes <molecule>-<nucleus>-<frequency>MHz with -lines.csv, -points.csv, .png and .svg.
    """
    folder = RunFolder(run)
    folder.settings()
    chosen = finished_molecule(folder, molecule)
    settings = SpectrumSettings(
        nucleus=nucleus,
        frequency_mhz=frequency_mhz,
        line_width_hz=line_width_hz,
        is_pure_shift=is_pure_shift,
        couples_exchanging=couples_exchanging,
    )
    with blas_threads(1):
        found = predicted_spectrum(finished_prediction(folder, chosen), settings)
    if out is None:
        log_command(folder)
    click.echo(json.dumps(spectrum_object(found), indent=1) + "\n" if as_json else spectrum_text(found), nl=False)
    for note in found.notes:
        say(f"note: {note}")
    into = out or run / "spectra"
    stem = f"{chosen.id}-{nucleus}-{frequency_mhz:g}MHz" + ("-pure-shift" if is_pure_shift else "")
    margin = _MARGIN_PPM.get(nucleus, _OTHER_MARGIN_PPM)
    shifts = [line.shift_ppm for line in found.lines]
    x, y = spectrum_points(found, first_ppm=min(shifts) - margin, last_ppm=max(shifts) + margin, points=_POINTS)
    into.mkdir(parents=True, exist_ok=True)
    paths = [into / f"{stem}-lines.csv", into / f"{stem}-points.csv"]
    for path, text in zip(paths, (lines_csv(found), points_csv(x, y)), strict=True):
        write_atomically(path, text.encode())
    if can_plot():
        title = f"{chosen.name}, {nucleus}, {frequency_mhz:g} MHz"
        paths += plot_spectrum(found, x, y, title=title, folder=into, stem=stem)
    else:
        say(NO_PLOTS)
    if not ctx.obj["quiet"]:
        say(f"written: {', '.join(str(path) for path in paths)}")
