"""mpirun inside a job: a node whose name is not the host's, one task of two cores, two tasks, with and without srun."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slurm_cluster.cluster import Cluster, running_cluster

from .conftest import smi

pytestmark = [pytest.mark.slurm, pytest.mark.nwchem]

PROGRAM = """
import os, subprocess, sys
from qmnmr.engines.facts import mpirun
from qmnmr.programs.command_line import program_environment
done = subprocess.run(
    mpirun("nwchem", "water.nw", ranks=2), env=program_environment(os.environ, scratch="."),
    capture_output=True, text=True, timeout=350, stdin=subprocess.DEVNULL)
print([line for line in done.stdout.splitlines() if "SCF energy" in line or "nproc " in line], done.stderr)
"""
WATER = """start w
geometry
O 0 0 0
H 0 0.757 0.587
H 0 -0.757 0.587
end
basis
* library 3-21G
end
task scf
"""


@pytest.fixture(scope="module")
def wide() -> Iterator[Cluster]:
    with running_cluster(NODES=1, CPUS=2) as running:
        yield running


def test_a_task_of_two_cores_runs_two_ranks(wide: Cluster, tmp_path: Path) -> None:
    run = tmp_path / "run"
    molecules = str(smi(tmp_path / "in.smi", "water"))
    wide.qmnmr(
        *("submit", molecules, "--solvent", "gas", "--cores", "2", "--memory-gb", "2", "--time", "30"),
        *("--yes", "--out", str(run)),
    )
    assert wide.wait_until_idle(run)["water"]["state"] == "completed"
    with zipfile.ZipFile(run / "molecules" / "water" / "calculations.zip") as archive:
        results = [json.loads(archive.read(name)) for name in archive.namelist() if name.endswith("result.json")]
    assert {r["result"]["ranks"] for r in results if r["result"]["program"] == "nwchem"} == {2}


@pytest.mark.parametrize("shape", [("--ntasks=1", "--cpus-per-task=2"), ("--ntasks=2", "--cpus-per-task=1")])
@pytest.mark.parametrize("srun", ["", "srun --overlap --ntasks=1 "])
def test_mpirun_finds_its_cores_in_every_shape_of_job(
    wide: Cluster, tmp_path: Path, shape: tuple[str, str], srun: str
) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "water.nw").write_text(WATER)
    (tmp_path / "job.sh").write_text(f"#!/bin/bash\n{srun}{_python()} program.py > result.txt 2>&1\ntouch done\n")
    wide.run("sbatch", *shape, "--output=/dev/null", str(tmp_path / "job.sh"), cwd=tmp_path)
    deadline = time.monotonic() + 400
    while not (tmp_path / "done").exists():
        assert time.monotonic() < deadline, (tmp_path / "result.txt").read_text()
        time.sleep(0.5)
    told = (tmp_path / "result.txt").read_text()
    assert "nproc           =        2" in told
    assert "Total SCF energy =    -75.58" in told


def _python() -> str:
    import sys

    return sys.executable
