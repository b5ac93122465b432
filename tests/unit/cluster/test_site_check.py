"""A first profile from what a cluster says of itself."""

from __future__ import annotations

from dataclasses import replace

from qmnmr.cluster.site_check import check_site
from qmnmr.cluster.sites.profile_files import load_profiles, profile_toml
from tests.support.fake_scheduler import FACTS, FakeScheduler


def test_the_profile_says_what_the_cluster_said_and_which_scheduler_it_has() -> None:
    report = check_site(None, scheduler=FakeScheduler(facts=replace(FACTS, kill_wait_seconds=10)))
    profile = report.profile
    assert (profile.name, profile.scheduler, profile.grace_seconds) == ("ci", "fake", 7)
    assert profile.description == "Fake 1.0 cluster ci, as `qmnmr site check` found it"
    assert (profile.accounting, report.accounting_problem, report.submit_limit) == (False, "there is none", None)
    assert list(profile.partitions) == ["main"]
    assert "little time to bring its files home: 10 s" in report.remarks[0]


def test_a_profile_can_be_shown_with_its_scheduler() -> None:
    assert 'scheduler = "slurm"' in profile_toml(load_profiles(())["generic"])
