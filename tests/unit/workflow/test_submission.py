"""Arrays from molecules and limits, without a scheduler."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qmnmr.errors import InputError, SiteError
from qmnmr.execution.slurm_commands import ClusterFacts
from qmnmr.sites.profile_files import load_profiles
from qmnmr.sites.site_profile import SiteProfile
from qmnmr.workflow.job_records import JobsFolder, SubmitSettings
from qmnmr.workflow.molecule_cost import molecule_cost
from qmnmr.workflow.run_folder import RunFolder
from qmnmr.workflow.size_classes import size_classes
from qmnmr.workflow.submission import Cluster, plan_submission, submit_arrays

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
