"""`qmnmr rank`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from qmnmr.calibration.ranking import NONE_PRIOR, rank_run, refuse_same_compounds
from qmnmr.cli.cluster.cluster_options import cluster_options
from qmnmr.cli.cluster.computing import compute_or_submit
from qmnmr.cli.cluster.submitting import this_cluster
from qmnmr.cli.commands.compare import given_experiment
from qmnmr.cli.console import reading, say, say_skipped
from qmnmr.cli.options import factors_option, option, out_option, reuse_option, run_options
from qmnmr.cluster.job_records import SubmitSettings
from qmnmr.datatypes.measured.ranking import Ranking
from qmnmr.errors import InputError
from qmnmr.report.measured.ranking_report import ranking_object, ranking_text
from qmnmr.report.plots import NO_PLOTS, can_plot, plot_ranking
from qmnmr.report.words import counted
from qmnmr.runs.folder.report_pages import write_ranking
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import plan_run, run_folder_of
from qmnmr.runs.request import RunRequest
from qmnmr.structures.stereo.configurations import configurations

_GIVEN, _RELATIVE, _ALL = "given", "relative", "all"


@click.command()
@click.argument("experiment")
@run_options
@option(
    "--stereo",
    type=click.Choice([_GIVEN, _RELATIVE, _ALL]),
    default=_GIVEN,
    show_default=True,
    help="relative: all relative configurations of one SMILES, mirror images once; all: double bonds too.",
)
@option(
    "--none-prior",
    type=click.FloatRange(0.0, 1.0, max_open=True),
    default=NONE_PRIOR,
    show_default=True,
    metavar="P",
    help="Probability that it is none of them, before anything is measured.",
)
@option("--nucleus", default=None, metavar="NAME", help="What a list is of that doesn't say it: 1H, 13C …")
@factors_option
@reuse_option
@option("--submit", "is_submitted", is_flag=True, help="Submit to Slurm; the same command without it ranks afterwards.")
@option(
    "--use-couplings",
    is_flag=True,
    help="Let measured couplings count too. How right such probabilities are was not tried on known cases.",
)
@cluster_options
@out_option("Run folder.  [default: named after the candidates, protocol and solvent]")
@option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.pass_context
def rank(
    ctx: click.Context,
    /,
    *,
    experiment: str,
    request: RunRequest,
    stereo: str,
    none_prior: float,
    nucleus: str | None,
    use_couplings: bool,
    is_submitted: bool,
    settings: SubmitSettings,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Which of several structures a spectrum is of, and how sure that is.

    EXPERIMENT is what `qmnmr compare` takes: a file, the text itself in quotes, or - to paste it. INPUT are the
    candidates: SMILES, files as for `qmnmr predict`, or the folder of a finished run. What is not computed yet is
    computed like any other run; --reuse takes over what another run has of them.

    Prints the candidates with their probabilities and that of none of them, how well each fits, and the signals that
    decide between the first two.
    """
    measured = given_experiment(experiment, nucleus)
    folder = _finished_run(request)
    if folder is None:
        folder = _computed(ctx, request, settings, stereo, is_submitted=is_submitted, dry_run=dry_run, yes=yes)
        if folder is None:
            return
    ranking = rank_run(folder, measured, none_prior=none_prior, use_couplings=use_couplings)
    _show(folder, ranking, as_json=as_json, quiet=ctx.obj["quiet"])


def _finished_run(request: RunRequest) -> RunFolder | None:
    """Return the run folder that stands in the place of candidates, if one does."""
    folders = [RunFolder(Path(text)) for text in request.inputs if Path(text).is_dir()]
    if not folders:
        return None
    if len(request.inputs) > 1:
        raise InputError("a run and other candidates can't be ranked together", hint="compute them with --reuse RUN")
    folders[0].settings()
    return folders[0]


def _computed(
    ctx: click.Context,
    request: RunRequest,
    settings: SubmitSettings,
    stereo: str,
    *,
    is_submitted: bool,
    dry_run: bool,
    yes: bool,
) -> RunFolder | None:
    """Return the run folder with all candidates computed, None where they were only submitted."""
    request = replace(request, inputs=_candidates(request.inputs, stereo))
    cluster = this_cluster(settings, is_dry_run=dry_run) if is_submitted or dry_run else None
    plan = plan_run(request, runs_here=cluster is None, report=reading(quiet=ctx.obj["quiet"]))
    refuse_same_compounds(plan.molecules)
    say_skipped(plan.skipped)
    folder = run_folder_of(request, plan)
    what = counted(len(plan.molecules), "candidate")
    is_done = compute_or_submit(ctx, plan, folder, settings, cluster=cluster, what=what, is_dry_run=dry_run, yes=yes)
    return folder if is_done else None


def _candidates(inputs: tuple[str, ...], stereo: str) -> tuple[str, ...]:
    """Return the inputs, of one constitution its configurations if they are asked for."""
    if stereo == _GIVEN:
        return inputs
    if len(inputs) > 1:
        raise InputError(
            f"--stereo {stereo} takes one SMILES, {len(inputs)} were given", hint="rank constitutions one after another"
        )
    return configurations(inputs[0], with_double_bonds=stereo == _ALL)


def _show(folder: RunFolder, ranking: Ranking, *, as_json: bool, quiet: bool) -> None:
    text = (
        json.dumps(ranking_object(ranking), indent=1, ensure_ascii=False) + "\n" if as_json else ranking_text(ranking)
    )
    click.echo(text, nl=False)
    for note in ranking.notes:
        say(f"note: {note}")
    for warning in ranking.warnings:
        say(f"warning: {warning}")
    try:
        page = write_ranking(folder, ranking)
    except OSError as error:  # another user's run is ranked all the same
        say(f"no page: {error.filename}: {error.strerror}")
        return
    if can_plot():
        plots = plot_ranking(ranking, folder.path / "ranking")
        if not quiet and plots:
            say(f"plots: {', '.join(str(p) for p in plots)}")
    else:
        say(NO_PLOTS)
    if not quiet:
        say(f"to open in a browser: {page}")
