"""Keeps the Debian twin of the image from one run of the tests to the next.

It is found by the digest of what goes into it. Only a whole file is ever used: `qmnmr image build` gives a file its
name last of all, and its SHA-256, written after it, must still be that of the file.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

from qmnmr.image.build import debian_mirror
from qmnmr.image.image_file import image_sha256

SOURCES = ("apptainer", "qmnmr", "slurm_templates", "pyproject.toml", "README.md", "LICENSE")
"""What is staged for the Debian recipe, or becomes the wheel in it."""

MAX_AGE_DAYS = 14
"""Debian's unstable packages and those wheels that are not pinned change without any file here changing."""


def cache_folder() -> Path:
    """Return the folder of kept twins: $XDG_CACHE_HOME/qmnmr-tests."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qmnmr-tests"


def machine_facts() -> dict[str, str]:
    """Return what decides the image beside the files of the repository."""
    apptainer = subprocess.run(["apptainer", "--version"], capture_output=True, text=True, check=True)
    return {
        "architecture": platform.machine(),
        "apptainer": apptainer.stdout.strip(),
        "mirror": debian_mirror() or "",
        "qmnmr": metadata.version("qmnmr"),
        "pyscf": metadata.version("pyscf"),
    }


def twin_digest(repository: Path, facts: Mapping[str, str]) -> str:
    """Return a digest of names and content of all sources, and of the facts; other files do not matter."""
    said = hashlib.sha256()
    for name, value in sorted(facts.items()):
        said.update(_framed(name.encode()) + _framed(value.encode()))
    for path in _files(repository):
        said.update(_framed(path.relative_to(repository).as_posix().encode()) + _framed(path.read_bytes()))
    return said.hexdigest()[:16]


def kept_twin(folder: Path, digest: str, build: Callable[[Path], None]) -> Path:
    """Return the twin of this digest, built now by `build(path)` if there is no whole one that is young enough.

    One process builds, the others wait for it. Twins of other digests that nobody has asked for of late are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    twin = folder / f"twin-{digest}.sif"
    with (folder / "twin.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_whole(twin) or _age_days(_stamp(twin)) > MAX_AGE_DAYS:
            _remove(twin)
            build(twin)
            _stamp(twin).write_text(image_sha256(twin))
        os.utime(twin)  # when it was last asked for; when it was built is the time of its stamp
        _remove_old(folder, keep=twin)
    return twin


def _files(repository: Path) -> Iterator[Path]:
    for name in SOURCES:
        place = repository / name
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from (p for p in found if p.is_file() and not p.match("*.pyc") and "__pycache__" not in p.parts)


def _framed(data: bytes) -> bytes:
    """Return data that begin with their length, so that no two lists of them run together alike."""
    return len(data).to_bytes(8, "big") + data


def _stamp(twin: Path) -> Path:
    return twin.with_suffix(".sha256")


def _is_whole(twin: Path) -> bool:
    return twin.exists() and _stamp(twin).exists() and image_sha256(twin) == _stamp(twin).read_text()


def _age_days(path: Path) -> float:
    return (time.time() - path.stat().st_mtime) / 86400


def _remove(twin: Path) -> None:
    for path in (_stamp(twin), twin):
        path.unlink(missing_ok=True)


def _remove_old(folder: Path, *, keep: Path) -> None:
    """Remove twins that nobody asked for in a day, other checkouts' too, and drafts of builds that were killed."""
    for path in folder.glob("twin-*.sif"):
        if path != keep and _age_days(path) > 1:
            _remove(path)
    for draft in folder.glob(".twin-*"):  # who builds holds the lock, so nobody does
        draft.unlink(missing_ok=True)
