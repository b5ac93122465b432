"""How a task names its end, without a scheduler and without NWChem."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qmnmr.cluster.job_records import TaskDescription
from qmnmr.cluster.node.array_task import ArrayTask
from qmnmr.cluster.task_record import TaskRecord, load_task_record
from qmnmr.datatypes.job import JobState
from qmnmr.datatypes.molecule import Ensemble, Geometry
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.errors import InterruptedRunError, MissingProgramError, SupersededError
from qmnmr.funnel.progress import Progress
from qmnmr.programs.processes import Programs
from qmnmr.programs.run_calculation import RestartSet
from qmnmr.programs.scratch import ScratchFolder
from qmnmr.runs.folder.run_folder import RunFolder
from tests.support.fake_scheduler import FakeScheduler

HOUR = 3600.0
FAKE = FakeScheduler()
NewTask = Callable[..., ArrayTask]


@pytest.fixture
def run(new_run: Callable[..., RunFolder]) -> RunFolder:
    return new_run("C")


@pytest.fixture
def new_task(run: RunFolder) -> NewTask:
    def make(*, start: int = 0, max_requeues: int = 2, **variables: str) -> ArrayTask:
        description = TaskDescription(
            run_folder=str(run.path),
            number="001",
            molecules=tuple(m.id for m in run.molecules()),
            cores=1,
            memory_mb=500,
            minutes=60,
            warning_seconds=300,
            max_requeues=max_requeues,
        )
        return ArrayTask(description, FAKE.environment("7", 0, start=start) | variables, scheduler=FAKE)

    return make


def folder_of(run: RunFolder) -> Path:
    return run.molecule_folder(run.molecules()[0]).path


def record_of(run: RunFolder) -> TaskRecord:
    record = load_task_record(folder_of(run))
    assert record is not None
    return record


def end_stopped(task: ArrayTask, number: signal.Signals, *, seconds: float, restart: RestartSet | None = None) -> int:
    """Return the exit code of a task that was told to stop while a calculation had run for this time."""
    task._signal = number
    task._store.save_interrupted("c001-shielding", digest="0", restart=restart, elapsed_seconds=seconds)
    return task._end_interrupted()


def test_without_scratch_the_molecule_says_which_folders_were_refused(run: RunFolder, new_task: NewTask) -> None:
    assert new_task(QMNMR_SCRATCH_REFUSAL="/x does not exist; ").run() == 3
    assert record_of(run).state is JobState.NO_SCRATCH
    assert "/x does not exist" in record_of(run).message


def test_without_shared_memory_the_molecule_says_how_much_is_needed(
    run: RunFolder, new_task: NewTask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qmnmr.programs.machine.MIN_SHARED_MEMORY_MB", 10**9)
    assert new_task(SCRATCH_DIR=str(tmp_path)).run() == 3
    assert record_of(run).state is JobState.NO_SHARED_MEMORY
    assert f"MPI needs {10**9} MB" in record_of(run).message


def test_what_is_completed_is_not_done_again(run: RunFolder, new_task: NewTask) -> None:
    done = Prediction(molecule=run.molecules()[0], status=PredictionStatus.COMPLETED, messages=())
    run.molecule_folder(done.molecule).save_prediction(done, structure_sdf=None)
    assert new_task().run() == 0
    assert record_of(run).state is JobState.COMPLETED


def test_an_earlier_start_does_nothing_once_a_later_one_has_begun(run: RunFolder, new_task: NewTask) -> None:
    new_task(start=1).run()
    before = record_of(run)
    assert new_task(start=0).run() == 0
    assert record_of(run) == before


Deed = Callable[[ArrayTask, Prediction, Ensemble], object]
DEEDS: dict[str, Deed] = {
    "progress": lambda task, *_: task._on_progress(Progress(molecule="C", step="shielding")),
    "end": lambda task, *_: task._end(JobState.CRASHED, "too late"),
    "conformers": lambda task, _, ensemble: task._store.save_ensemble(ensemble),
    "prediction": lambda task, prediction, _: task._store.save_prediction(prediction, structure_sdf=""),
    "interrupted": lambda task, *_: end_stopped(task, FAKE.end_signal, seconds=1),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_an_earlier_start_writes_nothing_once_a_later_one_has_begun(
    run: RunFolder, new_task: NewTask, deed: str
) -> None:
    early = new_task(start=0)
    new_task(start=1).run()
    calculation = folder_of(run) / "calculations" / "c001-shielding" / "input.nw"
    calculation.parent.mkdir(parents=True)
    calculation.touch()
    before = {p: p.read_bytes() for p in folder_of(run).rglob("*") if p.is_file()}
    molecule = run.molecules()[0]
    prediction = Prediction(molecule=molecule, status=PredictionStatus.COMPLETED, messages=())
    for _ in range(2):  # it does not take the molecule back either
        with pytest.raises(SupersededError):
            DEEDS[deed](early, prediction, Ensemble(molecule=molecule, conformers=()))
    assert {p: p.read_bytes() for p in folder_of(run).rglob("*") if p.is_file()} == before


def test_an_earlier_start_that_fails_leaves_the_later_ones_record(
    run: RunFolder, new_task: NewTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, late = new_task(start=0), new_task(start=1)

    def fail(_: ArrayTask) -> int:
        monkeypatch.undo()
        late.run()
        raise MissingProgramError("NWChem is gone")

    monkeypatch.setattr(ArrayTask, "_run_or_name_the_end", fail)
    assert early.run() == 0
    assert (record_of(run).start, record_of(run).state) == (1, JobState.NO_SCRATCH)


def test_an_earlier_start_ends_its_programs_as_soon_as_it_notices(
    run: RunFolder, new_task: NewTask, tmp_path: Path
) -> None:
    early = new_task(start=0)
    new_task(start=1).run()
    with ScratchFolder.create(tmp_path) as scratch, ThreadPoolExecutor() as pool:
        early._programs = programs = Programs(scratch)
        out = tmp_path / "out"
        sleeping = pool.submit(
            programs.run, ["sleep", "60"], folder=scratch.path, environment=os.environ, stdout=out, stderr=out
        )
        while not programs.started:
            time.sleep(0.01)
        with pytest.raises(SupersededError):
            early._on_progress(Progress(molecule="C", step="shielding"))
        with pytest.raises(InterruptedRunError):
            sleeping.result(timeout=20)


def test_told_to_end_is_interrupted(run: RunFolder, new_task: NewTask) -> None:
    assert end_stopped(new_task(), FAKE.end_signal, seconds=10) == 143
    assert record_of(run).state is JobState.INTERRUPTED


def test_a_warned_task_asks_to_be_requeued_but_not_for_ever(run: RunFolder, new_task: NewTask) -> None:
    codes = [end_stopped(new_task(start=k, max_requeues=2), FAKE.warning_signal, seconds=60) for k in range(3)]
    assert codes == [FAKE.requeue_exit_code, FAKE.requeue_exit_code, 6]
    assert record_of(run).state is JobState.TIME_LIMIT_TOO_SHORT
    assert "more than 180 min in all" in record_of(run).message


def test_a_calculation_that_fills_the_limit_alone_says_which_time_it_needs(run: RunFolder, new_task: NewTask) -> None:
    assert end_stopped(new_task(), FAKE.warning_signal, seconds=0.9 * HOUR) == 6
    assert record_of(run).state is JobState.TIME_LIMIT_TOO_SHORT
    assert "--time 120" in record_of(run).message


def test_an_optimisation_that_made_a_step_goes_on_however_long_it_ran(
    run: RunFolder, new_task: NewTask, tmp_path: Path
) -> None:
    task = new_task()
    (tmp_path / "calc.movecs").write_bytes(b"orbitals")
    geometry = Geometry(symbols=("H",), coordinates_angstrom=((0.0, 0.0, 0.0),))
    restart = RestartSet(geometry=geometry, files=(tmp_path / "calc.movecs",))
    assert end_stopped(task, FAKE.warning_signal, seconds=0.9 * HOUR, restart=restart) == FAKE.requeue_exit_code
    store = task._store
    kept = store.load_restart("c001-shielding", digest="0")
    assert kept is not None
    assert kept.geometry == geometry
    assert [p.read_bytes() for p in kept.files] == [b"orbitals"]
    assert store.load_restart("c001-shielding", digest="another input") is None
