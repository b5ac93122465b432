"""Real runs that several tests look at."""

from __future__ import annotations

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
from tests.support.twin_cache import cache_folder, kept_twin, machine_facts, twin_digest

_REPOSITORY = Path(__file__).parents[2]
_BUILDS = 2  # a mirror may fail once
_QUICKLY = {"APPTAINER_MKSQUASHFS_ARGS": "-comp zstd -Xcompression-level 1"}  # a third of gzip's CPU time


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
def twin() -> Path:
    """The Debian twin of the image, built where none of today's sources is kept; TWIN_SIF=FILE spares both."""
    if "TWIN_SIF" in os.environ:
        return Path(os.environ["TWIN_SIF"])
    digest = twin_digest(_REPOSITORY, machine_facts())
    return kept_twin(cache_folder(), digest, _build_twin)


def _build_twin(sif: Path) -> None:
    for _ in range(_BUILDS):
        done = run_qmnmr("image", "build", "--recipe", "debian", "--out", str(sif), folder=_REPOSITORY, **_QUICKLY)
        if sif.exists():
            break
    assert sif.exists(), done.stderr[-3000:]
