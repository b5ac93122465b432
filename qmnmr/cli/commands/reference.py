"""`qmnmr reference`."""

from __future__ import annotations

from pathlib import Path

import click

from qmnmr.cli.console import say
from qmnmr.cli.options import option
from qmnmr.errors import InputError
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.sources.references import add_references, references_from, user_reference_file


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=click.Path(path_type=Path))
@option(
    "--file",
    "target",
    type=click.Path(path_type=Path),
    default=None,
    metavar="FILE",
    help="File of references.  [default: yours, below ~/.config/qmnmr]",
)
def reference(*, runs: tuple[Path, ...], target: Path | None) -> None:
    """Keep the shieldings of finished runs of reference compounds as yours.

    TMS for 1H, 13C and 29Si, CH3NO2 for 15N, CFCl3 for 19F, H3PO4 for 31P: run `qmnmr predict` on the compound's SMILES
    ('C[Si](C)(C)C', 'C[N+](=O)[O-]', 'FC(Cl)(Cl)Cl', 'OP(=O)(O)O') with the protocol and solvent of your molecules,
    then this. The next predict at this level gives the difference to the compound, without error bar: a calibrated
    shift needs factors (`qmnmr calibrate`).
    """
    path = target or user_reference_file()
    for run in runs:
        folder = RunFolder(run)
        folder.settings()
        for molecule in folder.molecules():
            prediction = folder.load_prediction(molecule)
            if prediction is None:
                raise InputError(f"{molecule.name} of {run} is not finished", hint="repeat its predict command first")
            found = references_from(prediction)
            add_references(path, found)
            for entry in found:
                click.echo(
                    f"{entry.compound} {entry.nucleus} {entry.shielding_ppm:.4f} ppm  "
                    f"{entry.shielding_level}  {entry.engine} {entry.program_version}"
                )
    say(f"written to {path}")
