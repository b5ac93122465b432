"""Private scratch folders on a local disk, and the leftovers of processes that died."""

from __future__ import annotations

import json
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
_OWNER = "owner.json"


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

    It names its owner, so that a later process can tell a dead owner's folder from a live one's.
    """

    path: Path

    @classmethod
    def create(cls, root: Path) -> ScratchFolder:
        """Make a folder below `root`, after removing those of dead processes of this user."""
        remove_leftovers(root)
        folder = cls(Path(tempfile.mkdtemp(prefix=_PREFIX, dir=root)))
        owner = {"pid": os.getpid(), "started": _start_time(os.getpid())}
        (folder.path / _OWNER).write_text(json.dumps(owner), encoding="utf-8")
        return folder

    def __enter__(self) -> ScratchFolder:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def subfolder(self, name: str) -> Path:
        """Return a new empty folder for one calculation."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.path))


def remove_leftovers(root: Path) -> tuple[Path, ...]:
    """Remove scratch folders of dead processes of this user below `root` and return them.

    Programs that outlived their owner (it was killed with SIGKILL) and still work there are ended first.
    """
    removed = []
    for path in root.glob(f"{_PREFIX}*"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
                continue
            owner = json.loads((path / _OWNER).read_text(encoding="utf-8"))
            if _start_time(int(owner["pid"])) == owner["started"]:
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


def _start_time(pid: int) -> str | None:
    """Return the kernel's start time of a process: with it a reused process id is told apart. None if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]
