"""The rendered script, run by bash without Slurm: scratch, signals, what it leaves behind."""

from __future__ import annotations

import os
import platform
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from qmnmr.cluster.sites.profile_files import load_profiles
from qmnmr.cluster.slurm.job_script import ScriptValues, render_script, shell_words
from qmnmr.image.image_file import StatedImage

Start = Callable[..., subprocess.Popen[str]]

OBEDIENT = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))
signal.signal(signal.SIGUSR2, lambda *_: open("warned", "w").close())
program = subprocess.Popen(["sleep", "100"], cwd=os.environ["SCRATCH_DIR"], start_new_session=True)
open("pids", "w").write(f"{os.getpid()} {program.pid}")
time.sleep(100)
"""
STUBBORN = OBEDIENT.replace("lambda *_: sys.exit(9)", "signal.SIG_IGN")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def values(tmp_path: Path, scratch: Path) -> ScriptValues:
    folder = tmp_path / "jobs"
    folder.mkdir(mode=0o700)
    (folder / "task.pkl").write_bytes(b"not read here")
    return ScriptValues(
        site=load_profiles(())["generic"],
        directives="",
        command="true",
        folder=folder,
        run_folder=tmp_path,
        task_count=1,
        scratch_folders=shell_words((str(scratch),)),
        scratch_needed_mb=1,
        grace_seconds=1,
    )


@pytest.fixture
def start(tmp_path: Path, values: ScriptValues) -> Start:
    """Start the script with some Python, or some command, as its task."""

    def run(*, python: str = "", **changes: object) -> subprocess.Popen[str]:
        if python:
            (tmp_path / "task.py").write_text(python)
            changes["command"] = f"{shlex.quote(sys.executable)} task.py"
        script = tmp_path / "script.sh"
        script.write_text(render_script(replace(values, **changes)))  # type: ignore[arg-type]
        variables = {"SLURM_JOB_ID": "12", "SLURM_ARRAY_JOB_ID": "11", "SLURM_ARRAY_TASK_ID": "3"}
        return subprocess.Popen(
            ["bash", script], cwd=tmp_path, env=os.environ | variables, stdout=subprocess.PIPE, text=True
        )

    return run


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 20
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return path.read_text()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def call(values: ScriptValues, command: str, **variables: str) -> str:
    """Return what one of the script's functions prints."""
    functions = render_script(values).partition("trap clean_up EXIT")[0]
    slurm = {"SLURM_JOB_ID": "12", "SLURM_ARRAY_TASK_ID": "3"}
    done = subprocess.run(
        ["bash", "-c", f"{functions}\n{command}"],
        env=os.environ | slurm | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def fake_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """Put commands of these names, which are lines of bash, before all others."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in scripts.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_the_exit_code_is_the_tasks_and_nothing_is_left(start: Start, scratch: Path, values: ScriptValues) -> None:
    (values.folder / "11_3_0_result.pkl").write_bytes(b"")
    process = start(command="bash -c 'touch \"$SCRATCH_DIR/x\"; exit 6'")
    process.communicate(timeout=30)
    assert process.returncode == 6
    assert list(scratch.iterdir()) == []
    assert not (values.folder / "11_3_0_result.pkl").exists()
    assert (values.folder / "11_3_submitted.pkl").samefile(values.folder / "task.pkl")


@pytest.mark.parametrize("python", [OBEDIENT, STUBBORN])
def test_when_told_to_end_nothing_survives_and_scratch_is_gone(
    start: Start, tmp_path: Path, scratch: Path, python: str
) -> None:
    process = start(python=python)
    pids = [int(pid) for pid in wait_for(tmp_path / "pids").split()]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143
    assert not any(is_alive(pid) for pid in pids)
    assert list(scratch.iterdir()) == []


def test_a_replaced_image_is_refused_on_the_node(start: Start, tmp_path: Path, values: ScriptValues) -> None:
    path = tmp_path / "q.sif"
    path.write_bytes(b"12345")
    stated = StatedImage(architecture=platform.machine(), path=str(path), sha256="0" * 64, size_bytes=4)
    process = start(images=(stated,))
    told, _ = process.communicate(timeout=30)
    assert process.returncode == 78
    assert f"{path} has 5 bytes here and had 4 when the array was submitted" in told


def test_a_node_of_an_architecture_without_an_image_is_told(start: Start) -> None:
    process = start(images=(StatedImage(architecture="vax", path="/q.sif", sha256="0" * 64, size_bytes=4),))
    told, _ = process.communicate(timeout=30)
    assert process.returncode == 78
    assert f"site generic states no image for {platform.machine()}" in told


def test_the_early_warning_reaches_the_task_alone(start: Start, tmp_path: Path) -> None:
    process = start(python=OBEDIENT)
    pids = [int(pid) for pid in wait_for(tmp_path / "pids").split()]
    process.send_signal(signal.SIGUSR2)
    deadline = time.monotonic() + 20
    while not (tmp_path / "warned").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert all(is_alive(pid) for pid in pids)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


def test_a_task_that_asks_for_it_is_requeued_after_scratch_is_gone(
    start: Start, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_commands(tmp_path, monkeypatch, scontrol=f'echo "$@" $(ls {scratch}) > {tmp_path}/asked', sleep="exit 0")
    process = start(command="bash -c 'exit 75'")
    process.communicate(timeout=30)
    assert (tmp_path / "asked").read_text() == "requeue 11_3\n"  # the id of an array's last task is the whole array's
    assert process.returncode == 75


@pytest.mark.parametrize(
    ("words", "times"),
    [
        ("Unable to contact slurm controller (connect failure) for job 12", 3),
        ("Requested operation is presently disabled for job 12", 1),
    ],
)
def test_a_controller_that_is_down_is_asked_again_and_one_that_refuses_is_not(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, times: int
) -> None:
    asked = tmp_path / "asked"
    fails = f'echo . >> {asked}; [ "$(wc -l < {asked})" -lt 3 ] && {{ echo "{words}" >&2; exit 1; }}; exit 0'
    fake_commands(tmp_path, monkeypatch, scontrol=fails, sleep="exit 0")
    told, _ = start(command="bash -c 'exit 75'").communicate(timeout=30)
    assert asked.read_text().count(".") == times
    assert told.count(words) == min(2, times)


def test_it_is_not_asked_for_ever(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_commands(tmp_path, monkeypatch, scontrol="exit 1", sleep="exit 0")
    process = start(command="bash -c 'exit 75'")
    told, _ = process.communicate(timeout=60)
    assert (process.returncode, told.count("scontrol requeue:")) == (75, 20)


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_a_folder_that_others_can_enter_is_not_run(
    start: Start, tmp_path: Path, values: ScriptValues, mode: int
) -> None:
    values.folder.chmod(mode)
    process = start(command=f"touch {tmp_path}/ran")
    process.communicate(timeout=30)
    assert process.returncode == 77
    assert not (tmp_path / "ran").exists()


def test_the_first_usable_scratch_is_taken_and_is_private(values: ScriptValues, tmp_path: Path, scratch: Path) -> None:
    (tmp_path / "file").touch()
    folders = shell_words((str(tmp_path / "absent"), "$UNSET", str(tmp_path / "file"), str(scratch)))
    chosen = call(replace(values, scratch_folders=folders), 'choose_scratch; stat -c "%n %a" "$SCRATCH_DIR"').split()
    assert Path(chosen[0]).parent == scratch
    assert Path(chosen[0]).name.startswith("qmnmr-job-12-0-")
    assert chosen[1] == "700"


def test_every_refused_scratch_is_explained(values: ScriptValues, tmp_path: Path, scratch: Path) -> None:
    folders = shell_words((str(tmp_path / "absent"), str(scratch)))
    wanting = replace(values, scratch_folders=folders, scratch_needed_mb=10**9)
    told = call(wanting, 'choose_scratch; echo "$SCRATCH_DIR|$QMNMR_SCRATCH_REFUSAL"')
    assert told.startswith(f"|{tmp_path}/absent does not exist; {scratch} has ")
    assert "1000000000 MB are needed" in told


def test_only_the_scratch_of_dead_jobs_of_this_machine_is_swept(values: ScriptValues, scratch: Path) -> None:
    host, me = socket.gethostname(), os.getpid()
    started = Path(f"/proc/{me}/stat").read_text().rpartition(")")[2].split()[19]
    owners = {
        "dead": f"{host} 999999 5",
        "reused": f"{host} {me} 5",
        "alive": f"{host} {me} {started}",
        "elsewhere": "another-host 999999 5",
        "nameless": "",
        "long-nameless": "",
    }
    for name, owner in owners.items():
        (scratch / f"qmnmr-job-{name}").mkdir()
        if owner:
            (scratch / f"qmnmr-job-{name}" / "owner").write_text(owner + "\n")
    (scratch / "other").mkdir()
    (scratch / "qmnmr-job-link").symlink_to(scratch / "other")
    (scratch / "other" / "owner").write_text(f"{host} 999999 5\n")
    yesterday = time.time() - 25 * 3600
    os.utime(scratch / "qmnmr-job-long-nameless", (yesterday, yesterday))
    program = subprocess.Popen(["sleep", "60"], cwd=scratch / "qmnmr-job-dead")
    call(values, f"sweep_scratch {scratch}")
    left = {p.name.removeprefix("qmnmr-job-") for p in scratch.iterdir()}
    assert left == {"alive", "elsewhere", "nameless", "link", "other"}
    assert program.wait(timeout=10) == -signal.SIGKILL


def test_leftovers_are_swept_before_the_space_is_looked_at(
    values: ScriptValues, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that has the space only once the scratch of a dead job is gone."""
    dead = scratch / "qmnmr-job-dead"
    dead.mkdir()
    (dead / "owner").write_text(f"{socket.gethostname()} 999999 5\n")
    full = f'echo "- - - $([ -d {dead} ] && echo 0 || echo 9000000)" | sed p'
    fake_commands(tmp_path, monkeypatch, df=full)
    assert call(values, 'choose_scratch > /dev/null; echo "$SCRATCH_DIR"').startswith(f"{scratch}/qmnmr-job-12-0-")
    assert not dead.exists()


def test_shared_memory_of_dead_processes_is_swept_before_the_task_begins(start: Start, tmp_path: Path) -> None:
    if not os.access("/dev/shm", os.W_OK):
        pytest.skip("/dev/shm can't be written to")
    segment = Path(f"/dev/shm/cmx-test-{os.getpid()}-begin")
    try:
        segment.write_bytes(b"")
        os.utime(segment, (time.time() - 600,) * 2)
        start(command=f"bash -c 'ls /dev/shm > {tmp_path}/seen'").communicate(timeout=30)
        assert segment.name not in (tmp_path / "seen").read_text()
    finally:
        segment.unlink(missing_ok=True)


def test_only_shared_memory_that_nobody_has_mapped_is_swept(values: ScriptValues) -> None:
    folder = Path("/dev/shm")
    if not os.access(folder, os.W_OK):
        pytest.skip("/dev/shm can't be written to")
    names = [folder / f"cmx-test-{os.getpid()}-{kind}" for kind in ("old", "mapped", "fresh")]
    old, mapped, _ = names
    long_ago = time.time() - 600
    hold = (
        f"import mmap, time\nfile = open({str(mapped)!r}, 'r+b')\nkept = mmap.mmap(file.fileno(), 4096)\n"
        "print('.', flush=True)\ntime.sleep(60)"
    )
    try:
        for path in names:
            path.write_bytes(b"\0" * 4096)
        for path in (old, mapped):
            os.utime(path, (long_ago, long_ago))
        with subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE) as holder:
            assert holder.stdout is not None
            holder.stdout.read(1)
            call(values, "sweep_shared_memory")
            holder.kill()
        assert [path.exists() for path in names] == [False, True, True]
    finally:
        for path in names:
            path.unlink(missing_ok=True)
