"""`qmnmr predict`."""

from __future__ import annotations

import click

from qmnmr.cli.console import reading, say, say_older_recipe, say_skipped
from qmnmr.cli.options import (
    factors_option,
    option,
    out_option,
    resource_options,
    reuse_option,
    run_options,
    yes_option,
)
from qmnmr.cli.running import run_or_stop, tell_cost_and_ask
from qmnmr.datatypes.shift import PredictionStatus
from qmnmr.errors import CalculationsFailedError
from qmnmr.report.json_report import run_json
from qmnmr.report.text import prediction_text
from qmnmr.report.words import counted
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.local_run import LocalRun, start_local_run
from qmnmr.runs.plan import RunPlan
from qmnmr.runs.predict import RunOutcome
from qmnmr.runs.request import ResourceRequest, RunRequest


@click.command()
@run_options
@factors_option
@reuse_option
@resource_options
@out_option("Run folder.  [default: named after the input, protocol and solvent]")
@option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@yes_option
@click.pass_context
def predict(ctx: click.Context, /, *, request: RunRequest, wanted: ResourceRequest, as_json: bool, yes: bool) -> None:
    """Take molecules to NMR shifts on this machine.

    INPUT is a SMILES or a file: .smi (SMILES and name), .csv (columns smiles, name, charge), .sdf, .mol, .xyz. The same
    command again continues the run and computes nothing that is done.
    """
    quiet = ctx.obj["quiet"]
    run = start_local_run(request, wanted, reading=reading(quiet=quiet))
    say_skipped(run.plan.skipped)
    if not quiet:
        _announce(run)
    say_older_recipe(run.plan)
    seconds = tell_cost_and_ask(ctx, run, yes=yes, quiet=quiet)
    outcome = run_or_stop(ctx, run, quiet=quiet, expected_seconds=seconds)
    _print(outcome, run.folder, as_json=as_json)
    if not quiet and run.folder.page.exists():
        say(f"to open in a browser: {run.folder.page}")
    if not quiet and seconds is not None and outcome.calculations_started == 0:
        say("nothing to compute: every calculation of this run was already done")
    if not outcome.is_complete:
        raise _failure(outcome, run.folder)


def _announce(run: LocalRun) -> None:
    """Say what is going to be done, and with what."""
    plan, resources, protocol = run.plan, run.resources, run.plan.settings.protocol
    solvent = protocol.optimization.solvent
    say(
        f"{'continuing ' if run.is_continued else ''}{counted(len(plan.molecules), 'molecule')}, "
        f"protocol {protocol.name}, "
        f"{'gas phase' if solvent is None else solvent.name}, {_engine_words(plan)}, "
        f"{counted(resources.cores, 'core')}, {resources.memory_mb / 1000:.1f} GB -> {run.folder.path}"
    )


def _engine_words(plan: RunPlan) -> str:
    return f"engine {plan.engine.facts.name}" + (f" ({plan.engine_reason})" if plan.engine_reason else "")


def _print(outcome: RunOutcome, folder: RunFolder, *, as_json: bool) -> None:
    if as_json:
        click.echo(run_json(outcome.predictions, run=folder.path.name), nl=False)
        return
    click.echo("\n".join(prediction_text(p) for p in outcome.predictions), nl=False)


def _failure(outcome: RunOutcome, folder: RunFolder) -> CalculationsFailedError:
    failed = [p for p in outcome.predictions if p.status is not PredictionStatus.COMPLETED]
    partial = [p for p in outcome.predictions if p.status is PredictionStatus.COMPLETED and p.failures]
    words = [f"{len(failed)} of {len(outcome.predictions)} molecules have no result"] if failed else []
    words += [f"{len(partial)} molecules lack conformers whose calculation failed"] if partial else []
    names = ", ".join(p.molecule.name for p in (*failed, *partial)[:5])
    return CalculationsFailedError(
        f"{'; '.join(words)}: {names}",
        hint=f"the lines above say why; inputs and outputs are in {folder.path}/molecules/*/calculations.zip; "
        "the same command tries them again",
    )
