"""`qmnmr conformers`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from qmnmr.cli.console import progress, reading, say, say_skipped
from qmnmr.cli.options import option, resource_options, search_options
from qmnmr.errors import InputError
from qmnmr.records import write_atomically
from qmnmr.report.funnel_text import conformers_object, conformers_text
from qmnmr.report.structure_file import ensemble_sdf, ensemble_xyz
from qmnmr.report.words import counted
from qmnmr.runs.conformer_list import ConformerList, list_conformers
from qmnmr.runs.request import ResourceRequest, RunRequest

_WRITERS = {".sdf": ensemble_sdf, ".xyz": ensemble_xyz}


@click.command()
@search_options
@resource_options
@option(
    "--out",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    metavar="FILE",
    help="File for the structures, .sdf or .xyz; a run can start from it.",
)
@option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.pass_context
def conformers(
    ctx: click.Context, /, *, request: RunRequest, wanted: ResourceRequest, file: Path | None, as_json: bool
) -> None:
    """Find the conformers that would go to DFT, by search and ranking alone: energies, populations, what was left out.

    Seconds for a small molecule, minutes for a flexible one. The share of the population that may be missing is an
    estimate from two independent searches.
    """
    if file is not None and file.suffix.lower() not in _WRITERS:
        raise InputError(f"{file} is neither .sdf nor .xyz", hint="name the file so: --out conformers.sdf")
    with progress(total=len(request.inputs), quiet=ctx.obj["quiet"]) as report:
        listed = list_conformers(request, wanted, report=report, reading=reading(quiet=ctx.obj["quiet"]))
    say_skipped(listed.skipped)
    if file is not None:
        _write(listed, file)
        count = sum(len(entry.ensemble.conformers) for entry in listed.molecules)
        say(f"{counted(count, 'structure')} -> {file}")
    if as_json:
        molecules = [conformers_object(entry) for entry in listed.molecules]
        click.echo(json.dumps({"molecules": molecules}, indent=1, ensure_ascii=False))
        return
    click.echo("\n".join(conformers_text(entry) for entry in listed.molecules), nl=False)


def _write(listed: ConformerList, file: Path) -> None:
    write = _WRITERS[file.suffix.lower()]
    text = "".join(write(entry.ensemble) for entry in listed.molecules)
    write_atomically(file, text.encode())
