"""Arrays from molecules and limits, without a scheduler."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from qmnmr.cluster.cancellation import cancel_run
from qmnmr.cluster.job_records import (
    JobRecord,
    JobsFolder,
    RecordStatus,
    SubmitSettings,
    TaskDescription,
    all_places,
)
from qmnmr.cluster.run_status import run_status
from qmnmr.cluster.schedulers import SCHEDULERS, scheduler_here, scheduler_of
from qmnmr.cluster.sites.profile_files import load_profiles
from qmnmr.cluster.sites.site_profile import Partition, Recognition
from qmnmr.cluster.size_classes import size_classes
from qmnmr.cluster.submission import submit_arrays
from qmnmr.cluster.submission_plan import plan_submission
from qmnmr.cluster.submission_site import find_cluster
from qmnmr.cost.molecule_cost import molecule_cost
from qmnmr.datatypes.job import JobState, SchedulerTask
from qmnmr.errors import InputError, QueueFullError, SchedulerError, SiteError, SubmissionUnknownError
from qmnmr.records import decode
from qmnmr.runs.folder.run_folder import RunFolder
from tests.support.fake_scheduler import FACTS, FakeScheduler, fake_cluster, fake_sites


def test_molecules_of_like_cost_share_an_array(new_run: Callable[..., RunFolder]) -> None:
    run = new_run("C", "O", "CCCCCCCCCCCC", "CCCCCCCCCC(=O)NCCCCCCCC")
    classes = size_classes(
        run.molecules(), run.settings().protocol, engine="nwchem", cores=None, memory_mb=None, minutes=None
    )
    assert len(classes) >= 2
    assert [m.smiles for m in classes[0].molecules] == ["C", "O"]
    minutes = [c.minutes for c in classes]
    assert minutes == sorted(minutes)


def test_cost_grows_with_size_and_flexibility(new_run: Callable[..., RunFolder]) -> None:
    run = new_run("C1CCCCC1", "CCCCCC", "CCCCCCCC")
    protocol = run.settings().protocol
    costs = [molecule_cost(m, protocol, engine="nwchem").cpu_seconds for m in run.molecules()]
    assert costs == sorted(costs)


def test_no_array_is_longer_than_the_cluster_allows(new_run: Callable[..., RunFolder]) -> None:
    run = new_run(*["C" * n for n in range(1, 8)])
    settings = SubmitSettings(cores=1, minutes=60)
    plan = plan_submission(
        run.molecules()[:5],
        run.settings().protocol,
        engine="nwchem",
        settings=settings,
        cluster=fake_cluster(max_array_size=2),
    )
    assert all(a.request.task_count <= 2 for a in plan.arrays)
    assert sum(len(a.molecules) for a in plan.arrays) == 5


def test_what_the_queue_does_not_take_is_left_for_later(new_run: Callable[..., RunFolder]) -> None:
    run = new_run()
    plan = plan_submission(
        run.molecules(),
        run.settings().protocol,
        engine="nwchem",
        settings=SubmitSettings(),
        cluster=fake_cluster(free=2),
    )
    assert sum(len(a.molecules) for a in plan.arrays) == 2
    assert plan.left_for_later == 1


def test_a_full_queue_leaves_everything(new_run: Callable[..., RunFolder]) -> None:
    run = new_run()
    plan = plan_submission(
        run.molecules(),
        run.settings().protocol,
        engine="nwchem",
        settings=SubmitSettings(),
        cluster=fake_cluster(free=0),
    )
    assert (plan.arrays, plan.left_for_later) == ((), 3)


def test_the_partition_is_the_first_that_fits(new_run: Callable[..., RunFolder]) -> None:
    run = new_run("C")
    site = fake_cluster(site="example-university")
    protocol = run.settings().protocol
    for minutes, expected in ((60, "short"), (600, "long")):
        plan = plan_submission(
            run.molecules(), protocol, engine="nwchem", settings=SubmitSettings(minutes=minutes), cluster=site
        )
        assert plan.arrays[0].request.partition == expected
    with pytest.raises(SiteError, match="long ends tasks after"):
        plan_submission(
            run.molecules(), protocol, engine="nwchem", settings=SubmitSettings(minutes=99_999), cluster=site
        )


def test_the_warning_leaves_time_to_work_and_comes_at_all(new_run: Callable[..., RunFolder]) -> None:
    run = new_run("C")
    for minutes in (2, 5, 30, 600):
        plan = plan_submission(
            run.molecules(),
            run.settings().protocol,
            engine="nwchem",
            settings=SubmitSettings(minutes=minutes),
            cluster=fake_cluster(),
        )
        warning = plan.arrays[0].request.warning_seconds
        assert warning >= 20
        assert warning + 60 <= minutes * 60


def test_settings_of_the_first_submission_hold_until_others_are_given() -> None:
    first = SubmitSettings(site="a", minutes=60, cores=4)
    assert first.overlaid(SubmitSettings(minutes=120)) == SubmitSettings(site="a", minutes=120, cores=4)


def test_numbers_of_arrays_are_claimed_once(new_run: Callable[..., RunFolder]) -> None:
    jobs = JobsFolder(new_run().path)
    numbers = [jobs.claim_number() for _ in range(3)]
    assert numbers == ["001", "002", "003"]
    assert all(oct(jobs.folder(n).stat().st_mode & 0o777) == "0o700" for n in numbers)


def test_a_run_folder_that_the_scheduler_can_not_write_logs_to_is_refused(
    new_run: Callable[..., RunFolder],
) -> None:
    run = new_run("C")
    run_protocol = run.settings().protocol
    moved = run.path.with_name("50%")
    run.path.rename(moved)
    plan = plan_submission((), run_protocol, engine="nwchem", settings=SubmitSettings(), cluster=fake_cluster())
    with pytest.raises(InputError, match="can't be used by Fake"):
        list(submit_arrays(RunFolder(moved), plan, settings=SubmitSettings(), cluster=fake_cluster()))


def submit_with(scheduler: FakeScheduler, run: RunFolder) -> list[JobRecord]:
    settings, cluster = SubmitSettings(cores=1, minutes=60), fake_cluster(scheduler)
    plan = plan_submission(
        run.molecules(), run.settings().protocol, engine="nwchem", settings=settings, cluster=cluster
    )
    return list(submit_arrays(run, plan, settings=settings, cluster=cluster))


def asked(scheduler: FakeScheduler) -> list[int]:
    """Return how many tasks each array had that the scheduler was asked to take."""
    return [array.request.task_count for array in scheduler.submitted]


def test_an_array_that_goes_over_a_limit_is_halved_until_it_fits(new_run: Callable[..., RunFolder]) -> None:
    run = new_run("C", "O", "N", "F", "CC", "CO", "C=O")
    scheduler = FakeScheduler(user_limit=5)
    records = submit_with(scheduler, run)
    assert asked(scheduler) == [7, 4, 3, 2, 1, 1]
    assert [(r.number, r.status, len(r.molecules)) for r in records] == [
        ("001", RecordStatus.SUBMITTED, 4),
        ("002", RecordStatus.SUBMITTED, 1),
        ("003", RecordStatus.REFUSED, 1),
    ]
    assert list(JobsFolder(run.path).records()) == records
    assert set(all_places(records)) == {*records[0].molecules, *records[1].molecules}
    assert not set(records[0].molecules) & set(records[1].molecules)


def test_a_queue_that_takes_not_even_one_task_ends_the_submission_without_an_error(
    new_run: Callable[..., RunFolder],
) -> None:
    run = new_run("C", "O", "N")
    records = submit_with(FakeScheduler(user_limit=0), run)
    assert [r.status for r in records] == [RecordStatus.REFUSED]
    assert "1 tasks are more than 0" in records[0].message


def test_a_cluster_that_takes_no_jobs_is_not_asked_again_for_fewer(new_run: Callable[..., RunFolder]) -> None:
    scheduler = FakeScheduler()
    scheduler.refuses = QueueFullError("sleeping and retrying")
    assert [r.status for r in submit_with(scheduler, new_run("C", "O", "N"))] == [RecordStatus.REFUSED]
    assert asked(scheduler) == [3]


def test_another_refusal_is_an_error_and_no_molecule_counts_as_submitted(new_run: Callable[..., RunFolder]) -> None:
    run = new_run("C", "O")
    scheduler = FakeScheduler()
    scheduler.refuses = SchedulerError("invalid account")
    with pytest.raises(SchedulerError, match="invalid account"):
        submit_with(scheduler, run)
    records = JobsFolder(run.path).records()
    assert [r.status for r in records] == [RecordStatus.REFUSED]
    assert all_places(records) == {}


def test_an_array_that_may_have_been_taken_is_kept_as_such(new_run: Callable[..., RunFolder]) -> None:
    run = new_run("C", "O")
    scheduler = FakeScheduler()
    scheduler.refuses = SubmissionUnknownError("sbatch did not end")
    with pytest.raises(SubmissionUnknownError):
        submit_with(scheduler, run)
    (record,) = JobsFolder(run.path).records()
    assert (record.status, record.scheduler) == (RecordStatus.SUBMITTING, "fake")
    assert set(all_places([record])) == set(record.molecules)


def test_a_run_stays_with_its_scheduler(new_run: Callable[..., RunFolder]) -> None:
    run = new_run("C")
    (record,) = submit_with(FakeScheduler(), run)
    JobsFolder(run.path).save(replace(record, scheduler="slurm"))
    other = FakeScheduler()
    with pytest.raises(InputError, match="submitted through slurm, not fake"):
        submit_with(other, run)
    assert other.submitted == []
    assert scheduler_of(run).name == "slurm"


def test_what_the_tasks_read_names_their_scheduler(new_run: Callable[..., RunFolder]) -> None:
    run, scheduler = new_run("C"), FakeScheduler()
    submit_with(scheduler, run)
    path = Path(scheduler.submitted[0].argument)
    assert decode(path.read_bytes(), TaskDescription, source=path).scheduler == "fake"


SMALL_NODES = Partition(max_cores=3, max_memory_mb=5000, max_minutes=20)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (SubmitSettings(), (2, 4000, 20)),  # cores that have their memory on a node
        (SubmitSettings(partition="main"), (2, 4000, 20)),
        (SubmitSettings(memory_mb=5000), (3, 5000, 20)),
        (SubmitSettings(cores=3), (3, 5000, 20)),
        (SubmitSettings(cores=1, minutes=5), (1, 2000, 5)),
        (SubmitSettings(partition="hidden"), (4, 8000, 30)),  # about which the controller says nothing
    ],
)
def test_without_a_profile_a_task_asks_for_no_more_than_a_node_has(
    new_run: Callable[..., RunFolder], settings: SubmitSettings, expected: tuple[int, int, int]
) -> None:
    run = new_run("C")
    cluster = find_cluster(settings, fake_sites(), scheduler=FakeScheduler(limits=SMALL_NODES))
    plan = plan_submission(run.molecules(), run.settings().protocol, engine="pyscf", settings=settings, cluster=cluster)
    request = plan.arrays[0].request
    assert (request.resources.cores, request.resources.memory_mb, request.minutes) == expected
    assert request.partition == settings.partition


@pytest.mark.parametrize(
    "settings", [SubmitSettings(cores=4), SubmitSettings(memory_mb=6000), SubmitSettings(minutes=21)]
)
def test_what_no_node_has_is_refused_before_anything_waits_for_ever(
    new_run: Callable[..., RunFolder], settings: SubmitSettings
) -> None:
    run = new_run("C")
    cluster = find_cluster(settings, fake_sites(), scheduler=FakeScheduler(limits=SMALL_NODES))
    with pytest.raises(SiteError, match="no partition takes tasks of"):
        plan_submission(run.molecules(), run.settings().protocol, engine="pyscf", settings=settings, cluster=cluster)


@pytest.mark.parametrize(("others", "free"), [(0, 7), (5, 2), (12, 0)])
def test_what_the_controller_can_remember_limits_a_submission(others: int, free: int) -> None:
    scheduler = FakeScheduler(facts=replace(FACTS, max_tasks=9))
    mine = SchedulerTask(job="1", name="mine", index=0, state=JobState.PENDING, reason="")
    scheduler.queue = [mine, *[replace(mine, name="old", state=JobState.COMPLETED)] * (others + 1)]
    sites = fake_sites()
    assert find_cluster(SubmitSettings(), sites, scheduler=scheduler).free_tasks == free
    sites["generic"] = msgspec.structs.replace(sites["generic"], max_submitted_tasks=4)
    assert find_cluster(SubmitSettings(), sites, scheduler=scheduler).free_tasks == min(free, 3)


@pytest.mark.parametrize(("has_accounting", "free"), [(True, 5), (False, None)])
def test_the_limit_of_the_accounting_database_counts_where_there_is_one(has_accounting: bool, free: int | None) -> None:
    scheduler = FakeScheduler(facts=replace(FACTS, has_accounting=has_accounting), user_limit=5)
    assert find_cluster(SubmitSettings(), fake_sites(), scheduler=scheduler).free_tasks == free


def test_a_site_of_another_scheduler_is_not_recognised_here() -> None:
    sites = load_profiles(())
    known = Recognition(cluster_names=("ci",))
    sites["theirs"] = msgspec.structs.replace(sites["generic"], name="theirs", recognition=known)
    sites |= {"generic": fake_sites()["generic"]}
    assert find_cluster(SubmitSettings(), sites, scheduler=FakeScheduler()).site.name == "generic"


def test_the_scheduler_is_that_of_the_site_and_an_unknown_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCHEDULERS, "fake", FakeScheduler)
    sites = load_profiles(()) | {"theirs": fake_sites()["generic"]}
    assert scheduler_here(sites, None).name == "slurm"
    assert scheduler_here(sites, "theirs").name == "fake"
    here = Recognition(host_names=(platform.node(),))
    sites["theirs"] = msgspec.structs.replace(sites["theirs"], recognition=here)
    assert scheduler_here(sites, None).name == "fake"
    sites["theirs"] = msgspec.structs.replace(sites["theirs"], scheduler="cron")
    with pytest.raises(SiteError, match="no scheduler 'cron'"):
        scheduler_here(sites, None)


def test_cancelling_a_run_cancels_its_arrays_alone_and_nothing_twice(new_run: Callable[..., RunFolder]) -> None:
    run, scheduler = new_run(), FakeScheduler()
    record, *others = submit_with(scheduler, run)
    scheduler.queue.append(SchedulerTask(job="99", name="other", index=0, state=JobState.RUNNING, reason=""))
    assert cancel_run(run, scheduler=scheduler) == 1 + len(others)
    assert {(t.name == "other", str(t.state)) for t in scheduler.queue} == {(False, "cancelled"), (True, "running")}
    assert JobsFolder(run.path).records()[0] == replace(record, status=RecordStatus.CANCELLED)
    assert cancel_run(run, scheduler=scheduler) == 0
    assert scheduler.questions.count("cancel") == 1


def test_cancelling_reaches_an_older_array_of_the_same_molecules(new_run: Callable[..., RunFolder]) -> None:
    """As when two have resumed a run at once."""
    run, scheduler = new_run("C", "O"), FakeScheduler()
    submit_with(scheduler, run)
    submit_with(scheduler, run)
    assert {task.job for task in scheduler.queue if task.state is JobState.PENDING} == {"1", "2"}
    assert cancel_run(run, scheduler=scheduler) == 2
    assert {task.state for task in scheduler.queue} == {JobState.CANCELLED}


def test_what_could_not_be_cancelled_is_an_error_and_its_record_stays(new_run: Callable[..., RunFolder]) -> None:
    run, scheduler = new_run("C", "O"), FakeScheduler()
    submit_with(scheduler, run)
    submit_with(scheduler, run)
    scheduler.immortal = {"1"}
    with pytest.raises(SchedulerError, match=r"Fake still has 2 tasks of 1 after cancelling"):
        cancel_run(run, scheduler=scheduler, wait_seconds=0.0)
    assert [r.status for r in JobsFolder(run.path).records()] == [RecordStatus.SUBMITTED, RecordStatus.CANCELLED]


def test_an_array_whose_record_is_damaged_is_found_by_its_name(new_run: Callable[..., RunFolder]) -> None:
    run, scheduler = new_run("C", "O"), FakeScheduler()
    submit_with(scheduler, run)
    path = run.path / "jobs" / "001.json"
    path.write_text(path.read_text()[:100])
    assert [str(m.state) for m in run_status(run, scheduler=scheduler).molecules] == ["pending"] * 2
    assert cancel_run(run, scheduler=scheduler) == 1
    assert [str(m.state) for m in run_status(run, scheduler=scheduler).molecules] == ["cancelled"] * 2
