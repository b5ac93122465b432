"""States from files and from what a scheduler says, without one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from qmnmr.cluster.collect import collect_run
from qmnmr.cluster.job_records import JobRecord, JobsFolder, RecordStatus, now_utc
from qmnmr.cluster.run_status import prediction_state, run_status
from qmnmr.cluster.task_record import TaskRecord, save_task_record
from qmnmr.datatypes.calculation import CalculationFailure, CalculationKind, FailureKind
from qmnmr.datatypes.job import ArrayRequest, JobState, Resources, SchedulerTask
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.runs.folder.run_folder import RunFolder
from tests.support.fake_scheduler import FakeScheduler

NAME = "qmnmr-0-001"
OLD = "2026-01-01T00:00:00+00:00"
Say = Callable[..., None]


def submitted(run: RunFolder, *, job: str | None = "7", since: str = OLD, number: str = "001") -> JobRecord:
    record = JobRecord(
        number=number,
        status=RecordStatus.SUBMITTED if job else RecordStatus.SUBMITTING,
        site="generic",
        size_class="small",
        request=ArrayRequest(
            name=NAME, task_count=3, resources=Resources(cores=1, memory_mb=1), minutes=5, warning_seconds=20
        ),
        molecules=tuple(m.id for m in run.molecules()),
        submitted_utc=since,
        job=job,
    )
    JobsFolder(run.path).claim_number()
    JobsFolder(run.path).save(record)
    return record


def said(run: RunFolder, index: int, state: JobState, *, number: str = "001", message: str = "") -> TaskRecord:
    record = TaskRecord(
        number=number,
        start=0,
        job="7",
        index=index,
        node="n1",
        state=state,
        started_utc=now_utc(),
        updated_utc=now_utc(),
        message=message,
    )
    save_task_record(run.molecule_folder(run.molecules()[index]).path, record)
    return record


@pytest.fixture
def scheduler() -> FakeScheduler:
    return FakeScheduler()


@pytest.fixture
def scheduler_says(scheduler: FakeScheduler) -> Say:
    """Let the scheduler say one state for each index."""

    def say(*states: tuple[int, JobState, str]) -> None:
        scheduler.queue = [
            SchedulerTask(job="7", name=NAME, index=i, state=state, reason=reason) for i, state, reason in states
        ]

    return say


def states(run: RunFolder, scheduler: FakeScheduler) -> list[str]:
    return [str(m.state) for m in run_status(run, scheduler=scheduler).molecules]


def test_a_run_that_was_never_submitted_asks_nobody(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler
) -> None:
    assert states(new_run(), scheduler) == ["not_submitted"] * 3
    assert scheduler.questions == []


def test_pending_running_and_ended_tasks_are_told_apart(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run()
    submitted(run)
    said(run, 1, JobState.RUNNING)
    said(run, 2, JobState.NO_SCRATCH, message="/x does not exist")
    scheduler_says(
        (0, JobState.PENDING, "PENDING, Resources"), (1, JobState.RUNNING, "RUNNING"), (2, JobState.CRASHED, "F")
    )
    assert states(run, scheduler) == ["pending", "running", "no_scratch"]
    assert run_status(run, scheduler=scheduler).molecules[2].message == "/x does not exist"


def test_running_on_disk_and_unknown_to_slurm_is_lost(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run()
    submitted(run)
    said(run, 0, JobState.RUNNING)
    scheduler_says()
    assert states(run, scheduler)[0] == "lost"


def test_a_fresh_array_that_slurm_does_not_show_yet_is_pending(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run()
    submitted(run, since=now_utc())
    scheduler_says()
    assert states(run, scheduler) == ["pending"] * 3


def test_a_submission_that_was_cut_off_is_found_by_name_or_counts_as_not_submitted(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run()
    submitted(run, job=None)
    scheduler_says((0, JobState.RUNNING, "RUNNING"))
    assert states(run, scheduler) == ["running", "not_submitted", "not_submitted"]


def test_a_scheduler_that_does_not_answer_makes_nothing_fail_and_nothing_lost(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler
) -> None:
    run = new_run()
    submitted(run)
    said(run, 0, JobState.RUNNING)
    said(run, 1, JobState.INTERRUPTED)
    scheduler.is_away = True
    found = run_status(run, scheduler=scheduler)
    assert [str(m.state) for m in found.molecules] == ["unknown", "interrupted", "unknown"]
    assert "nobody answers" in found.problem
    assert not found.knows_queue
    assert [m.state for m in found.unfinished] == [JobState.INTERRUPTED]  # resume takes up nothing that may run


def test_an_accounting_that_does_not_answer_leaves_what_the_queue_said(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run()
    JobsFolder(run.path).save(replace(submitted(run), has_accounting=True))
    scheduler_says((0, JobState.RUNNING, "RUNNING"))
    said(run, 1, JobState.CRASHED)
    scheduler.is_accounting_away = True
    found = run_status(run, scheduler=scheduler)
    assert [str(m.state) for m in found.molecules] == ["running", "crashed", "unknown"]
    assert "connection refused" in found.problem
    assert found.knows_queue
    assert [m.state for m in found.unfinished] == [JobState.CRASHED]


def test_what_the_queue_has_forgotten_is_asked_of_accounting_and_the_queue_counts_more(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run()
    JobsFolder(run.path).save(replace(submitted(run), has_accounting=True))
    scheduler_says((0, JobState.RUNNING, "RUNNING"))
    scheduler.accounting = [
        SchedulerTask(job="7", name=NAME, index=i, state=JobState.NODE_FAILED, reason="NODE_FAIL") for i in (0, 1)
    ]
    assert states(run, scheduler) == ["running", "node_failed", "lost"]
    assert scheduler.questions == ["tasks", "ended_tasks"]


def test_completed_for_slurm_without_a_result_is_no_success(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run()
    submitted(run)
    scheduler_says((0, JobState.COMPLETED, "COMPLETED"))
    assert states(run, scheduler)[0] == "crashed"


def test_a_task_that_slurm_refused_to_requeue_is_interrupted(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run("C")
    submitted(run)
    said(run, 0, JobState.REQUEUED, message="stopped in time")
    scheduler_says((0, JobState.PENDING, "PENDING, BeginTime"))
    assert states(run, scheduler) == ["requeued"]
    scheduler_says((0, JobState.CRASHED, "FAILED, NonZeroExitCode"))
    assert states(run, scheduler) == ["interrupted"]


def test_an_unknown_word_of_slurm_stays_unknown(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run()
    submitted(run)
    scheduler_says((0, JobState.UNKNOWN, "TELEPORTED"))
    status = run_status(run, scheduler=scheduler).molecules[0]
    assert (str(status.state), "TELEPORTED" in status.message) == ("unknown", True)


def test_a_namesake_of_an_older_run_at_the_same_place_is_not_taken_for_ours(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler
) -> None:
    run = new_run("C")
    submitted(run)
    older = SchedulerTask(job="3", name=NAME, index=0, state=JobState.CANCELLED, reason="CANCELLED")
    ours = replace(older, job="7", state=JobState.RUNNING, reason="RUNNING")
    for told in ((older, ours), (ours, older)):
        scheduler.queue = list(told)
        assert states(run, scheduler) == ["running"]


def test_a_later_array_counts_more_than_what_an_earlier_task_said(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run()
    submitted(run)
    said(run, 0, JobState.CRASHED)
    submitted(run, number="002")
    scheduler_says((0, JobState.PENDING, "PENDING"))
    assert states(run, scheduler)[0] == "pending"


def test_files_are_enough_for_what_is_finished(new_run: Callable[..., RunFolder], scheduler: FakeScheduler) -> None:
    run = new_run("C")
    submitted(run)
    said(run, 0, JobState.COMPLETED)
    run.molecule_folder(run.molecules()[0]).save_prediction(
        Prediction(molecule=run.molecules()[0], status=PredictionStatus.COMPLETED, messages=()), structure_sdf=None
    )
    assert states(run, scheduler) == ["completed"]
    assert scheduler.questions == []


def test_a_task_record_on_a_full_disk_is_written_over_the_old_one(
    new_run: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    from qmnmr.cluster import task_record

    run = new_run("C")
    first = said(run, 0, JobState.RUNNING, message="a longer message than the next one has")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(task_record, "write_atomically", full)
    folder = run.molecule_folder(run.molecules()[0]).path
    save_task_record(folder, replace(first, state=JobState.DISK_FULL, message=""))
    assert task_record.load_task_record(folder) == replace(first, state=JobState.DISK_FULL, message="")


def finished(run: RunFolder, index: int, *, status: str = "completed", messages: tuple[str, ...] = ()) -> None:
    molecule = run.molecules()[index]
    prediction = Prediction(molecule=molecule, status=PredictionStatus(status), messages=messages)
    run.molecule_folder(molecule).save_prediction(prediction, structure_sdf=None)


def test_a_prediction_tells_its_state_and_first_three_messages(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler
) -> None:
    """Of a run that was never submitted, whatever the outcome; a molecule without one was not submitted."""
    run = new_run()
    finished(run, 0, messages=("a", "b", "c", "d"))
    finished(run, 1, status="failed", messages=("no",))
    told = run_status(run, scheduler=scheduler)
    assert [str(m.state) for m in told.molecules] == ["completed", "failed", "not_submitted"]
    assert [m.message for m in told.molecules] == ["a; b; c", "no", ""]
    assert [m.molecule for m in told.molecules] == list(run.molecules())
    assert [(m.task, m.record, m.index, m.node) for m in told.molecules] == [(None, None, 0, "")] * 3
    assert told.counts == {JobState.COMPLETED: 1, JobState.FAILED: 1, JobState.NOT_SUBMITTED: 1}


def test_of_a_submitted_molecule_a_completed_prediction_counts_and_a_failed_one_waits_for_its_task(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run()
    submitted(run)
    finished(run, 0)
    finished(run, 1, status="failed")
    scheduler_says((0, JobState.PENDING, "PENDING"), (1, JobState.PENDING, "PENDING"), (2, JobState.PENDING, "PENDING"))
    assert states(run, scheduler) == ["completed", "pending", "pending"]


def test_the_task_of_the_array_that_counts_is_told_with_its_node(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler
) -> None:
    run = new_run()
    record = submitted(run)
    first, second = said(run, 0, JobState.RUNNING), said(run, 1, JobState.CRASHED, message="why")
    tasks = (
        SchedulerTask(job="7", name=NAME, index=0, state=JobState.RUNNING, reason="RUNNING", node="n2"),
        SchedulerTask(job="7", name=NAME, index=2, state=JobState.COMPLETING, reason="COMPLETING"),
    )
    scheduler.queue = list(tasks)
    told = run_status(run, scheduler=scheduler).molecules
    assert [(m.task, m.record, m.index) for m in told] == [(first, record, 0), (second, record, 1), (None, record, 2)]
    assert [m.node for m in told] == ["n2", "n1", ""]
    assert [m.message for m in told] == ["", "why", "COMPLETING"]
    submitted(run, number="002")
    assert run_status(run, scheduler=scheduler).molecules[1].task is None
    assert run_status(run, scheduler=scheduler).molecules[1].node == ""


def test_sacct_is_asked_for_arrays_with_a_task_that_left_no_trace_alone(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    JobsFolder(run.path).save(replace(submitted(run), has_accounting=True))
    asked: list[tuple[list[str], str]] = []

    def sacct(names: list[str], *, since: str, user: int) -> tuple[SchedulerTask, ...]:
        assert user == os.getuid()
        asked.append((names, since))
        ended = SchedulerTask(job="7", name=NAME, index=2, state=JobState.TIMED_OUT, reason="TIMEOUT", exit_code=1)
        return (ended, replace(ended, index=0), replace(ended, index=5))

    monkeypatch.setattr(scheduler, "ended_tasks", sacct)
    scheduler_says((0, JobState.RUNNING, "RUNNING"), (2, JobState.RUNNING, "RUNNING"))
    said(run, 1, JobState.CRASHED)
    assert states(run, scheduler) == ["running", "crashed", "running"]
    assert asked == []
    scheduler_says((0, JobState.RUNNING, "RUNNING"))
    told = run_status(run, scheduler=scheduler)
    assert [str(m.state) for m in told.molecules] == ["running", "crashed", "timed_out"]
    assert told.molecules[2].message == "Fake: TIMEOUT, exit code 1"
    assert told.problem == ""
    assert asked == [([NAME], OLD)]


def test_a_task_that_was_told_to_end_ends_as_slurm_says_unless_that_is_a_mere_exit_code(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run()
    submitted(run)
    for index in range(3):
        said(run, index, JobState.INTERRUPTED, message="told to end")
    scheduler_says(
        (0, JobState.TIMED_OUT, "TIMEOUT"), (1, JobState.CRASHED, "FAILED"), (2, JobState.COMPLETED, "COMPLETED")
    )
    told = run_status(run, scheduler=scheduler).molecules
    assert [str(m.state) for m in told] == ["timed_out", "interrupted", "interrupted"]
    assert [m.message for m in told] == ["Fake: TIMEOUT", "told to end", "told to end"]


@pytest.mark.parametrize(
    ("older", "later", "expected"),
    [
        (JobState.RUNNING, JobState.PENDING, ("running", "001")),
        (JobState.PENDING, JobState.RUNNING, ("running", "002")),
        (JobState.PENDING, JobState.PENDING, ("pending", "002")),
        (JobState.RUNNING, JobState.CANCELLED, ("running", "001")),
        (JobState.CANCELLED, JobState.PENDING, ("pending", "002")),
    ],
)
def test_a_molecule_in_two_arrays_is_where_one_computes_it(
    new_run: Callable[..., RunFolder],
    scheduler: FakeScheduler,
    older: JobState,
    later: JobState,
    expected: tuple[str, str],
) -> None:
    run = new_run("C")
    jobs = JobsFolder(run.path)
    first = submitted(run)
    request = replace(first.request, name=first.request.name.replace("-001", "-002"))
    jobs.save(replace(first, number="002", request=request, job="8"))
    scheduler.queue = [
        SchedulerTask(job=job, name=name, index=0, state=state, reason=str(state))
        for job, name, state in (("7", first.request.name, older), ("8", request.name, later))
    ]
    (status,) = run_status(run, scheduler=scheduler).molecules
    assert status.record is not None
    assert (str(status.state), status.record.number) == expected


def test_what_slurm_does_not_know_is_cancelled_where_the_run_cancelled_it(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run("C")
    JobsFolder(run.path).save(replace(submitted(run), status=RecordStatus.CANCELLED))
    scheduler_says()
    assert [(str(m.state), m.message) for m in run_status(run, scheduler=scheduler).molecules] == [
        ("cancelled", "cancelled")
    ]


@pytest.mark.parametrize(
    ("log", "words"),
    [
        (
            "Traceback …\n  File x\nModuleNotFoundError: No module named 'submitit'\n\n",
            ": ModuleNotFoundError: No module",
        ),
        ("", " is empty"),
        (None, ""),
    ],
)
def test_of_a_crashed_task_the_end_of_its_log_is_told(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say, log: str | None, words: str
) -> None:
    run = new_run("C")
    submitted(run)
    path = run.path / "jobs" / "001" / "7.0.log"
    if log is not None:
        path.write_text(log)
    scheduler_says((0, JobState.CRASHED, "FAILED"))
    (status,) = run_status(run, scheduler=scheduler).molecules
    assert status.message.startswith("Fake: FAILED")
    assert (f"; {path}{words}" in status.message) == (log is not None)


def test_a_word_that_is_not_known_is_logged_with_its_task(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say, caplog: pytest.LogCaptureFixture
) -> None:
    run = new_run()
    submitted(run)
    scheduler_says((0, JobState.RUNNING, "RUNNING"), (1, JobState.UNKNOWN, "TELEPORTED"))
    run_status(run, scheduler=scheduler)
    assert [r.getMessage() for r in caplog.records] == ["Fake says 'TELEPORTED' of task 7_1, which is not known here"]


def test_a_waiting_task_that_ran_before_says_both_why_it_waits_and_why_it_stopped(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, scheduler_says: Say
) -> None:
    run = new_run()
    submitted(run)
    said(run, 0, JobState.REQUEUED, message="stopped in time")
    said(run, 1, JobState.REQUEUED)
    scheduler_says((0, JobState.PENDING, "PENDING, BeginTime"), (1, JobState.PENDING, "PENDING, BeginTime"))
    told = [m.message for m in run_status(run, scheduler=scheduler).molecules[:2]]
    assert told == ["PENDING, BeginTime; stopped in time", "PENDING, BeginTime"]


def test_where_results_may_be_withdrawn_a_prediction_is_looked_at_though_its_task_called_it_finished(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run()
    submitted(run)
    for index in range(3):
        said(run, index, JobState.COMPLETED, message="by the task")
    finished(run, 0, status="failed", messages=("a", "b", "c", "d"))
    finished(run, 1, messages=("not told",))
    finished(run, 2, messages=("not told",))
    assert states(run, scheduler) == ["completed"] * 3
    monkeypatch.setattr(RunFolder, "may_hold_withdrawn", lambda _: True)
    told = run_status(run, scheduler=scheduler).molecules
    assert [(str(m.state), m.message) for m in told] == [
        *(("failed", "a; b; c"), ("completed", "by the task"), ("completed", "by the task")),
    ]


@pytest.mark.parametrize("is_doubtful", [False, True])
def test_a_damaged_record_is_one_molecules_state(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler, monkeypatch: pytest.MonkeyPatch, is_doubtful: bool
) -> None:
    monkeypatch.setattr(RunFolder, "may_hold_withdrawn", lambda _: is_doubtful)
    run = new_run("C", "O", "N", "F", "CC", "CO")
    submitted(run)
    folders = [run.molecule_folder(m).path for m in run.molecules()]
    for index in range(6):
        said(run, index, JobState.COMPLETED)
        finished(run, index)
    assert states(run, scheduler) == ["completed"] * 6
    (folders[0] / "prediction.json").unlink()
    (folders[1] / "prediction.json").write_text("{")
    (folders[2] / "task.json").write_text("{")  # its prediction is whole
    shutil.copy(folders[2] / "prediction.json", folders[3] / "prediction.json")
    changed = (folders[4] / "prediction.json").read_text().replace('"messages": []', '"messages": ["edited"]')
    (folders[4] / "prediction.json").write_text(changed)
    status = run_status(run, scheduler=scheduler)
    assert [str(m.state) for m in status.molecules] == [
        *("damaged", "damaged", "completed", "damaged", "damaged", "completed")
    ]
    for number in (0, 1, 3, 4):
        assert str(folders[number]) in status.molecules[number].message
    assert [m.molecule.smiles for m in status.unfinished] == ["C", "O", "F", "CC"]
    (folders[2] / "prediction.json").unlink()
    assert states(run, scheduler)[2] == "damaged"
    scheduler.queue = [SchedulerTask(job="7", name=NAME, index=2, state=JobState.RUNNING, reason="RUNNING")]
    assert states(run, scheduler)[2] == "running"
    found = collect_run(run, run_status(run, scheduler=scheduler), into=run.path)
    written = json.loads(found.summary.read_text())["molecules"]
    assert [molecule["status"] for molecule in written] == [*["unfinished"] * 5, "completed"]


def test_a_namesake_is_not_taken_for_ours_where_slurm_shows_none_of_ours(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler
) -> None:
    run = new_run("C")
    submitted(run)
    older = SchedulerTask(job="3", name=NAME, index=0, state=JobState.CANCELLED, reason="CANCELLED")
    scheduler.queue = [older]
    assert states(run, scheduler) == ["lost"]


def test_the_queue_of_a_run_that_has_nothing_in_it_is_known(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler
) -> None:
    assert run_status(new_run(), scheduler=scheduler).knows_queue


@pytest.mark.parametrize(
    ("status", "failures", "state"),
    [
        ("completed", (), JobState.COMPLETED),
        ("completed", (FailureKind.SYMMETRY,), JobState.PARTIAL),
        ("failed", (FailureKind.SYMMETRY,), JobState.FAILED),
        ("failed", (), JobState.FAILED),
        ("failed", (FailureKind.SYMMETRY, FailureKind.DISK), JobState.DISK_FULL),
        ("failed", (FailureKind.MEMORY, FailureKind.DISK), JobState.OUT_OF_MEMORY),
        ("completed", (FailureKind.MEMORY,), JobState.OUT_OF_MEMORY),
    ],
)
def test_a_prediction_has_the_state_that_its_first_failure_of_the_machine_names(
    new_run: Callable[..., RunFolder], status: str, failures: tuple[FailureKind, ...], state: JobState
) -> None:
    failed = tuple(
        CalculationFailure(label="a", kind=CalculationKind.ENERGY, failure=f, message="", evidence="") for f in failures
    )
    (molecule,) = new_run("C").molecules()
    prediction = Prediction(molecule=molecule, status=PredictionStatus(status), messages=(), failures=failed)
    assert prediction_state(prediction) is state


def test_the_thousandth_array_comes_after_the_one_before(
    new_run: Callable[..., RunFolder], scheduler: FakeScheduler
) -> None:
    run = new_run("C")
    jobs = JobsFolder(run.path)
    (jobs.path / "997").mkdir(parents=True)
    records = []
    for number in ("998", "999", "1000", "1001"):
        assert jobs.claim_number() == number
        record = submitted(run, job=number, number=number)
        records.append(replace(record, request=replace(record.request, name=f"{NAME}-{number}")))
        jobs.save(records[-1])
        (jobs.path / f"{int(number) + 1}").rmdir()
    assert [record.number for record in jobs.records()] == ["998", "999", "1000", "1001"]
    said(run, 0, JobState.CRASHED, number="999", message="of an older array")
    assert states(run, scheduler) == ["lost"]
    said(run, 0, JobState.OUT_OF_MEMORY, number="1001")
    assert states(run, scheduler) == ["out_of_memory"]


def test_a_later_start_owns_a_molecule_also_from_the_thousandth_array_on(new_run: Callable[..., RunFolder]) -> None:
    run = new_run("C")
    assert said(run, 0, JobState.RUNNING, number="1000").attempt > said(run, 0, JobState.RUNNING, number="999").attempt
