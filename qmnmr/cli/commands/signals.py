"""`qmnmr signals`."""

from __future__ import annotations

import json

import click

from qmnmr.cli.console import reading, say_skipped
from qmnmr.cli.options import charge_option, option, skip_bad_option
from qmnmr.report.signals_text import signals_object, signals_text
from qmnmr.runs.signal_list import list_signals


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@skip_bad_option
@charge_option
@option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def signals(
    ctx: click.Context, /, *, inputs: tuple[str, ...], skip_bad: bool, charge: int | None, as_json: bool
) -> None:
    """List the signals that molecules will have, without computing anything.

    One line for each set of equivalent nuclei: which nuclei, which of several alike ones (pro-R, cis to O4, axial), why
    they are one signal, and why the ones most alike are another. A line with ? says what is not known (whether an
    exchange is slow, a signal broad), and over which tautomers an average will be.
    """
    listed = list_signals(inputs, charge=charge, skip_bad=skip_bad, report=reading(quiet=ctx.obj["quiet"]))
    say_skipped(listed.skipped)
    found = listed.molecules
    if as_json:
        molecules = [signals_object(entry.molecule, entry.signals, entry.notes) for entry in found]
        click.echo(json.dumps({"molecules": molecules}, indent=1, ensure_ascii=False))
        return
    click.echo("\n".join(signals_text(entry.molecule, entry.signals, entry.notes) for entry in found).rstrip("\n"))
