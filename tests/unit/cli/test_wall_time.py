"""Time limits as people and Slurm write them."""

from __future__ import annotations

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qmnmr.cli.cluster.cluster_options import WallTime

DAY, HOUR = 1440, 60


def minutes(text: str) -> int:
    return WallTime().convert(text, None, None)


@given(st.integers(2, 999_999))
def test_a_bare_number_is_minutes(number: int) -> None:
    assert minutes(str(number)) == minutes(f"{number}:00") == minutes(f"0:{number}:00") == number
    assert WallTime().convert(number, None, None) == number


@given(st.integers(0, 400), st.integers(1, 99), st.integers(0, 59), st.integers(0, 59))
@example(0, 1, 0, 30)
def test_a_time_is_its_sum_and_seconds_are_rounded_up(days: int, hours: int, mins: int, seconds: int) -> None:
    whole = days * DAY + hours * HOUR
    assert minutes(f"{days}-{hours}") == whole
    assert minutes(f"{days}-{hours}:{mins:02}") == whole + mins
    assert minutes(f"{days}-{hours}:{mins:02}:{seconds:02}") == whole + mins + (seconds > 0)
    assert minutes(f"{hours}:{mins:02}:{seconds:02}") == hours * HOUR + mins + (seconds > 0)
    assert minutes(f"{hours + 1}:{seconds:02}") == hours + 1 + (seconds > 0)


@given(st.one_of(st.text(), st.text("0123456789-: ²", max_size=12)))
@example("²")
@example("9" * 5000)
@example("-5")
@example("1-2-3")
@example("1:2:3:4")
@example("1-")
@example("90\n")
def test_any_other_text_is_refused_in_words(text: str) -> None:
    try:
        found = minutes(text)
    except click.BadParameter:
        return
    assert found >= 2
    assert set(text) <= set("0123456789-:")


@pytest.mark.parametrize("text", ["0", "1", "0:59", "0-0", "0-00:01:00"])
def test_less_than_two_minutes_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="2 minutes at least"):
        minutes(text)
