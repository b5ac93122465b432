"""Clusters and undisturbed runs for the tests on a real Slurm."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slurm_cluster.cluster import Cluster, running_cluster

DISTORTED = "distorted"
"""Methanol far from its minimum. From xTB's geometry, with xTB's Hessian, it is done after three steps; this one's
optimisation can be stopped on the way."""

MOLECULES = {
    "water": "O",
    "methane": "C",
    "ammonia": "N",
    "hydrogen fluoride": "F",
    "hydrogen cyanide": "C#N",
    "nitrogen": "N#N",
    "acetylene": "C#C",
    "formaldehyde": "C=O",
    "ammonium": "[NH4+]",
    "cyanide": "[C-]#N",
    "carbon dioxide": "O=C=O",
    "methanol": "CO",
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


def smi(path: Path, *names: str) -> Path:
    """Write a file of some of the molecules and return its path."""
    path.write_text("".join(f"{MOLECULES[name]} {name}\n" for name in names))
    return path


CALM = ("water", "methane", "ammonia", "hydrogen fluoride", "nitrogen")
"""Those that tests disturb."""

DISTORTED_ATOMS = """\
C -0.047 0.664 0
O -0.047 -0.90 0
H -1.092 0.969 0
H 0.437 1.080 0.890
H 0.437 1.080 -0.890
H 0.90 -1.20 0.30"""


CONVERGED = ("--optimization", "converged")


def given(folder: Path, *names: str) -> tuple[str, ...]:
    """Return the words by which `submit` takes some of the molecules, or the distorted one as it is.

    Their optimisations are the ordinary ones, which take long enough to be disturbed.
    """
    if names != (DISTORTED,):
        return (str(smi(folder / "in.smi", *names)), *CONVERGED)
    path = folder / f"{DISTORTED}.xyz"
    path.write_text(f"6\n{DISTORTED}\n{DISTORTED_ATOMS}\n")
    return (str(path), "--conformers", "none", *CONVERGED)


def shieldings(run: Path) -> dict[str, list[float]]:
    """Return the shieldings in ppm of each molecule with a result, in the order of the atoms."""
    molecules = json.loads((run / "summary.json").read_text())["molecules"]
    return {m["name"]: [s["shielding_ppm"] for s in m["shifts"]] for m in molecules if m["shifts"]}


def wait_until_empty(scratch: Path, *, seconds: float = 60) -> None:
    """A task's results are there a moment before its scratch is gone."""
    deadline = time.monotonic() + seconds
    while list(scratch.iterdir()):
        assert time.monotonic() < deadline, list(scratch.iterdir())
        time.sleep(0.2)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float]]:
    """Return the shieldings that some molecules, and the distorted one, have when nothing goes wrong.

    Computed once for all workers.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    result = shared / "undisturbed.json"
    with (shared / "undisturbed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            calm = ("--solvent", "gas", "--cores", "1", "--memory-gb", "1", "--time", "30", "--yes")
            runs = (shared / "undisturbed", shared / "undisturbed-distorted")
            with running_cluster() as running:
                for run, names in zip(runs, (CALM, (DISTORTED,)), strict=True):
                    running.qmnmr("submit", *given(shared, *names), *calm, "--out", str(run))
                for run in runs:
                    states = running.wait_until_idle(run)
                    assert {s["state"] for s in states.values()} == {"completed"}, states
                    running.qmnmr("collect", str(run))
            result.write_text(json.dumps({name: v for run in runs for name, v in shieldings(run).items()}))
        found: dict[str, list[float]] = json.loads(result.read_text())
        return found
