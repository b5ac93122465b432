"""Private scratch folders on a local disk, and the leftovers of processes that died."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from qmnmr.errors import SiteError

_PREFIX = "qmnmr-"
_OWNER = "owner.lock"


def scratch_candidates(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the folders where scratch may lie, best first: the user's, the job's, the usual local disks."""
    named = [environment.get(name, "") for name in ("SCRATCH_DIR", "SLURM_TMPDIR", "TMPDIR")]
    return tuple(Path(p) for p in (*named, "/local/scratch", "/scratch", "/tmp") if p)  # noqa: S108


def choose_scratch(wanted: Path | None, environment: Mapping[str, str], *, needed_mb: int) -> Path:
    """Return the first candidate that exists, can be written to and has the space.

    A folder that was asked for is the only candidate. Raises SiteError, which says what is wrong with each.
    """
    refusals = []
    for path in (wanted,) if wanted is not None else scratch_candidates(environment):
        problem = _problem(path, needed_mb=needed_mb)
        if problem is None:
            return path.resolve()
        refusals.append(f"{path} {problem}")
    raise SiteError(
        "no scratch folder can be used: " + "; ".join(refusals),
        hint="name a folder on a local disk with --scratch DIR or the variable SCRATCH_DIR",
    )


def _problem(path: Path, *, needed_mb: int) -> str | None:
    if not path.is_dir():
        return "does not exist"
    if not os.access(path, os.W_OK | os.X_OK):
        return "is not writable"
    free_mb = shutil.disk_usage(path).free // 1_000_000
    if free_mb < needed_mb:
        return f"has {free_mb} MB free, {needed_mb} MB are needed"
    return None


@dataclass(frozen=True, slots=True)
class ScratchFolder:
    """A private folder (mode 0700) of this process, gone when the context ends.

    Its owner holds a lock in it, so that a later process can tell a dead owner's folder from a live one's. Process ids
    would not do: containers number them anew.
    """

    path: Path
    lock: int  # file descriptor; the system lets go of the lock when the owner ends, however it ends

    @classmethod
    def create(cls, root: Path) -> ScratchFolder:
        """Make a folder below `root`, after removing those of dead processes of this user."""
        remove_leftovers(root)
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root))
        draft = path / f"{_OWNER}.new"  # locked before it has the name that others look at
        lock = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.rename(path / _OWNER)  # not on a file system without locks: there only the owner removes the folder
        return cls(path, lock)

    def __enter__(self) -> ScratchFolder:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.lock)

    def subfolder(self, name: str) -> Path:
        """Return a new empty folder for one calculation."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.path))


def remove_leftovers(root: Path) -> tuple[Path, ...]:
    """Remove scratch folders of dead processes of this user below `root` and return them.

    Programs that outlived their owner (it was killed with SIGKILL) and still work there are ended first.
    """
    removed = []
    for path in root.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or _has_owner(path):
                continue
            end_programs_in(path)
            shutil.rmtree(path, ignore_errors=True)
            removed.append(path)
    return tuple(removed)


def end_programs_in(folder: Path) -> int:
    """Kill every process whose working folder is `folder` or below it; return how many there were.

    MPI launchers put their ranks in process groups of their own, so the working folder is what tells whose they are.
    """
    ended = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            pid = int(entry.name)
            if (entry / "cwd").readlink().is_relative_to(folder) and pid != os.getpid():
                os.kill(pid, signal.SIGKILL)
                ended += 1
    return ended


def _has_owner(folder: Path) -> bool:
    """Return whether a living process, here or in a container of this machine, holds the folder's lock."""
    try:
        lock = os.open(folder / _OWNER, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return True  # being made, or not one of ours
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False
