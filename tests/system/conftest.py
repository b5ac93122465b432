"""Real runs that several tests look at."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qmnmr.programs.machine import available_cores
from qmnmr.runs.protocol_list import list_protocols
from qmnmr.shifts.scaling import shipped_factor_files

_REPOSITORY = Path(__file__).parents[2]
_BUILDS = 2  # a mirror may fail once


@dataclass(frozen=True)
class Finished:
    """What a command did."""

    code: int
    stdout: str
    stderr: str

    @property
    def molecules(self) -> dict[str, Any]:
        return {m["name"]: m for m in json.loads(self.stdout)["molecules"]}


Command = Callable[..., Finished]


def start_qmnmr(arguments: Sequence[str], *, folder: Path, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "qmnmr", *arguments],
        cwd=folder,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_qmnmr(*arguments: str, folder: Path, **variables: str) -> Finished:
    process = start_qmnmr(arguments, folder=folder, **variables)
    try:
        stdout, stderr = process.communicate(timeout=1500)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.communicate(timeout=60)
        raise
    assert "Traceback" not in stderr
    return Finished(code=process.returncode, stdout=stdout, stderr=stderr)


def calibrated_nuclei(protocol: str, engine: str) -> set[str]:
    """Return the nuclei that shipped factors serve, in chloroform."""
    rows = list_protocols(shipped_factor_files())
    return {str(r["nucleus"]) for r in rows if (r["name"], r["engine"]) == (protocol, engine) and r["n"] is not None}


def grouping(molecule: dict[str, Any], element: str) -> list[list[int]]:
    """Return the sets of equivalent atoms of an element, by their smallest atom."""
    return sorted(row["atoms"] for row in molecule["shifts"] if row["element"] == element)


def shielding_of(molecule: dict[str, Any], atom: int) -> float:
    return next(row["shielding_ppm"] for row in molecule["shifts"] if atom in row["atoms"])


@pytest.fixture(scope="session")
def cores() -> int:
    # The tests themselves run side by side: each real run takes its share.
    return max(1, available_cores() // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Debian twin of the image, built by the first worker that asks for it; TWIN_SIF=FILE spares the build."""
    if "TWIN_SIF" in os.environ:
        return Path(os.environ["TWIN_SIF"])
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    sif = folder / "twin.sif"
    with (folder / "twin.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for _ in range(_BUILDS):
            if sif.exists():
                break
            done = run_qmnmr("image", "build", "--recipe", "debian", "--out", str(sif), folder=_REPOSITORY)
        assert sif.exists(), done.stderr[-3000:]
    return sif
