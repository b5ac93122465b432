"""A whole run on this machine: from a plan to a run folder full of shifts."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from qmnmr.cost.molecule_cost import calculation_memory_mb, molecule_costs
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.errors import InputError, SiteError
from qmnmr.funnel.molecules_side_by_side import run_side_by_side
from qmnmr.funnel.progress import Progress, Report
from qmnmr.funnel.run_molecule import run_molecule
from qmnmr.funnel.step_programs import require_step_programs
from qmnmr.programs.blas_threads import blas_threads
from qmnmr.programs.core_budget import CoreBudget
from qmnmr.programs.machine import require_programs, require_shared_memory
from qmnmr.programs.processes import Programs
from qmnmr.programs.program_versions import require_new_enough
from qmnmr.programs.run_calculation import Workplace
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.report.structure_file import ensemble_sdf
from qmnmr.runs.folder.earlier_runs import earlier_runs
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.folder.report_pages import MOST_UNASKED, write_pages
from qmnmr.runs.folder.run_folder import RunFolder, save_report
from qmnmr.runs.plan import RunPlan
from qmnmr.runs.predictions import build_prediction
from qmnmr.runs.provenance import ComputedOn, this_machine
from qmnmr.runs.sources.shift_sources import ShiftSources, shift_sources

MIN_SCRATCH_MB = 500
"""Free space below which a scratch folder is not used."""

_LEAST_MEMORY_SHARE = 0.5  # of the forecast

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """What a run gave: one prediction per molecule, in input order."""

    predictions: tuple[Prediction, ...]
    calculations_started: int

    @property
    def is_complete(self) -> bool:
        """Say whether every molecule and every calculation succeeded."""
        return all(p.status is PredictionStatus.COMPLETED and not p.failures for p in self.predictions)


def require_machine(plan: RunPlan, *, cores: int) -> None:
    """Look for everything that a run needs, before its folder is begun.

    Raises MissingProgramError if a program is missing or too old, SiteError if /dev/shm is too small.
    """
    require_programs(plan.engine.facts.programs)
    require_new_enough(plan.engine, plan.settings.protocol)
    require_step_programs(plan.settings.protocol, shutil.which)
    if plan.engine.facts.uses_mpi:
        require_shared_memory(cores)


def require_memory(plan: RunPlan, *, memory_mb: int) -> None:
    """Raise SiteError, which names it, if a molecule's calculation does not fit this memory even alone.

    The forecast holds within a factor of 2, and a calculation makes do with less than it would take: so what gets half
    of the forecast is begun.
    """
    protocol, engine = plan.settings.protocol, plan.engine.facts.name
    of_formula = {tuple(sorted(molecule.symbols)): molecule for molecule in plan.molecules}
    needs = [(calculation_memory_mb(m, protocol, engine=engine), m.name) for m in of_formula.values()]
    needed_mb, name = max(needs, default=(0, ""))
    if memory_mb < _LEAST_MEMORY_SHARE * needed_mb:
        raise SiteError(
            f"a calculation of {name} takes about {needed_mb} MB of memory, and this run has {memory_mb} MB",
            hint="give more with --memory-gb, end what else takes memory, or `qmnmr submit` it; "
            "a protocol with a smaller basis takes less",
        )


def predict_run(
    plan: RunPlan, folder: RunFolder, *, resources: Resources, scratch_root: Path, report: Report
) -> RunOutcome:
    """Do what is not yet done of a run and return all its predictions.

    The machine was checked (`require_machine`), and the folder started for this plan. One molecule's failure does not
    stop the others.
    """
    sources, machine, earlier = shift_sources(folder), this_machine(), earlier_runs(folder)
    done: dict[str, Prediction] = {}
    with ScratchFolder.create(scratch_root) as scratch, blas_threads(1), Programs(scratch) as programs:
        workplace = Workplace(engine=plan.engine, scratch=scratch, programs=programs)

        def work(molecule: Molecule, budget: CoreBudget) -> Prediction:
            return predict_molecule(
                molecule,
                plan,
                store=folder.molecule_folder(molecule, earlier=earlier.of(molecule)),
                budget=budget,
                workplace=workplace,
                sources=sources,
                report=report,
                machine=machine,
            )

        for prediction in run_side_by_side(_costliest_first(plan), work, resources=resources, programs=programs):
            done[prediction.molecule.id] = prediction
    predictions = tuple(done[m.id] for m in plan.molecules)
    save_report(folder.path, predictions, run=folder.path.name)
    if len(predictions) <= MOST_UNASKED:
        write_pages(folder, predictions, into=folder.path)
    return RunOutcome(predictions=predictions, calculations_started=programs.started)


def _costliest_first(plan: RunPlan) -> list[Molecule]:
    protocol, engine = plan.settings.protocol, plan.engine.facts.name
    costs = molecule_costs(plan.molecules, protocol, engine=engine)
    return [m for m, _ in sorted(zip(plan.molecules, costs, strict=True), key=lambda pair: -pair[1].cpu_seconds)]


def predict_molecule(
    molecule: Molecule,
    plan: RunPlan,
    *,
    store: MoleculeFolder,
    budget: CoreBudget,
    workplace: Workplace,
    sources: ShiftSources,
    report: Report,
    machine: ComputedOn,
) -> Prediction:
    """Take one molecule of a run to its prediction, and keep it."""
    protocol = plan.settings.protocol
    structure = None
    try:
        outcome = run_molecule(
            molecule,
            protocol,
            budget=budget,
            workplace=workplace,
            store=store,
            report=report,
        )
        prediction = build_prediction(outcome, protocol, engine=plan.engine, sources=sources, machine=machine)
        if outcome.ensemble is not None:
            best = max(range(len(prediction.conformers)), key=lambda k: prediction.conformers[k].population)
            structure = ensemble_sdf(
                Ensemble(molecule=molecule, conformers=(outcome.ensemble.conformers[best],)),
                shifts=prediction.shifts,
            )
    except InputError as error:  # this molecule can't be searched; the others go on
        words = f"{error}. {error.hint}".strip()
        prediction = Prediction(molecule=molecule, status=PredictionStatus.FAILED, messages=(words,))
    if store.prediction_problem(molecule.id) is None:
        old = store.load_prediction()
        if old is not None and _same_outcome(old, prediction):
            prediction = old  # nothing new: its date and host stay those of the calculation
    store.save_prediction(prediction, structure_sdf=structure)
    for message in prediction.messages:
        _log.info("%s: %s", molecule.name, message)
    is_done = prediction.status is PredictionStatus.COMPLETED
    _log.info("%s: %s", molecule.name, prediction.status)
    step, detail = ("finished", "") if is_done else ("failed", prediction.messages[0])
    report(Progress(molecule=molecule.name, step=step, detail=detail, is_end=True))
    return prediction


def _same_outcome(old: Prediction, new: Prediction) -> bool:
    return replace(old, provenance=None) == replace(new, provenance=None)
