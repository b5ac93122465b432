"""Where every molecule of a run stands: its files first, then one question to the scheduler for the whole run."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from qmnmr.cluster.job_records import JobRecord, JobsFolder, Place, RecordStatus, all_places
from qmnmr.cluster.run_lock import owner_of
from qmnmr.cluster.scheduler import Scheduler
from qmnmr.cluster.task_record import TaskRecord, read_task_record
from qmnmr.datatypes.calculation import FailureKind
from qmnmr.datatypes.job import HAS_RESULT, IS_ACTIVE, JobState, SchedulerTask
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.errors import NewerRecordError, OutputFormatError, SchedulerError
from qmnmr.runs.folder.run_folder import RunFolder

_LOG_END_BYTES = 4096
_LAG_SECONDS = 120
"""For so long after its submission the scheduler may not show an array yet."""

_INFRASTRUCTURE = {FailureKind.DISK: JobState.DISK_FULL, FailureKind.MEMORY: JobState.OUT_OF_MEMORY}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoleculeStatus:
    """Where one molecule stands."""

    molecule: Molecule
    state: JobState
    message: str = ""
    task: TaskRecord | None = None  # what its last task said
    record: JobRecord | None = None  # the last array that it was part of
    index: int = 0  # in that array
    node: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """Where a run stands."""

    molecules: tuple[MoleculeStatus, ...]
    asked: str  # the scheduler's title
    problem: str = ""  # why the scheduler, or its accounting alone, could not be asked
    knows_queue: bool = True  # the scheduler answered: what it does not show is neither waiting nor running

    @property
    def counts(self) -> dict[JobState, int]:
        """Return how many molecules are in each state that occurs."""
        counted = Counter(m.state for m in self.molecules)
        return {state: counted[state] for state in JobState if counted[state]}

    @property
    def is_active(self) -> bool:
        """Say whether the scheduler still works on the run, as far as is known."""
        return any(m.state in IS_ACTIVE or m.state is JobState.UNKNOWN for m in self.molecules)

    @property
    def unfinished(self) -> tuple[MoleculeStatus, ...]:
        """Return the molecules that `resume` takes up: neither completed nor still in the scheduler's hands."""
        return tuple(
            m
            for m in self.molecules
            if m.state not in IS_ACTIVE and m.state not in (JobState.COMPLETED, JobState.UNKNOWN)
        )


def prediction_state(prediction: Prediction) -> JobState:
    """Return the state of a molecule that has this prediction; what the machine is to blame for is named."""
    for failure in prediction.failures:
        if failure.failure in _INFRASTRUCTURE:
            return _INFRASTRUCTURE[failure.failure]
    if prediction.status is not PredictionStatus.COMPLETED:
        return JobState.FAILED
    return JobState.PARTIAL if prediction.failures else JobState.COMPLETED


def run_status(run: RunFolder, *, scheduler: Scheduler, reads_predictions: bool = True) -> RunStatus:
    """Return where all molecules of a run stand; a scheduler that does not answer makes nothing fail.

    `reads_predictions`: see that finished molecules have a prediction that counts; else who reads them next does.
    """
    places = all_places(JobsFolder(run.path).records())
    is_doubtful = run.may_hold_withdrawn()

    def from_files(molecule: Molecule, place: Place | None) -> MoleculeStatus:
        return _from_files(molecule, run, place, is_doubtful=is_doubtful, reads_predictions=reads_predictions)

    known = [from_files(m, places.get(m.id, [None])[-1]) for m in run.molecules()]
    said = _ask([s for s in known if not _is_final(s)], places, scheduler=scheduler, user=owner_of(run.path))
    for number, status in enumerate(known):
        if not _is_final(status):
            place = _busy_place(places[status.molecule.id], said)
            known[number] = status if place is None else from_files(status.molecule, place)
    merged = [status if _is_final(status) else _merge(status, said) for status in known]
    molecules = tuple(
        _with_log(status, run, scheduler) if status.state is JobState.CRASHED else status for status in merged
    )
    return RunStatus(molecules=molecules, asked=said.by, problem=said.problem, knows_queue=said.tasks is not None)


