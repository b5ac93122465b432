"""A private Slurm cluster for a test: started by start.sh, always stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from qmnmr.cli.main import cli

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]


class Cluster:
    """A running cluster; commands get its SLURM_CONF."""

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self.started: list[subprocess.Popen[bytes]] = []

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of a login shell of the cluster, with the checkout's qmnmr."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SLURM_")}
        return kept | {
            "SLURM_CONF": str(self.prefix / "slurm.conf"),
            "MUNGE_SOCKET": str(self.prefix / "run" / "munge.sock"),
            "PYTHONPATH": str(REPOSITORY),
        }

    def run(
        self, *argv: str, check: bool = True, seconds: float = 300, **settings: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of Slurm, or any other, and return what it printed."""
        environment = {**self.environment, **settings.pop("environment", {})}
        done = subprocess.run(
            argv, env=environment, capture_output=True, text=True, timeout=seconds, check=False, **settings
        )
        if check and done.returncode != 0:
            raise AssertionError(f"{argv} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def qmnmr(
        self, *argv: str, check: bool = True, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run qmnmr in this process, with the environment of a login shell: it spares the start of a Python."""
        foreign = dict.fromkeys(name for name in os.environ if name.startswith("SLURM_"))
        settings = {**foreign, **self.environment, **(environment or {})}
        done = CliRunner().invoke(cli, argv, prog_name="qmnmr", env=settings)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        if check and done.exit_code != 0:
            raise AssertionError(f"{argv} ended with {done.exit_code}:\n{done.output}")
        return subprocess.CompletedProcess(argv, done.exit_code, done.stdout, done.stderr)

    def login_shell(self, *argv: str, check: bool = True, **settings: Any) -> subprocess.CompletedProcess[str]:
        """Run qmnmr in a process of its own, as people do in a login shell of the cluster."""
        return self.run(sys.executable, "-m", "qmnmr", *argv, check=check, **settings)

    def states(self, run: Path) -> dict[str, dict[str, Any]]:
        """Return what `qmnmr status` says of each molecule, by name."""
        found = json.loads(self.qmnmr("status", str(run), "--json").stdout)
        return {molecule["name"]: molecule for molecule in found["molecules"]}

    def wait(
        self, run: Path, condition: Callable[[dict[str, dict[str, Any]]], bool], *, seconds: float
    ) -> dict[str, dict[str, Any]]:
        """Return the states of a run as soon as they fulfil a condition; fail if they do not in time."""
        deadline = time.monotonic() + seconds
        while True:
            asked = time.monotonic()
            states = self.states(run)
            if condition(states):
                return states
            if time.monotonic() > deadline:
                logs = "\n".join(p.read_text()[-2000:] for p in run.glob("jobs/*/*_log.out"))
                raise AssertionError(f"waited {seconds} s in vain: {states}\n{self.run('squeue').stdout}\n{logs}")
            time.sleep(max(0.5, 3 * (time.monotonic() - asked)))  # on a crowded machine the tasks need the time

    def wait_until_idle(self, run: Path, *, seconds: float = 900) -> dict[str, dict[str, Any]]:
        """Return the states of a run once nothing of it is in Slurm's hands."""
        active = {"pending", "running", "requeued", "completing", "unknown"}

        def is_idle(states: dict[str, dict[str, Any]]) -> bool:
            # A task that has written its end may still be running for Slurm.
            return not any(m["state"] in active for m in states.values()) and not self._is_queued(run)

        return self.wait(run, is_idle, seconds=seconds)

    def _is_queued(self, run: Path) -> bool:
        records = (json.loads(path.read_text()) for path in run.glob("jobs/[0-9]*.json"))
        jobs = [record["job"] for record in records if record["job"]]
        return any(self.run("squeue", "--noheader", "--jobs", job, check=False).stdout for job in jobs)

    def pid(self, daemon: str) -> int:
        """Return the process id of a daemon: slurmctld, slurmd-n1, …."""
        lines = (line.split() for line in (self.prefix / "pids").read_text().splitlines())
        return int([pid for name, pid in lines if name == daemon][-1])

    def kill(self, daemon: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a daemon."""
        os.kill(self.pid(daemon), number)

    def start_daemon(self, name: str, *argv: str) -> None:
        """Start a daemon again."""
        with (self.prefix / "log" / f"{name}.again").open("wb") as log:
            process = subprocess.Popen(argv, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        self.started.append(process)
        with (self.prefix / "pids").open("a") as pids:
            pids.write(f"{name} {process.pid}\n")


@contextmanager
def running_cluster(**knobs: object) -> Iterator[Cluster]:
    """Yield a cluster; the knobs are start.sh's. It also ends if this process is killed."""
    prefix = Path(tempfile.mkdtemp(prefix="qs-", dir="/tmp"))
    settings = {"NODES": "2", "CPUS": "1", "OWNER": str(os.getpid())} | {k: str(v) for k, v in knobs.items()}
    cluster = None
    try:
        started = subprocess.run(
            [HERE / "start.sh", prefix], env=os.environ | settings, capture_output=True, text=True, check=False
        )
        if started.returncode != 0:
            raise RuntimeError(f"the cluster did not start:\n{started.stdout}\n{started.stderr}")
        cluster = Cluster(prefix)
        yield cluster
    finally:
        subprocess.run([HERE / "stop.sh", prefix], capture_output=True, check=False)
        for process in cluster.started if cluster else ():
            process.wait(timeout=10)
        shutil.rmtree(prefix, ignore_errors=True)
