"""The tables of a run from what is finished now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qmnmr.cluster.run_status import MoleculeStatus, RunStatus
from qmnmr.datatypes.job import HAS_RESULT, JobState
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.runs.folder.run_folder import RunFolder, save_report


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What was written, one prediction for each molecule in input order; an unfinished one says where it stands."""

    summary: Path  # the JSON object
    unfinished: tuple[MoleculeStatus, ...]  # not completed, or not entirely


def collect_run(run: RunFolder, status: RunStatus, *, into: Path) -> Collection:
    """Write shifts.csv and summary.json from all predictions that are there into a folder."""
    predictions = (_prediction(run, m) for m in status.molecules)
    summary = save_report(into, predictions, run=run.path.name)
    unfinished = tuple(m for m in status.molecules if m.state is not JobState.COMPLETED)
    return Collection(summary=summary, unfinished=unfinished)


def _prediction(run: RunFolder, status: MoleculeStatus) -> Prediction:
    if status.state is not JobState.DAMAGED:
        found = run.load_prediction(status.molecule)
        if found is not None and (status.state in HAS_RESULT or found.shifts):
            return found
    words = f"{status.state}: {status.message}" if status.message else str(status.state)
    return Prediction(molecule=status.molecule, status=PredictionStatus.UNFINISHED, messages=(words,))
