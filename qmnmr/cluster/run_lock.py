"""One command at a time submits or cancels for a run.

The lock is a file that only one process can make (O_EXCL, which local disks, NFS from version 3 on and Lustre keep to).
It says who holds it. One that a killed command left on this machine is found and removed; whether a command on another
machine still runs can't be known from here, and is not guessed.
"""

from __future__ import annotations

import os
import platform
import pwd
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from qmnmr.cluster.job_records import now_utc
from qmnmr.errors import InputError, OutputFormatError
from qmnmr.records import decode, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class LockHolder:
    """Who works on a run."""

    command: str
    user: str
    host: str
    pid: int
    process_start: str  # as the kernel counts it: a process number is used again
    since_utc: str


def owner_of(run_folder: Path) -> int:
    """Return the user id of whose run this is: who submitted it, or else began it."""
    jobs = run_folder / "jobs"
    return (jobs if jobs.exists() else run_folder).stat().st_uid


def user_name(uid: int) -> str:
    """Return a user's name, the number where there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def require_owner(run_folder: Path, *, command: str) -> None:
    """Raise InputError if the run is another user's: the scheduler would know the tasks as this user's."""
    owner = owner_of(run_folder)
    if owner != os.getuid():
        raise InputError(
            f"{run_folder} is a run of {user_name(owner)}: only {user_name(owner)} can {command} it",
            hint="`qmnmr status` shows it to others, `qmnmr collect --out FOLDER` gives them its tables",
        )


@contextmanager
def run_lock(run_folder: Path, *, command: str) -> Iterator[None]:
    """Keep other commands from submitting or cancelling for a run meanwhile. Raises InputError if one does so now."""
    folder = run_folder / "jobs"
    folder.mkdir(parents=True, exist_ok=True)
    path, mine = folder / "lock", _this_process(command)
    if not _taken(path, mine):
        _remove_stale(path)
        if not _taken(path, mine):
            raise _busy(run_folder, path)
    try:
        yield
    finally:
        if _holder(path) == mine:
            path.unlink(missing_ok=True)


def _taken(path: Path, mine: LockHolder) -> bool:
    """Say whether the lock could be made."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as stream:
        stream.write(encode(mine))
    return True


def _remove_stale(path: Path) -> None:
    """Remove a lock whose process is gone from this machine; of two that try, one does."""
    holder = _holder(path)
    if holder is None or holder.host != platform.node() or _process_start(holder.pid) == holder.process_start:
        return
    aside = path.with_name(f"lock.{os.getpid()}")
    with suppress(FileNotFoundError):
        path.rename(aside)
        if _holder(aside) != holder:  # another command has removed the stale one and taken the lock meanwhile
            with suppress(FileExistsError):
                path.hardlink_to(aside)
        aside.unlink()


def _busy(run_folder: Path, path: Path) -> InputError:
    holder = _holder(path)
    who = "another command" if holder is None else f"`qmnmr {holder.command}` of {holder.user} on {holder.host}"
    since = "" if holder is None else f" since {holder.since_utc} (process {holder.pid})"
    return InputError(
        f"{who} is working on {run_folder}{since}",
        hint=f"wait until it is done; if it is gone, remove {path}",
    )


def _holder(path: Path) -> LockHolder | None:
    """Return who holds a lock; None if it is not there, or is just being written."""
    try:
        return decode(path.read_bytes(), LockHolder, source=path)
    except (FileNotFoundError, OutputFormatError):
        return None


def _this_process(command: str) -> LockHolder:
    pid = os.getpid()
    return LockHolder(
        command=command,
        user=user_name(os.getuid()),
        host=platform.node(),
        pid=pid,
        process_start=_process_start(pid),
        since_utc=now_utc(),
    )


def _process_start(pid: int) -> str:
    """Return when a process began, in the kernel's ticks since boot, with the boot's id; "" if there is none."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    return f"{boot} {status.rpartition(')')[2].split()[19]}"
