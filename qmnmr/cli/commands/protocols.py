"""`qmnmr protocols`."""

from __future__ import annotations

import json

import click

from qmnmr.cli.options import option
from qmnmr.report.calibration_text import protocols_text
from qmnmr.runs.protocol_list import list_protocols
from qmnmr.runs.protocols import shown_protocol
from qmnmr.runs.sources.shift_sources import all_factor_files


@click.command()
@option("--json", "as_json", is_flag=True, help="Print a JSON list instead of a table.")
@option("--show", default=None, metavar="NAME", help="Print a protocol as TOML, to change: `--show draft > my.toml`.")
def protocols(*, as_json: bool, show: str | None) -> None:
    """List the protocols with their levels, and what each is calibrated for.

    n is the number of measured shifts that the factors rest on, leave-one-out the RMSD of shifts predicted by fits that
    have not seen the molecule. Without factors a level yields shieldings, and differences to a reference compound where
    one was computed. --json has the RMSD of the fit too.

    `--protocol my.toml` takes a protocol of your own. `--show` prints one to begin with, under a name of its own;
    factors serve it for as long as its levels of geometry and shieldings are those that they were fitted to.
    """
    if show is not None:
        click.echo(shown_protocol(show), nl=False)
        return
    rows = list_protocols(all_factor_files())
    click.echo(json.dumps(rows, indent=1, ensure_ascii=False) if as_json else protocols_text(rows).rstrip("\n"))
