"""Records what Slurm's commands print about tasks in all sorts of states: python -m tests.golden.slurm.record"""

from __future__ import annotations

import getpass
import time
from pathlib import Path

from qmnmr.cluster.slurm.text import SACCT_FORMAT, SQUEUE_FORMAT
from tests.slurm_cluster.cluster import running_cluster

HERE = Path(__file__).resolve().parent
# By array index: done, exit code 6, killed by a signal, out of time, node lost, requeued; the rest waits.
SCRIPT = """#!/bin/bash
case $SLURM_ARRAY_TASK_ID in
  0) exit 0 ;; 1) exit 6 ;; 2) kill -9 $$ ;; 3) sleep 300 ;; 4) sleep 300 ;; *) sleep 200 ;;
esac
"""


def main() -> None:
    with running_cluster(DBD=1, NODES=2, CPUS=4) as cluster:
        version = cluster.run("sinfo", "--version").stdout.split()[1]
        folder = HERE / version
        folder.mkdir(exist_ok=True)
        script = cluster.prefix / "job.sh"
        script.write_text(SCRIPT)
        sbatch = ("sbatch", "--parsable", "--output=/dev/null", "--mem=10", "--requeue")
        job = cluster.run(*sbatch, "--array=0-11%9", "--time=1", "--job-name=qmnmr-rec-001", str(script)).stdout.strip()
        held = cluster.run(*sbatch, "--array=0-2", "--hold", "--job-name=qmnmr-rec-002", str(script)).stdout.strip()
        time.sleep(8)
        cluster.run("scancel", f"{job}_5", f"{held}_1")
        cluster.run("scontrol", "requeue", f"{job}_6")
        cluster.run("scontrol", "update", f"jobid={job}_7", "timelimit=60", check=False)
        keep = (
            ("squeue-running", _squeue),
            ("sacct-running", _sacct),
        )
        time.sleep(2)
        for name, argv in keep:
            (folder / f"{name}.txt").write_text(cluster.run(*argv()).stdout)
        time.sleep(100)  # the time limit is looked at every half minute
        for name, argv in (("squeue-ended", _squeue), ("sacct-ended", _sacct)):
            (folder / f"{name}.txt").write_text(cluster.run(*argv()).stdout)
        (folder / "config.txt").write_text(cluster.run("scontrol", "show", "config").stdout)
        (folder / "partitions.txt").write_text(cluster.run("scontrol", "--oneliner", "show", "partition").stdout)
        done = cluster.run(*_squeue()[:-2], "--jobs=99999", check=False)
        (folder / "squeue-unknown-job.txt").write_text(done.stdout + done.stderr)


def _squeue() -> list[str]:
    names = "--name=qmnmr-rec-001,qmnmr-rec-002"
    return [
        "squeue",
        "--noheader",
        "--array",
        "--states=all",
        f"--Format={SQUEUE_FORMAT}",
        f"--user={getpass.getuser()}",
        names,
    ]


def _sacct() -> list[str]:
    names = "--name=qmnmr-rec-001,qmnmr-rec-002"
    return [
        "sacct",
        "--noheader",
        "--parsable2",
        "--allocations",
        f"--format={SACCT_FORMAT}",
        names,
        "--starttime=now-1day",
    ]


if __name__ == "__main__":
    main()
