"""The tables and pages of a run from what is finished now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from qmnmr.cluster.run_status import MoleculeStatus, RunStatus
from qmnmr.datatypes.job import HAS_RESULT, JobState
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.errors import NewerRecordError, OutputFormatError
from qmnmr.runs.folder.report_pages import MOST_UNASKED, write_pages
from qmnmr.runs.folder.run_folder import RunFolder, save_report


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What was written, one prediction for each molecule in input order; an unfinished one says where it stands."""

    summary: Path  # the JSON object
    page: Path | None  # to open in a browser; None of more molecules than pages are made of unasked
    status: RunStatus  # a molecule whose prediction does not count is damaged

    @property
    def unfinished(self) -> tuple[MoleculeStatus, ...]:
        """Return the molecules that are not completed, or not entirely."""
        return tuple(m for m in self.status.molecules if m.state is not JobState.COMPLETED)


def collect_run(run: RunFolder, status: RunStatus, *, into: Path) -> Collection:
    """Write shifts.csv, summary.json and pages from all predictions that are there into a folder."""
    found: list[MoleculeStatus] = []

    def predictions() -> Iterator[Prediction]:
        for molecule in status.molecules:
            state, prediction = _read(run, molecule)
            found.append(state)
            yield prediction or _unfinished(state)

    summary = save_report(into, predictions(), run=run.path.name)
    # Read once more: tables that are written are not to be lost with a page that can't be.
    shown = (_read(run, state)[1] or _unfinished(state) for state in found)
    page = write_pages(run, shown, into=into) if len(found) <= MOST_UNASKED else None
    return Collection(summary=summary, page=page, status=replace(status, molecules=tuple(found)))


def _read(run: RunFolder, status: MoleculeStatus) -> tuple[MoleculeStatus, Prediction | None]:
    """Return where a molecule stands, and its prediction if that counts."""
    if status.state is JobState.DAMAGED:
        return status, None
    try:
        found = run.load_prediction(status.molecule)
    except NewerRecordError:
        raise
    except OutputFormatError as error:
        return replace(status, state=JobState.DAMAGED, message=str(error)), None
    if found is None and status.state in HAS_RESULT:
        gone = f"{run.molecule_folder(status.molecule).path} has no prediction.json"
        return replace(status, state=JobState.DAMAGED, message=gone), None
    return status, found if found is not None and (status.state in HAS_RESULT or found.shifts) else None


def _unfinished(status: MoleculeStatus) -> Prediction:
    words = f"{status.state}: {status.message}" if status.message else str(status.state)
    return Prediction(molecule=status.molecule, status=PredictionStatus.UNFINISHED, messages=(words,))
