"""Arrays from molecules and limits, without a scheduler."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from qmnmr.cluster.job_records import JobRecord, JobsFolder, RecordStatus, SubmitSettings, last_places
from qmnmr.cluster.sites.profile_files import load_profiles
from qmnmr.cluster.sites.site_profile import SiteProfile
from qmnmr.cluster.size_classes import size_classes
from qmnmr.cluster.slurm.commands import ClusterFacts
from qmnmr.cluster.slurm.submission_by_submitit import Submission
from qmnmr.cluster.submission import Cluster, find_cluster, plan_submission, submit_arrays
from qmnmr.cost.molecule_cost import molecule_cost
from qmnmr.datatypes.job import ArrayRequest
from qmnmr.errors import InputError, LimitReachedError, QueueFullError, SchedulerError, SiteError
from qmnmr.runs.run_folder import RunFolder

SITES = load_profiles(())


def cluster(site: SiteProfile = SITES["generic"], *, free: int | None = None, longest: int = 1001) -> Cluster:
    facts = ClusterFacts(
        cluster_name="ci",
        slurm_version="22.05.8",
        max_array_size=longest,
        max_job_count=10_000,
        kill_wait_seconds=30,
        preempt_mode="OFF",
        has_accounting=False,
        requeue_hold_seconds=120,
    )
    return Cluster(site=site, facts=facts, free_tasks=free)


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
        run.molecules()[:5], run.settings().protocol, engine="nwchem", settings=settings, cluster=cluster(longest=2)
    )
    assert all(a.request.task_count <= 2 for a in plan.arrays)
    assert sum(len(a.molecules) for a in plan.arrays) == 5


def test_what_the_queue_does_not_take_is_left_for_later(new_run: Callable[..., RunFolder]) -> None:
    run = new_run()
    plan = plan_submission(
        run.molecules(), run.settings().protocol, engine="nwchem", settings=SubmitSettings(), cluster=cluster(free=2)
    )
    assert sum(len(a.molecules) for a in plan.arrays) == 2
    assert plan.left_for_later == 1


def test_a_full_queue_leaves_everything(new_run: Callable[..., RunFolder]) -> None:
    run = new_run()
    plan = plan_submission(
        run.molecules(), run.settings().protocol, engine="nwchem", settings=SubmitSettings(), cluster=cluster(free=0)
    )
    assert (plan.arrays, plan.left_for_later) == ((), 3)


def test_the_partition_is_the_first_that_fits(new_run: Callable[..., RunFolder]) -> None:
    run, site = new_run("C"), SITES["example-university"]
    protocol = run.settings().protocol
    for minutes, expected in ((60, "short"), (600, "long")):
        plan = plan_submission(
            run.molecules(), protocol, engine="nwchem", settings=SubmitSettings(minutes=minutes), cluster=cluster(site)
        )
        assert plan.arrays[0].request.partition == expected
    with pytest.raises(SiteError, match="long ends tasks after"):
        plan_submission(
            run.molecules(), protocol, engine="nwchem", settings=SubmitSettings(minutes=99_999), cluster=cluster(site)
        )


def test_the_warning_leaves_time_to_work_and_comes_at_all(new_run: Callable[..., RunFolder]) -> None:
    run = new_run("C")
    for minutes in (2, 5, 30, 600):
        plan = plan_submission(
            run.molecules(),
            run.settings().protocol,
            engine="nwchem",
            settings=SubmitSettings(minutes=minutes),
            cluster=cluster(),
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


def test_a_run_folder_that_slurm_can_not_write_logs_to_is_refused(
    new_run: Callable[..., RunFolder],
) -> None:
    run = new_run("C")
    run_protocol = run.settings().protocol
    moved = run.path.with_name("50%")
    run.path.rename(moved)
    plan = plan_submission((), run_protocol, engine="nwchem", settings=SubmitSettings(), cluster=cluster())
    with pytest.raises(InputError, match="can't be used by Slurm"):
        list(submit_arrays(RunFolder(moved), plan, settings=SubmitSettings(), cluster=cluster()))


LIMIT = LimitReachedError("QOSMaxSubmitJobPerUserLimit")


class Refusing:
    """An sbatch that takes a number of tasks in all, and says why it takes no more."""

    def __init__(self, free: int, error: SchedulerError = LIMIT) -> None:
        self.free, self.error, self.asked = free, error, list[int]()

    def __call__(self, request: ArrayRequest, *_: object, **__: object) -> Submission:
        self.asked.append(request.task_count)
        if request.task_count > self.free:
            raise self.error
        self.free -= request.task_count
        return Submission(job=str(len(self.asked)), script=Path("none"))


def submit_with(sbatch: Refusing, run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> list[JobRecord]:
    monkeypatch.setattr("qmnmr.cluster.submission.submit_array", sbatch)
    settings = SubmitSettings(cores=1, minutes=60)
    plan = plan_submission(
        run.molecules(), run.settings().protocol, engine="nwchem", settings=settings, cluster=cluster()
    )
    return list(submit_arrays(run, plan, settings=settings, cluster=cluster()))


def test_an_array_that_goes_over_a_limit_is_halved_until_it_fits(
    new_run: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run("C", "O", "N", "F", "CC", "CO", "C=O")
    sbatch = Refusing(free=5)
    records = submit_with(sbatch, run, monkeypatch)
    assert sbatch.asked == [7, 4, 3, 2, 1, 1]
    assert [(r.number, r.status, len(r.molecules)) for r in records] == [
        ("001", RecordStatus.SUBMITTED, 4),
        ("002", RecordStatus.SUBMITTED, 1),
        ("003", RecordStatus.REFUSED, 1),
    ]
    assert list(JobsFolder(run.path).records()) == records
    assert set(last_places(records)) == {*records[0].molecules, *records[1].molecules}
    assert not set(records[0].molecules) & set(records[1].molecules)


def test_a_queue_that_takes_not_even_one_task_ends_the_submission_without_an_error(
    new_run: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run("C", "O", "N")
    records = submit_with(Refusing(free=0), run, monkeypatch)
    assert [r.status for r in records] == [RecordStatus.REFUSED]
    assert "QOSMaxSubmitJobPerUserLimit" in records[0].message


def test_a_cluster_that_takes_no_jobs_is_not_asked_again_for_fewer(
    new_run: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    sbatch = Refusing(free=0, error=QueueFullError("sleeping and retrying"))
    assert [r.status for r in submit_with(sbatch, new_run("C", "O", "N"), monkeypatch)] == [RecordStatus.REFUSED]
    assert sbatch.asked == [3]


def test_another_refusal_is_an_error_and_no_molecule_counts_as_submitted(
    new_run: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = new_run("C", "O")
    with pytest.raises(SchedulerError, match="invalid account"):
        submit_with(Refusing(free=0, error=SchedulerError("invalid account")), run, monkeypatch)
    records = JobsFolder(run.path).records()
    assert [r.status for r in records] == [RecordStatus.REFUSED]
    assert last_places(records) == {}


@pytest.mark.parametrize(("others", "free"), [(0, 7), (5, 2), (12, 0)])
def test_what_the_controller_can_remember_limits_a_submission(
    monkeypatch: pytest.MonkeyPatch, others: int, free: int
) -> None:
    facts = replace(cluster().facts, max_job_count=10)
    mine = f"{os.getuid()}|PENDING\n{os.getuid()}|COMPLETED\n"
    monkeypatch.setattr("qmnmr.cluster.submission.ask_cluster", lambda: facts)
    monkeypatch.setattr("qmnmr.cluster.slurm.commands.run_slurm", lambda _: mine + "99999|RUNNING\n" * others)
    assert find_cluster(SubmitSettings(), {}).free_tasks == free
    site = SITES["generic"]
    monkeypatch.setattr(
        "qmnmr.cluster.submission.find_profile", lambda *_, **__: msgspec.structs.replace(site, max_submitted_tasks=4)
    )
    assert find_cluster(SubmitSettings(), {}).free_tasks == min(free, 3)


def test_a_queue_that_does_not_come_in_time_is_that_of_the_user_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def squeue(argv: list[str]) -> str:
        if "--all" in argv:
            raise SchedulerError("squeue did not answer within 30 s")
        return f"{os.getuid()}|RUNNING\n" * 3

    monkeypatch.setattr("qmnmr.cluster.submission.ask_cluster", lambda: replace(cluster().facts, max_job_count=10))
    monkeypatch.setattr("qmnmr.cluster.slurm.commands.run_slurm", squeue)
    assert find_cluster(SubmitSettings(), {}).free_tasks == 6
