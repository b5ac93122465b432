"""A first profile from what a cluster says of itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from qmnmr.cluster.scheduler import ClusterPartition
from qmnmr.cluster.site_check import check_site
from qmnmr.cluster.sites.profile_files import load_profiles, profile_toml
from qmnmr.cluster.sites.site_profile import Partition, Recognition, SiteProfile
from tests.support.fake_scheduler import FACTS, FakeScheduler


def test_the_profile_says_what_the_cluster_said_and_which_scheduler_it_has() -> None:
    report = check_site(None, profiles={}, scheduler=FakeScheduler(facts=replace(FACTS, kill_wait_seconds=10)))
    profile = report.profile
    assert (profile.name, profile.scheduler, profile.grace_seconds) == ("ci", "fake", 7)
    assert profile.description == "Fake 1.0 cluster ci, as `qmnmr site check` found it"
    assert (profile.accounting, report.accounting_problem, report.submit_limit) == (False, "there is none", None)
    assert list(profile.partitions) == ["main"]
    assert "little time to bring its files home: 10 s" in report.remarks[0]


def test_a_profile_can_be_shown_with_its_scheduler() -> None:
    assert 'scheduler = "slurm"' in profile_toml(load_profiles(())["generic"])


KNOWN = SiteProfile(
    name="mine",
    description="ours",
    template="generic.sh.j2",
    scheduler="fake",
    recognition=Recognition(cluster_names=("ci",)),
    accounting=False,
    grace_seconds=5,
    partitions={"main": Partition(max_minutes=600, max_cores=4, max_memory_mb=8000)},
)
GENERIC_SITE = SiteProfile(name="generic", description="any", template="generic.sh.j2", scheduler="fake")


def differences(known: SiteProfile, *found: ClusterPartition) -> tuple[str, ...]:
    scheduler = FakeScheduler()
    scheduler.all_partitions = found
    report = check_site(None, profiles={"mine": known, "generic": GENERIC_SITE}, scheduler=scheduler)
    assert report.known == known
    return report.differences


def partition(name: str = "main", *, limits: Partition = KNOWN.partitions["main"], **words: bool) -> ClusterPartition:
    return ClusterPartition(**{"name": name, "is_default": True, "is_up": True, "limits": limits, **words})  # type: ignore[arg-type]


def test_a_profile_that_agrees_with_the_cluster_differs_in_nothing() -> None:
    gpus = partition("gpu", is_for_gpus=True)
    assert differences(KNOWN, partition(), gpus) == ()


@pytest.mark.parametrize(
    ("known", "found", "words"),
    [
        (KNOWN, [partition("other")], "partition main: the cluster has none of that name"),
        (KNOWN, [partition(is_up=False)], "partition main: it takes no jobs now"),
        (KNOWN, [partition(), partition("new")], "partitions that the profile does not name: new"),
        (
            KNOWN,
            [partition(limits=Partition(max_minutes=60, max_cores=4, max_memory_mb=8000))],
            "partition main: max_minutes = 600, but the cluster allows 60",
        ),
        (
            KNOWN,
            [partition(limits=Partition(max_minutes=600, max_cores=8, max_memory_mb=0))],
            "partition main: max_cores = 4, though the cluster allows 8",
        ),
        (
            structs.replace(KNOWN, partitions={"main": Partition()}),
            [partition()],
            "partition main: max_minutes = no limit, but the cluster allows 600",
        ),
        (structs.replace(KNOWN, accounting=True), [partition()], "accounting = true, but there is none"),
        (structs.replace(KNOWN, grace_seconds=500), [partition()], "grace_seconds = 500, but of the cluster's"),
        (
            structs.replace(KNOWN, max_array_size=10**6),
            [partition()],
            "max_array_size = 1000000, but the cluster takes",
        ),
    ],
)
def test_what_a_profile_and_the_cluster_differ_in_is_named(
    known: SiteProfile, found: list[ClusterPartition], words: str
) -> None:
    assert any(line.startswith(words) for line in differences(known, *found))


def test_partitions_of_gpu_nodes_are_left_out_unless_asked_for() -> None:
    scheduler = FakeScheduler()
    scheduler.all_partitions = (partition("gpu", is_for_gpus=True), partition("main"))
    report = check_site(None, profiles={}, scheduler=scheduler)
    assert list(report.profile.partitions) == ["main"]
    assert report.remarks[-1] == "left out, since their nodes have GPUs, which nothing here uses: gpu"
    report = check_site(None, profiles={}, scheduler=scheduler, with_gpus=True)
    assert list(report.profile.partitions) == ["gpu", "main"]
