"""One question for a run's arrays, however many they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from qmnmr.cluster.slurm.commands import ask_squeue

_SQUEUE = """#!/bin/bash
echo "$@" >> {calls}
printf '%s\\n' '7|0|wanted-1|PENDING|None|||' '8|0|of-another-run|RUNNING|None|n1||' '9|2|wanted-6999|RUNNING|None|n1||'
"""


@pytest.mark.parametrize(("count", "is_named"), [(7, True), (7000, False)])
def test_more_arrays_than_an_argument_names_are_picked_from_all_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, *, is_named: bool
) -> None:
    calls, program = tmp_path / "calls", tmp_path / "squeue"
    program.write_text(_SQUEUE.format(calls=calls))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    names = [f"wanted-{number}-{'x' * 10}" for number in range(count - 2)] + ["wanted-1", "wanted-6999"]
    assert [(task.job, task.index) for task in ask_squeue(names)] == [("7", 0), ("9", 2)]
    (call,) = calls.read_text().splitlines()
    assert ("--name=" in call) == is_named