def _with_log(status: MoleculeStatus, run: RunFolder, scheduler: Scheduler) -> MoleculeStatus:
    """Return a crashed molecule's status with what its log says last, and where it is."""
    record = status.record
    if record is None or record.job is None:
        return status
    path = scheduler.log_file(JobsFolder(run.path).folder(record.number), job=record.job, index=status.index)
    try:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _LOG_END_BYTES))
            lines = [line.strip() for line in stream.read().decode("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        return status
    said = f": {lines[-1][:200]}" if lines else " is empty"
    return replace(status, message=f"{status.message}; {path}{said}".strip("; "))


def _from_files(
    molecule: Molecule, run: RunFolder, place: Place | None, *, is_doubtful: bool, reads_predictions: bool
) -> MoleculeStatus:
    """Return what the files alone say; UNKNOWN where the scheduler has to be asked.

    A file that can't be read is this molecule's state alone. `is_doubtful`: predictions are looked at although a task
    called them finished (withdrawn_results.py).
    """
    record, index = place or (None, 0)
    task, damage = read_task_record(run.molecule_folder(molecule).path)
    is_current = task is not None and (record is None or int(task.number) >= int(record.number))
    state, message = JobState.DAMAGED if damage else JobState.UNKNOWN, damage
    if task is not None and is_current:
        state, message = task.state, task.message
    if state in HAS_RESULT and not is_doubtful:
        if reads_predictions and (problem := run.prediction_problem(molecule)):
            state, message = JobState.DAMAGED, problem
    else:
        state, message = _of_prediction(molecule, run, state, message, is_submitted=record is not None)
    if state is JobState.UNKNOWN and record is None:
        state = JobState.NOT_SUBMITTED
    node = task.node if task is not None and is_current else ""
    return MoleculeStatus(
        molecule=molecule,
        state=state,
        message=message,
        task=task if is_current else None,
        record=record,
        index=index,
        node=node,
    )


def _of_prediction(
    molecule: Molecule, run: RunFolder, state: JobState, message: str, *, is_submitted: bool
) -> tuple[JobState, str]:
    """Return what the prediction makes of the state that a task left."""
    try:
        prediction = run.load_prediction(molecule)
    except NewerRecordError:
        raise
    except OutputFormatError as error:
        return JobState.DAMAGED, str(error)
    if prediction is None:
        gone = f"{run.molecule_folder(molecule).path} has no prediction.json"
        return (JobState.DAMAGED, gone) if state in HAS_RESULT else (state, message)
    found = prediction_state(prediction)
    decides = state in HAS_RESULT or not is_submitted or found is JobState.COMPLETED
    return (found, "; ".join(prediction.messages[:3])) if decides and found is not state else (state, message)


def _is_final(status: MoleculeStatus) -> bool:
    """Say whether the scheduler has nothing to add."""
    return status.state in HAS_RESULT or status.record is None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the scheduler knows by array name and index."""

    by: str  # the scheduler's title
    tasks: Mapping[tuple[str, int], SchedulerTask] | None  # None: it did not answer
    problem: str = ""
    accounting_failed: bool = False


def _busy_place(places: Sequence[Place], said: _Said) -> Place | None:
    """Return the array where a molecule runs, or else waits, if it is not its last one.

    Two that resume a run at once submit a molecule twice; then the older array may be the one that computes it.
    """
    found = [(place, said.tasks.get(_place_key(place))) for place in places] if said.tasks else []
    active = [(place, task.state) for place, task in found if task is not None and task.state in IS_ACTIVE]
    if not active:
        return None
    place, _ = max(reversed(active), key=lambda pair: pair[1] is not JobState.PENDING)  # the latest of equals
    return None if place == places[-1] else place


def _place_key(place: Place) -> tuple[str, int]:
    record, index = place
    return record.request.name, index


def _ask(
    open_molecules: Sequence[MoleculeStatus],
    places: Mapping[str, Sequence[Place]],
    *,
    scheduler: Scheduler,
    user: int,
) -> _Said:
    """Return what the scheduler knows, by one question for all arrays, and seldom one to its accounting.

    The queue knows all that waits and runs, and what ended a few minutes ago. Accounting lags behind, and may leave out
    what is held; it is asked only where a task left no trace in files and in the queue.
    """
    records = {record.number: record for m in open_molecules for record, _ in places.get(m.molecule.id, ())}
    names = [record.request.name for record in records.values()]
    if not names:
        return _Said(by=scheduler.title, tasks={})
    try:
        tasks = _by_place(scheduler.tasks(names, user=user), records.values())
    except SchedulerError as error:
        return _Said(by=scheduler.title, tasks=None, problem=str(error))
    untraced = [m.record for m in open_molecules if m.record and not _has_ended(m.task) and _key(m) not in tasks]
    asked = {record.number: record for record in untraced if record.has_accounting}
    problem = ""
    if asked:
        since = min(record.submitted_utc for record in asked.values())
        try:
            found = scheduler.ended_tasks([r.request.name for r in asked.values()], since=since, user=user)
            tasks = _by_place(found, records.values()) | tasks
        except SchedulerError as error:
            problem = str(error)
    for task in tasks.values():
        if task.state is JobState.UNKNOWN:
            title, said = scheduler.title, task.reason
            _log.warning("%s says %r of task %s_%d, which is not known here", title, said, task.job, task.index)
    return _Said(by=scheduler.title, tasks=tasks, problem=problem, accounting_failed=bool(problem))


def _by_place(tasks: Sequence[SchedulerTask], records: Iterable[JobRecord]) -> dict[tuple[str, int], SchedulerTask]:
    """Return tasks by array name and index; of an array whose id is known no namesake, of others the youngest."""
    ids = {record.request.name: record.job for record in records}
    mine = [task for task in tasks if ids.get(task.name) in (None, task.job)]
    return {(task.name, task.index): task for task in mine}  # the later array comes later


def _key(status: MoleculeStatus) -> tuple[str, int] | None:
    return None if status.record is None else _place_key((status.record, status.index))


def _merge(status: MoleculeStatus, said: _Said) -> MoleculeStatus:
    """Return a molecule's state from what its files and what the scheduler say."""
    record = status.record
    if record is None:
        return status
    key, tasks = _key(status), said.tasks
    found = None if tasks is None or key is None else tasks.get(key)
    if status.state is JobState.DAMAGED and tasks is not None and (found is None or found.state not in IS_ACTIVE):
        return status
    if tasks is None and _has_ended(status.task):
        state, message = status.state, status.message
    elif tasks is None:
        state, message = JobState.UNKNOWN, f"{said.by} could not be asked"
    elif found is None and said.accounting_failed and record.has_accounting and not _has_ended(status.task):
        state, message = JobState.UNKNOWN, f"{said.by} does not show it, and its accounting could not be asked"
    elif found is None:
        state, message = _not_in_queue(status, record, by=said.by)
    else:
        state, message = _in_queue(status, found, by=said.by)
    return replace(status, state=state, message=message, node=(found.node if found else "") or status.node)


def _has_ended(task: TaskRecord | None) -> bool:
    return task is not None and task.state not in (JobState.RUNNING, JobState.REQUEUED)


def _not_in_queue(status: MoleculeStatus, record: JobRecord, *, by: str) -> tuple[JobState, str]:
    if _has_ended(status.task):
        return status.state, status.message
    if record.status is RecordStatus.CANCELLED:
        return JobState.CANCELLED, "cancelled"
    if (datetime.now(UTC) - datetime.fromisoformat(record.submitted_utc)).total_seconds() < _LAG_SECONDS:
        return JobState.PENDING, f"{by} does not show it yet"
    if status.task is not None:
        return JobState.LOST, f"{status.task.state} on disk since {status.task.updated_utc}, unknown to {by}"
    if record.status is RecordStatus.SUBMITTING:
        return JobState.NOT_SUBMITTED, f"the submission was cut off before {by} took it"
    return JobState.LOST, f"submitted as {record.job} and unknown to {by}; it left no trace"


def _in_queue(status: MoleculeStatus, found: SchedulerTask, *, by: str) -> tuple[JobState, str]:
    task = status.task
    if found.state is JobState.PENDING and task is not None:
        return JobState.REQUEUED, f"{found.reason}; {task.message}".strip("; ")
    if found.state in IS_ACTIVE:
        return found.state, "" if found.state is JobState.RUNNING else found.reason
    if found.state is JobState.UNKNOWN:
        return JobState.UNKNOWN, f"{by} says {found.reason!r}, which is not known here"
    return _ended(status, found, by=by)


def _ended(status: MoleculeStatus, found: SchedulerTask, *, by: str) -> tuple[JobState, str]:
    """Return how a task ended: in its own words, unless all it knows is that it was told to end."""
    if status.task is not None and status.task.state is JobState.REQUEUED:
        return JobState.INTERRUPTED, f"{status.message}; but {by} did not requeue it ({found.reason})"
    says_little = status.state is JobState.INTERRUPTED and found.state not in (JobState.CRASHED, JobState.COMPLETED)
    if _has_ended(status.task) and not says_little:
        return status.state, status.message
    words = f"{by}: {found.reason}" + (f", exit code {found.exit_code}" if found.exit_code else "")
    if found.state is JobState.COMPLETED:
        return JobState.CRASHED, f"ended without a result ({words})"
    return found.state, words
