"""Two hands at one run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from qmnmr.cluster.run_lock import LockHolder, owner_of, require_owner, run_lock
from qmnmr.errors import InputError
from qmnmr.records import decode, encode
from qmnmr.runs.folder.run_folder import RunFolder

HOLD = """
import sys, time
from pathlib import Path
from qmnmr.cluster.run_lock import run_lock
with run_lock(Path(sys.argv[1]), command="resume"):
    print("held", flush=True)
    time.sleep(600)
"""


def holder_in(run: Path) -> LockHolder:
    path = run / "jobs" / "lock"
    return decode(path.read_bytes(), LockHolder, source=path)


def test_a_lock_is_held_by_one_and_left_behind_by_none(tmp_path: Path) -> None:
    with run_lock(tmp_path, command="resume"):
        assert holder_in(tmp_path).pid == os.getpid()
        with (
            pytest.raises(InputError, match=r"`qmnmr resume` of \S+ on \S+ is working on") as refused,
            run_lock(tmp_path, command="cancel"),
        ):
            pass
        assert str(tmp_path / "jobs" / "lock") in refused.value.hint
    assert list((tmp_path / "jobs").iterdir()) == []
    with pytest.raises(KeyError), run_lock(tmp_path, command="cancel"):
        raise KeyError
    assert list((tmp_path / "jobs").iterdir()) == []


def test_the_lock_of_a_command_that_was_killed_is_removed(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert other.stdout is not None
    assert other.stdout.readline() == b"held\n"
    with pytest.raises(InputError, match=f"process {other.pid}"), run_lock(tmp_path, command="cancel"):
        pass
    other.kill()
    other.communicate()
    with run_lock(tmp_path, command="cancel"):
        assert holder_in(tmp_path).pid == os.getpid()
    assert list((tmp_path / "jobs").iterdir()) == []


def test_a_process_number_that_is_used_again_is_another_process(tmp_path: Path) -> None:
    with run_lock(tmp_path, command="cancel"):
        stale = replace(holder_in(tmp_path), process_start="another boot 17")
    (tmp_path / "jobs" / "lock").write_bytes(encode(stale))
    with run_lock(tmp_path, command="cancel"):
        assert holder_in(tmp_path) != stale


def test_of_another_machine_nothing_is_guessed(tmp_path: Path) -> None:
    with run_lock(tmp_path, command="submit"):
        elsewhere = replace(holder_in(tmp_path), host="login2", pid=1)
    path = tmp_path / "jobs" / "lock"
    for content in (encode(elsewhere), b""):
        path.write_bytes(content)
        with pytest.raises(InputError, match="is working on") as refused, run_lock(tmp_path, command="cancel"):
            pass
        assert refused.value.hint == f"wait until it is done; if it is gone, remove {path}"
        assert path.read_bytes() == content


def test_a_run_is_whose_who_submitted_it(new_run: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run("C").path
    assert owner_of(run) == os.getuid()
    require_owner(run, command="resume")
    monkeypatch.setattr(os, "getuid", lambda: 4242)
    with pytest.raises(InputError, match=r"is a run of \S+: only \S+ can resume it") as refused:
        require_owner(run, command="resume")
    assert "collect --out" in refused.value.hint
