"""What every scheduler must do for a run: one body on the fake one and on each real one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qmnmr.cluster.cancellation import cancel_run
from qmnmr.cluster.job_records import JobRecord, JobsFolder, RecordStatus, SubmitSettings, all_places
from qmnmr.cluster.run_status import run_status
from qmnmr.cluster.scheduler import ArrayJob
from qmnmr.cluster.submission import submit_arrays
from qmnmr.cluster.submission_plan import plan_submission
from qmnmr.datatypes.job import IS_ACTIVE, ArrayRequest, JobState, Resources
from qmnmr.errors import ControllerAwayError, SchedulerError
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import plan_run
from qmnmr.runs.request import RunRequest
from tests.slurm_cluster.cluster import REPOSITORY, Cluster, running_cluster
from tests.support.node_task import tell_place
from tests.support.scheduler_hands import FakeHands, Hands, SlurmHands, wait_for

SETTINGS = SubmitSettings(cores=1, memory_mb=300, minutes=10)
SCHEDULERS = ["fake", pytest.param("slurm", marks=pytest.mark.slurm)]


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    with running_cluster(DBD=1, CPUS=4) as running:
        yield running


@pytest.fixture(scope="module")
def small_slurm() -> Iterator[Cluster]:
    with running_cluster(MAXJOBS=4) as running:
        yield running


def slurm_hands(running: Cluster, monkeypatch: pytest.MonkeyPatch) -> SlurmHands:
    for name in ("SLURM_CONF", "MUNGE_SOCKET"):
        monkeypatch.setenv(name, running.environment[name])
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    monkeypatch.setattr("qmnmr.cluster.slurm.submission_by_submitit._SBATCH_SECONDS", 10)
    return SlurmHands(running)


@pytest.fixture(params=SCHEDULERS)
def hands(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Hands:
    if request.param == "fake":
        return FakeHands()
    return slurm_hands(request.getfixturevalue("slurm"), monkeypatch)


@pytest.fixture(params=SCHEDULERS)
def full_hands(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Hands:
    """Hands of a cluster whose controller knows three tasks at most."""
    if request.param == "fake":
        return FakeHands(max_tasks=3)
    return slurm_hands(request.getfixturevalue("small_slurm"), monkeypatch)


def new_run(folder: Path, *smiles: str) -> RunFolder:
    plan = plan_run(RunRequest(inputs=smiles, solvent="gas", protocol="draft", engine="pyscf"))
    run = RunFolder(folder / "run")
    run.start(plan.settings, plan.molecules)
    return run


def submitted(run: RunFolder, hands: Hands) -> list[JobRecord]:
    cluster = hands.cluster()
    plan = plan_submission(run.molecules(), run.settings().protocol, engine="pyscf", settings=SETTINGS, cluster=cluster)
    return list(submit_arrays(run, plan, settings=SETTINGS, cluster=cluster))


def states(run: RunFolder, hands: Hands) -> list[JobState]:
    return [m.state for m in run_status(run, scheduler=hands.scheduler).molecules]


def array_of_two(folder: Path, hands: Hands, *, name: str) -> ArrayJob:
    (folder / "jobs").mkdir(mode=0o700)
    return ArrayJob(
        request=ArrayRequest(
            name=name,
            task_count=2,
            resources=Resources(cores=1, memory_mb=300),
            minutes=10,
            warning_seconds=20,
        ),
        site=hands.cluster().site,
        folder=folder / "jobs",
        run_folder=folder,
        function=tell_place,
        argument=f"{hands.scheduler.name}:{folder}",
        scratch=str(folder),
        scratch_needed_mb=1,
        grace_seconds=5,
    )


def test_a_submitted_run_waits_and_its_record_says_where(hands: Hands, tmp_path: Path) -> None:
    run = new_run(tmp_path, "C", "O", "N")
    (record,) = submitted(run, hands)
    assert (record.status, record.scheduler) == (RecordStatus.SUBMITTED, hands.scheduler.name)
    tasks = hands.scheduler.tasks([record.request.name])
    assert [(t.job, t.index, t.state) for t in tasks] == [(record.job, i, JobState.PENDING) for i in range(3)]
    assert states(run, hands) == [JobState.PENDING] * 3
    assert hands.scheduler.queued_tasks().mine >= 3


def test_tasks_are_seen_to_run_to_start_again_if_they_ask_and_to_end(hands: Hands, tmp_path: Path) -> None:
    array = array_of_two(tmp_path, hands, name=f"{tmp_path.name}-a")
    job, name = hands.scheduler.submit(array), array.request.name

    def said() -> set[JobState]:
        return {task.state for task in hands.scheduler.tasks([name])}

    assert said() == {JobState.PENDING}
    hands.start(job)
    for index, start in ((0, 0), (1, 0), (1, 1)):  # the last one asked for it
        place = hands.place(tmp_path, job, index=index, start=start)
        assert (place.job, place.index, place.start) == (job, index, start)
    wait_for(lambda: said() == {JobState.RUNNING})
    hands.end(tmp_path, job)
    wait_for(lambda: said() == {JobState.COMPLETED})
    assert not (tmp_path / "place-0-1.json").exists()  # nobody asked for that

    def kept() -> list[tuple[str, int, JobState]]:
        ended = hands.scheduler.ended_tasks([name], since="2026-01-01T00:00:00+00:00")
        return sorted((task.job, task.index, task.state) for task in ended)

    wait_for(lambda: kept() == [(job, index, JobState.COMPLETED) for index in range(2)])


def test_the_script_is_told_before_anything_is_submitted_or_written(hands: Hands, tmp_path: Path) -> None:
    array = array_of_two(tmp_path, hands, name="announced")
    assert "announced" in hands.scheduler.script(array)
    assert list(array.folder.iterdir()) == []
    assert hands.scheduler.tasks(["announced"]) == ()


def test_a_limit_of_the_user_splits_a_run_and_leaves_the_rest(hands: Hands, tmp_path: Path) -> None:
    run = new_run(tmp_path, "C", "O", "N", "F", "CC", "CO", "C=O")
    hands.limit(hands.scheduler.queued_tasks().mine + 5)
    try:
        records = submitted(run, hands)
    finally:
        hands.limit(None)
    assert [(r.status, len(r.molecules)) for r in records] == [
        (RecordStatus.SUBMITTED, 4),
        (RecordStatus.SUBMITTED, 1),
        (RecordStatus.REFUSED, 1),
    ]
    assert sorted(states(run, hands)) == [JobState.NOT_SUBMITTED] * 2 + [JobState.PENDING] * 5


def test_a_full_queue_leaves_the_rest_without_an_error(full_hands: Hands, tmp_path: Path) -> None:
    array = array_of_two(tmp_path, full_hands, name=f"{tmp_path.name}-full")
    full_hands.scheduler.submit(array)
    run = new_run(tmp_path, "C", "O", "N")
    records = submitted(run, full_hands)
    assert [(r.status, len(r.molecules)) for r in records] == [(RecordStatus.REFUSED, 3)]
    assert all_places(records) == {}
    assert states(run, full_hands) == [JobState.NOT_SUBMITTED] * 3


def test_a_controller_that_is_away_makes_states_unknown_and_no_submission(hands: Hands, tmp_path: Path) -> None:
    run = new_run(tmp_path, "C", "O")
    (record,) = submitted(run, hands)
    cluster = hands.cluster()
    plan = plan_submission(run.molecules(), run.settings().protocol, engine="pyscf", settings=SETTINGS, cluster=cluster)
    hands.go_away()
    try:
        with pytest.raises(ControllerAwayError):
            hands.scheduler.tasks([record.request.name])
        status = run_status(run, scheduler=hands.scheduler)
        with pytest.raises(SchedulerError):
            list(submit_arrays(run, plan, settings=SETTINGS, cluster=cluster))
    finally:
        hands.come_back()
    assert [m.state for m in status.molecules] == [JobState.UNKNOWN] * 2
    assert (status.knows_queue, status.unfinished) == (False, ())
    assert JobsFolder(run.path).records()[-1].status in (RecordStatus.SUBMITTING, RecordStatus.REFUSED)
    assert JobState.COMPLETED not in states(run, hands)


def test_cancelling_empties_the_queue(hands: Hands, tmp_path: Path) -> None:
    run = new_run(tmp_path, "C", "O", "N")
    records = [*submitted(run, hands), *submitted(run, hands), *submitted(run, hands)]  # as by three `resume` at once
    assert cancel_run(run, scheduler=hands.scheduler) == 3
    names = [record.request.name for record in records]
    wait_for(lambda: not any(t.state in IS_ACTIVE for t in hands.scheduler.tasks(names)))
    assert states(run, hands) == [JobState.CANCELLED] * 3
    assert cancel_run(run, scheduler=hands.scheduler) == 0


def test_a_namesake_of_an_older_run_in_the_same_folder_is_not_mistaken(hands: Hands, tmp_path: Path) -> None:
    first = new_run(tmp_path, "C", "O")
    (older,) = submitted(first, hands)
    cancel_run(first, scheduler=hands.scheduler)
    wait_for(lambda: JobState.PENDING not in states(first, hands))
    shutil.rmtree(first.path)
    run = new_run(tmp_path, "C", "O")
    (record,) = submitted(run, hands)
    assert (record.request.name, record.job != older.job) == (older.request.name, True)
    assert states(run, hands) == [JobState.PENDING] * 2
    JobsFolder(run.path).save(replace(record, status=RecordStatus.SUBMITTING, job=None))  # as if submit had died
    assert states(run, hands) == [JobState.PENDING] * 2
