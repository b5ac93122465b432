"""An array task gives the number that the same molecule has on the login node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.slurm_cluster.cluster import Cluster

from .conftest import shieldings

pytestmark = pytest.mark.slurm


def test_an_array_task_of_standard_gives_the_local_runs_shifts(cluster: Cluster, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    words = ("CO", "--protocol", "standard", "--engine", "pyscf", "--solvent", "chloroform")
    cluster.qmnmr("predict", *words, "--cores", "1", "--memory-gb", "4", "--out", str(here))
    cluster.qmnmr("submit", *words, "--yes", "--out", str(there))
    states = cluster.wait_until_idle(there)
    assert [s["state"] for s in states.values()] == ["completed"]
    cluster.qmnmr("collect", str(there))
    assert shieldings(there)["CO"] == pytest.approx(shieldings(here)["CO"], abs=0.001)
    (molecule,) = json.loads((there / "summary.json").read_text())["molecules"]
    carbon = next(s for s in molecule["shifts"] if s["nucleus"] == "13C")
    assert carbon["shift_ppm"] == pytest.approx(50.15, abs=0.05)
