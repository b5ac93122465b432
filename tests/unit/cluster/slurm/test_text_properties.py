"""Whatever Slurm prints is read: what is well formed comes back, what is not known is UNKNOWN, nothing is an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qmnmr.cluster.slurm import text as module
from qmnmr.cluster.slurm.commands import _number
from qmnmr.cluster.slurm.text import (
    read_config,
    read_minutes,
    read_number,
    read_partition_nodes,
    read_records,
    read_sacct,
    read_squeue,
    read_state,
)
from qmnmr.datatypes.job import JobState

KNOWN = tuple(module._STATES)
READERS: tuple[Callable[[str], Any], ...] = (
    *(read_config, read_minutes, read_number, read_partition_nodes, read_records, read_state, _number),
    lambda text: list(read_sacct(text)),
    lambda text: list(read_squeue(text)),
)
PIECES = st.sampled_from(
    ["1", "12", "²", "٣", "9" * 5000, "_", "[", "]", "-", ",", "%", "|", ":", "=", " ", "\n", "\0", "n1", *KNOWN[:3]]
)
LINES = st.one_of(st.text(), st.binary().map(lambda data: data.decode(errors="replace")), st.lists(PIECES).map("".join))
JOBS = st.integers(min_value=1, max_value=2**32 - 1)
INDICES = st.integers(min_value=0, max_value=4_000_000)
PLACES = st.tuples(JOBS, INDICES)
NAMES = st.from_regex(r"[A-Za-z0-9._-]{1,20}", fullmatch=True)


@given(LINES)
@example("²|1|n|RUNNING|None|n1|0|")
@example("1|²|n|RUNNING|None|n1|²|")
@example("1_[1-2-3]|n|RUNNING|0:0|n1")
@example("1_[,]|n|RUNNING|0:0|n1")
@example("1_1|n|RUNNING|²:0|n1")
@example("main|²|3")
@example("9" * 5000 + ":00")
@example("1_[0-999999999]|n|RUNNING|0:0|n1")
def test_no_text_is_an_error(text: str) -> None:
    for read in READERS:
        read(text)


@given(st.text())
def test_a_word_that_is_not_known_is_unknown(word: str) -> None:
    first = word.split(maxsplit=1)[0].rstrip("+") if word.split() else ""
    assert (read_state(word) is JobState.UNKNOWN) == (first not in KNOWN)


@given(PLACES, NAMES, st.sampled_from(KNOWN), st.sampled_from(["None", "Priority", ""]), st.integers(0, 255))
def test_a_row_of_squeue_comes_back(place: tuple[int, int], name: str, state: str, reason: str, code: int) -> None:
    job, index = place
    (task,) = read_squeue(f"{job}|{index}|{name}|{state}|{reason}|n1|{code << 8}|\n")
    assert (task.job, task.index, task.name, task.node) == (str(job), index, name, "n1")
    assert task.state is read_state(state) is not JobState.UNKNOWN
    assert task.reason == (f"{state}, {reason}" if reason == "Priority" else state)
    assert task.exit_code == code


@given(PLACES, NAMES, st.sampled_from(KNOWN), st.integers(0, 255))
def test_a_row_of_sacct_comes_back(place: tuple[int, int], name: str, state: str, code: int) -> None:
    job, index = place
    (task,) = read_sacct(f"{job}_{index}|{name}|{state}|{code}:0|None assigned\n")
    assert (task.job, task.index, task.name, task.node) == (str(job), index, name, "")
    assert task.state is read_state(state) is not JobState.UNKNOWN
    assert (task.reason, task.exit_code) == (state, code)


@given(JOBS, st.lists(st.tuples(INDICES, st.integers(0, 20)), min_size=1, max_size=5), st.booleans())
def test_the_ranges_of_a_waiting_array_are_expanded(job: int, ranges: list[tuple[int, int]], has_limit: bool) -> None:
    said = ",".join(str(first) if more == 0 else f"{first}-{first + more}" for first, more in ranges)
    tasks = read_sacct(f"{job}_[{said}{'%4' if has_limit else ''}]|n|PENDING|0:0|None assigned\n")
    assert [t.index for t in tasks] == [first + k for first, more in ranges for k in range(more + 1)]


@given(st.lists(PLACES, max_size=5), LINES)
def test_foreign_lines_take_no_row_away(rows: list[tuple[int, int]], foreign: str) -> None:
    wanted = [(str(job), index) for job, index in rows]
    lines = [f"{job}|{index}|n|RUNNING|None|n1|0|" for job, index in rows]
    found = [(t.job, t.index) for t in read_squeue("\n".join([*lines, foreign]))]
    assert found[: len(wanted)] == wanted


@given(st.integers(0, 400), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_a_time_limit_comes_back_in_whole_minutes(days: int, hours: int, minutes: int, seconds: int) -> None:
    said = f"{days}-{hours:02}:{minutes:02}:{seconds:02}"
    assert read_minutes(said) == (days * 24 + hours) * 60 + minutes
    assert read_minutes(f"{hours:02}:{minutes:02}:{seconds:02}") == hours * 60 + minutes


@pytest.mark.parametrize("text", ["", "²", "٣", "-1", "+1", " 1", "1_0", "1.0", "9" * 19])
def test_what_is_no_number_in_ascii_digits_is_none(text: str) -> None:
    assert read_number(text) is None
