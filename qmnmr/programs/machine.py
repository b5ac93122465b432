"""What this machine has: cores, memory, shared memory, programs."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qmnmr.errors import MissingProgramError, SiteError
from qmnmr.programs.stop_signals import heard_by_programs

_VERSION_COMMANDS: dict[str, tuple[str, ...]] = {
    "mpirun": ("mpirun", "--version"),
    "xtb": ("xtb", "--version"),
    "crest": ("crest", "--version"),
    "apptainer": ("apptainer", "--version"),
    "sbatch": ("sbatch", "--version"),
}

_VERSION = re.compile(r"(?i)(?:version|slurm-wlm|slurm|\(Open MPI\))\s*:?\s*(?P<version>v?\d+(?:\.\w+)+(?:-\w+)?)")


MIN_SHARED_MEMORY_MB = 256
"""What MPI needs of /dev/shm for each calculation."""


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0))


def available_memory_mb() -> int:
    """Return four fifths of the memory that is free now, in MB."""
    return int(_meminfo_kb("MemAvailable") / 1000 * 0.8)


def total_memory_mb() -> int:
    """Return the machine's memory in MB."""
    return _meminfo_kb("MemTotal") // 1000


def processor_name() -> str:
    """Return what the processor calls itself, else the architecture."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def shared_memory_mb() -> int:
    """Return the size of /dev/shm in MB, 0 where there is none."""
    path = Path("/dev/shm")  # noqa: S108
    return shutil.disk_usage(path).total // 1_000_000 if path.is_dir() else 0


def shared_memory_problem(calculations: int) -> str | None:
    """Return what speaks against that many calculations at a time, None if /dev/shm has the room."""
    needed = MIN_SHARED_MEMORY_MB * calculations
    path = Path("/dev/shm")  # noqa: S108
    usage = shutil.disk_usage(path) if path.is_dir() else None
    free = 0 if usage is None else usage.free // 1_000_000
    if free >= needed:
        return None
    size = shared_memory_mb()
    return (
        f"/dev/shm has {free} of {size} MB free; MPI needs {needed} MB: "  # noqa: S108
        f"{MIN_SHARED_MEMORY_MB} MB for each of {calculations} calculation{'s' * (calculations > 1)} at a time"
    )


def require_shared_memory(calculations: int) -> None:
    """Raise SiteError unless /dev/shm has room for that many calculations at a time."""
    problem = shared_memory_problem(calculations)
    if problem is not None:
        raise SiteError(
            problem,
            hint="remove /dev/shm/cmx* of dead processes, use fewer cores, or make it larger "
            "(mount -o remount,size=…; docker --shm-size)",
        )


def _meminfo_kb(name: str) -> int:
    for line in Path("/proc/meminfo").read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key == name:
            return int(value.split()[0])
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program as it was found on PATH."""

    name: str
    path: str | None  # None: not found
    version: str | None  # None: not found, or it does not say


def require_programs(names: Iterable[str]) -> None:
    """Raise MissingProgramError, which names them, unless all these programs are on PATH."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        raise MissingProgramError(
            f"not found: {', '.join(missing)}",
            hint="Debian, Ubuntu: apt-get install nwchem; conda: environment.yaml; `qmnmr doctor` says what is there",
        )


def find_program(name: str) -> Program:
    """Return where a program is, and the version that it states."""
    path = shutil.which(name)
    command = _VERSION_COMMANDS.get(name)
    if path is None or command is None:
        return Program(name=name, path=path, version=None)
    try:
        with heard_by_programs():
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=30, check=False, stdin=subprocess.DEVNULL
            )
    except (OSError, subprocess.TimeoutExpired):
        return Program(name=name, path=path, version=None)
    match = _VERSION.search(done.stdout + done.stderr)
    return Program(name=name, path=path, version=None if match is None else match["version"])
