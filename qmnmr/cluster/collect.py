"""The tables of a run from what is finished now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qmnmr.cluster.run_status import MoleculeStatus, RunStatus
from qmnmr.datatypes.job import HAS_RESULT, JobState
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.report.json_report import run_json
from qmnmr.report.tables import shifts_csv
from qmnmr.runs.run_folder import RunFolder, save_report


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One prediction for each molecule in input order; an unfinished one has no shifts and says where it stands."""

    predictions: tuple[Prediction, ...]
    unfinished: tuple[MoleculeStatus, ...]  # not completed, or not entirely


def collect_run(run: RunFolder, status: RunStatus, *, into: Path) -> Collection:
    """Write shifts.csv and summary.json from all predictions that are there into a folder, and return them."""
    predictions = tuple(_prediction(run, m) for m in status.molecules)
    save_report(into, shifts_csv=shifts_csv(predictions), summary_json=run_json(predictions, run=run.path.name))
    unfinished = tuple(m for m in status.molecules if m.state is not JobState.COMPLETED)
    return Collection(predictions=predictions, unfinished=unfinished)


def _prediction(run: RunFolder, status: MoleculeStatus) -> Prediction:
    if status.state is not JobState.DAMAGED:
        found = run.load_prediction(status.molecule)
        if found is not None and (status.state in HAS_RESULT or found.shifts):
            return found
    words = f"{status.state}: {status.message}" if status.message else str(status.state)
    return Prediction(molecule=status.molecule, status=PredictionStatus.UNFINISHED, messages=(words,))
