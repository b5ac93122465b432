"""A molecule's files in the hands of one start of its task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qmnmr.cluster.task_record import TaskRecord, load_task_record, save_task_record
from qmnmr.datatypes.molecule import Ensemble
from qmnmr.datatypes.shift import Prediction
from qmnmr.errors import SupersededError
from qmnmr.programs.run_calculation import Outcome, RestartSet
from qmnmr.runs.folder.molecule_folder import EarlierFolder, MoleculeFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedCalculation:
    """A calculation that was stopped before its end."""

    label: str
    elapsed_seconds: float
    can_go_on: bool


class OwnedFolder(MoleculeFolder):
    """A molecule's files, as long as they are this start's."""

    def __init__(self, path: Path, attempt: tuple[int, int], *, earlier: Sequence[EarlierFolder] = ()) -> None:
        super().__init__(path, earlier=earlier)
        self._attempt = attempt
        self.stopped: list[StoppedCalculation] = []

    def check(self) -> None:
        """Raise SupersededError if a later start has taken over."""
        record = load_task_record(self.path)
        if record is not None and record.attempt > self._attempt:
            raise SupersededError

    def save_task(self, record: TaskRecord) -> None:
        """Keep what this start says of itself, in place of what it or an earlier one said."""
        self.check()
        save_task_record(self.path, record)

    def save_ensemble(self, ensemble: Ensemble) -> None:
        """Keep the conformers, while this start owns the molecule."""
        self.check()
        super().save_ensemble(ensemble)

    def save_prediction(self, prediction: Prediction, *, structure_sdf: str | None) -> None:
        """Keep the prediction, while this start owns the molecule."""
        self.check()
        super().save_prediction(prediction, structure_sdf=structure_sdf)

    def save_outcome(self, outcome: Outcome, *, digest: str, files: Mapping[str, Path]) -> None:
        """Keep how a calculation ended, while this start owns the molecule."""
        self.check()
        super().save_outcome(outcome, digest=digest, files=files)

    def save_restart(self, label: str, *, digest: str, restart: RestartSet) -> None:
        """Keep what a calculation can go on from, while this start owns the molecule."""
        self.check()
        super().save_restart(label, digest=digest, restart=restart)

    def save_interrupted(self, label: str, *, digest: str, restart: RestartSet | None, elapsed_seconds: float) -> None:
        """Keep what is left of a calculation that was stopped, and that it was, while this start owns the molecule."""
        self.stopped.append(
            StoppedCalculation(label=label, elapsed_seconds=elapsed_seconds, can_go_on=restart is not None)
        )
        self.check()
        super().save_interrupted(label, digest=digest, restart=restart, elapsed_seconds=elapsed_seconds)
