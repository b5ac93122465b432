"""Record run folders with the qmnmr of this checkout: `python -m tests.golden.runs.record`, with xTB and Slurm.

A folder is recorded once for each version, before its records change, and never again: it is what users have on their
disks. Everything that only people read is left out.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from tests.slurm_cluster.cluster import running_cluster

HERE = Path(__file__).resolve().parent
SCRATCH = Path("/tmp/qmnmr-runs")  # records carry absolute paths
FAILS = "[O-][FH+]"  # a hydrogen goes over to the oxygen in the optimisation
SETTINGS = ("--protocol", "draft", "--engine", "pyscf", "--cores", "1")
PEER = ("--protocol", "peer", "--engine", "pyscf", "--cores", "1")
FOR_PEOPLE = ("*.log", "*_log.out", "*.pkl", "*_submission.sh", "*.sdf")
METHANOL = """\
6
methanol, far from its minimum
C -0.047 0.664 0
O -0.047 -0.90 0
H -1.092 0.969 0
H 0.437 1.080 0.890
H 0.437 1.080 -0.890
H 0.90 -1.20 0.30
"""


def qmnmr(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "qmnmr", *arguments]


def wait_until(is_so: Callable[[], bool], *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError("waited in vain")
        time.sleep(0.02)


def record_finished() -> None:
    """One molecule with shifts, one without."""
    done = subprocess.run(qmnmr("predict", "C", FAILS, *SETTINGS, "--out", "finished"), cwd=SCRATCH, check=False)
    assert done.returncode == 6


def record_peer() -> None:
    """A protocol without ranking and screening."""
    subprocess.run(qmnmr("predict", "[H][H]", *PEER, "--solvent", "gas", "--out", "peer"), cwd=SCRATCH, check=True)


def record_killed() -> None:
    """A calculation whose program was killed as often as it was started."""
    with subprocess.Popen(
        qmnmr("predict", "N", *SETTINGS, "--solvent", "gas", "--scratch", "scratch", "--out", "killed"), cwd=SCRATCH
    ) as running:
        while running.poll() is None:
            for child in children(running.pid, "qmnmr.engines.pyscf"):
                os.kill(child, signal.SIGKILL)
            time.sleep(0.02)
    assert running.returncode == 6


def record_stopped() -> None:
    """A run that was told to end during an optimisation."""
    (SCRATCH / "methanol.xyz").write_text(METHANOL)
    words = ("methanol.xyz", "--conformers", "none", "--solvent", "gas", "--scratch", "scratch", "--out", "stopped")
    with subprocess.Popen(qmnmr("predict", *words, *SETTINGS), cwd=SCRATCH) as running:
        outputs = SCRATCH / "scratch"
        wait_until(lambda: any(b"\nstep 2:" in p.read_bytes() for p in outputs.rglob("*optimization*/output.out")))
        running.send_signal(signal.SIGTERM)
    assert running.returncode == 128 + signal.SIGTERM


def children(pid: int, words: str) -> list[int]:
    found = subprocess.run(
        ["pgrep", "--parent", str(pid), "--full", words], capture_output=True, text=True, check=False
    )
    return [int(line) for line in found.stdout.split()]


def record_submitted() -> None:
    """Two tasks of an array: one completed, one failed."""
    run = SCRATCH / "submitted"
    with running_cluster() as cluster:
        limits = ("--memory-gb", "1", "--time", "30", "--solvent", "gas", "--yes")
        cluster.qmnmr("submit", "C", FAILS, *SETTINGS, *limits, "--out", str(run))
        cluster.wait_until_idle(run)


def main() -> None:
    shutil.rmtree(SCRATCH, ignore_errors=True)
    (SCRATCH / "scratch").mkdir(parents=True)
    target = HERE / metadata.version("qmnmr")
    target.mkdir()  # an old record is never overwritten
    for record in (record_finished, record_peer, record_killed, record_stopped, record_submitted):
        record()
        name = record.__name__.removeprefix("record_")
        shutil.copytree(SCRATCH / name, target / name, ignore=shutil.ignore_patterns(*FOR_PEOPLE))


if __name__ == "__main__":
    main()
