from __future__ import annotations

import pytest

from qmnmr.cluster.sites.partition_choice import JobNeeds, choose_partition, widest_limits
from qmnmr.cluster.sites.site_profile import Partition
from qmnmr.errors import SiteError

PARTITIONS = {
    "short": Partition(max_minutes=60, max_cores=32, max_memory_mb=64_000),
    "long": Partition(max_minutes=2880, max_cores=16),
}


def needs(*, cores: int = 4, memory_mb: int = 8000, minutes: int = 30) -> JobNeeds:
    return JobNeeds(cores=cores, memory_mb=memory_mb, minutes=minutes)


def test_the_first_partition_that_fits_is_chosen() -> None:
    assert choose_partition(PARTITIONS, needs(), wanted=None) == "short"
    assert choose_partition(PARTITIONS, needs(minutes=61), wanted=None) == "long"


def test_the_widest_limits_are_those_of_any_partition() -> None:
    assert widest_limits(PARTITIONS.values()) == Partition(max_minutes=2880, max_cores=32)
    assert widest_limits(()) == Partition()


def test_every_refusal_is_explained() -> None:
    with pytest.raises(SiteError) as caught:
        choose_partition(PARTITIONS, needs(cores=20, minutes=61), wanted=None)
    assert "short ends tasks after 60 min" in str(caught.value)
    assert "long gives a task 16 cores at most" in str(caught.value)


def test_a_partition_that_was_asked_for_is_the_only_candidate() -> None:
    with pytest.raises(SiteError, match="short ends tasks after 60 min"):
        choose_partition(PARTITIONS, needs(minutes=61), wanted="short")


def test_an_unknown_partition_is_refused() -> None:
    with pytest.raises(SiteError, match="no partition 'shrt'"):
        choose_partition(PARTITIONS, needs(), wanted="shrt")
