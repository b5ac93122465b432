"""`qmnmr predict`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from qmnmr.cli.console import logging_to, progress, say
from qmnmr.cli.options import factors_option, option, out_option, resource_options, run_options
from qmnmr.cli.running import run_or_stop
from qmnmr.datatypes.job import Resources
from qmnmr.errors import CalculationsFailedError
from qmnmr.programs.machine import available_cores, available_memory_mb
from qmnmr.programs.scratch import choose_scratch
from qmnmr.report.json_report import run_json
from qmnmr.report.text import prediction_text
from qmnmr.report.words import counted
from qmnmr.runs.engine_choice import wanted_engine
from qmnmr.runs.forecast import forecast
from qmnmr.runs.plan import RunPlan, default_run_folder, plan_run
from qmnmr.runs.predict import MIN_SCRATCH_MB, RunOutcome, require_machine
from qmnmr.runs.run_folder import RunFolder
from qmnmr.runs.shift_sources import chosen_factors, keep_factors


@click.command()
@run_options
@factors_option
@resource_options
@out_option("Run folder.  [default: named after the input, protocol and solvent]")
@option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.pass_context
def predict(
    ctx: click.Context,
    /,
    *,
    cores: int | None,
    memory_gb: float | None,
    scratch: Path | None,
    out: Path | None,
    as_json: bool,
    factors: Path | None,
    **run: Any,  # noqa: ANN401
) -> None:
    """Take molecules to NMR shifts on this machine.

    INPUT is a SMILES or a file: .smi (SMILES and name), .csv (columns smiles, name, charge), .sdf, .mol, .xyz. The same
    command again continues the run and computes nothing that is done.
    """
    plan = plan_run(
        run["inputs"],
        solvent=run["solvent"],
        protocol=run["protocol"],
        engine=wanted_engine(run["engine"], factors),
        conformers=run["conformers"],
        charge=run["charge"],
        temperature_kelvin=run["temperature"],
        free_energies=run["free_energies"],
        out=out,
    )
    given = chosen_factors(factors, plan.settings.protocol, engine=plan.engine)
    root = choose_scratch(scratch, os.environ, needed_mb=MIN_SCRATCH_MB)
    folder = RunFolder(out or default_run_folder(plan))
    resources = Resources(
        cores=cores or available_cores(),
        memory_mb=available_memory_mb() if memory_gb is None else int(memory_gb * 1000),
    )
    require_machine(plan, cores=resources.cores)
    is_continued = folder.start(plan.settings, plan.molecules)
    keep_factors(folder, given)
    quiet = ctx.obj["quiet"]
    if not quiet:
        say(_announcement(plan, folder, resources, is_continued=is_continued))
        left = forecast(folder, plan.molecules, plan.settings.protocol, engine=plan.engine.facts.name)
        if left.n_molecules:
            say(left.text(cores=resources.cores))
    with logging_to(folder.log_file), progress(total=len(plan.molecules), quiet=quiet) as report:
        outcome = run_or_stop(ctx, plan, folder, resources=resources, scratch_root=root, report=report)
    _print(outcome, folder, as_json=as_json)
    if not quiet and outcome.calculations_started == 0:
        say("nothing to compute: every calculation of this run was already done")
    if not outcome.is_complete:
        raise _failure(outcome, folder)


def _announcement(plan: RunPlan, folder: RunFolder, resources: Resources, *, is_continued: bool) -> str:
    protocol = plan.settings.protocol
    solvent = protocol.optimization.solvent
    return (
        f"{'continuing ' if is_continued else ''}{counted(len(plan.molecules), 'molecule')}, "
        f"protocol {protocol.name}, "
        f"{'gas phase' if solvent is None else solvent.name}, {_engine_words(plan)}, "
        f"{counted(resources.cores, 'core')}, {resources.memory_mb / 1000:.1f} GB -> {folder.path}"
    )


def _engine_words(plan: RunPlan) -> str:
    return f"engine {plan.engine.facts.name}" + (f" ({plan.engine_reason})" if plan.engine_reason else "")


def _print(outcome: RunOutcome, folder: RunFolder, *, as_json: bool) -> None:
    if as_json:
        click.echo(run_json(outcome.predictions, run=folder.path.name), nl=False)
        return
    click.echo("\n".join(prediction_text(p) for p in outcome.predictions), nl=False)


def _failure(outcome: RunOutcome, folder: RunFolder) -> CalculationsFailedError:
    failed = [p for p in outcome.predictions if p.status != "completed"]
    partial = [p for p in outcome.predictions if p.status == "completed" and p.failures]
    words = [f"{len(failed)} of {len(outcome.predictions)} molecules have no result"] if failed else []
    words += [f"{len(partial)} molecules lack conformers whose calculation failed"] if partial else []
    names = ", ".join(p.molecule.name for p in (*failed, *partial)[:5])
    return CalculationsFailedError(
        f"{'; '.join(words)}: {names}",
        hint=f"the lines above say why; inputs and outputs are in {folder.path}/molecules/*/calculations.zip; "
        "the same command tries them again",
    )
