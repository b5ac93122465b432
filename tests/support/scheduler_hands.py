"""What a test does to a scheduler from outside: let tasks start and end, set limits, take its controller away."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import msgspec

from qmnmr.cluster.scheduler import ArrayPlace, Scheduler
from qmnmr.cluster.sites.profile_files import load_profiles
from qmnmr.cluster.slurm.scheduler import SlurmScheduler
from qmnmr.cluster.submission_site import Cluster
from qmnmr.datatypes.job import JobState
from tests.slurm_cluster.cluster import Cluster as RunningSlurm
from tests.support.fake_scheduler import FakeScheduler, fake_cluster


class Hands(Protocol):
    """One pair for each scheduler of the contract."""

    @property
    def scheduler(self) -> Scheduler:
        """The scheduler whose contract is tested."""

    def cluster(self) -> Cluster:
        """Return a cluster on which tasks are held until `start`, and of whose limits a submission knows nothing."""

    def start(self, job: str) -> None:
        """Let the tasks of an array start."""

    def place(self, folder: Path, job: str, *, index: int, start: int) -> ArrayPlace:
        """Return the place that a task of `node_task.tell_place` found at its start of this number."""

    def end(self, folder: Path, job: str) -> None:
        """Let the tasks of an array end well."""

    def limit(self, tasks: int | None) -> None:
        """Let the user have this many tasks."""

    def go_away(self) -> None:
        """End the controller."""

    def come_back(self) -> None:
        """Start it again."""


def wait_for(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Return once a condition holds; fail if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.5)


class FakeHands:
    def __init__(self, *, max_tasks: int | None = None) -> None:
        self.there = fake_cluster(max_tasks=max_tasks, has_accounting=True)
        assert isinstance(self.there.scheduler, FakeScheduler)
        self.scheduler = self.there.scheduler

    def cluster(self) -> Cluster:
        return self.there

    def start(self, job: str) -> None:
        self._set(job, JobState.RUNNING)

    def place(self, folder: Path, job: str, *, index: int, start: int) -> ArrayPlace:
        return self.scheduler.place(self.scheduler.environment(job, index, start=start))

    def end(self, folder: Path, job: str) -> None:
        self._set(job, JobState.COMPLETED)
        self.scheduler.accounting += [task for task in self.scheduler.queue if task.job == job]

    def limit(self, tasks: int | None) -> None:
        self.scheduler.user_limit = tasks

    def go_away(self) -> None:
        self.scheduler.is_away = True

    def come_back(self) -> None:
        self.scheduler.is_away = False

    def _set(self, job: str, state: JobState) -> None:
        self.scheduler.queue = [replace(t, state=state) if t.job == job else t for t in self.scheduler.queue]


class SlurmHands:
    def __init__(self, running: RunningSlurm) -> None:
        self.scheduler = SlurmScheduler()
        self.running = running

    def cluster(self) -> Cluster:
        site = msgspec.structs.replace(load_profiles(())["generic"], directives=("--hold",))
        return Cluster(
            scheduler=self.scheduler,
            site=site,
            facts=self.scheduler.facts(),
            free_tasks=None,
            partitions=site.partitions,
        )

    def start(self, job: str) -> None:
        self.running.run("scontrol", "release", job)

    def place(self, folder: Path, job: str, *, index: int, start: int) -> ArrayPlace:
        path = folder / f"place-{index}-{start}.json"
        wait_for(lambda: path.exists() and path.stat().st_size > 0, seconds=120)
        return ArrayPlace(**json.loads(path.read_text()))

    def end(self, folder: Path, job: str) -> None:
        (folder / "end").touch()

    def limit(self, tasks: int | None) -> None:
        number = -1 if tasks is None else tasks
        self.running.run("sacctmgr", "-i", "modify", "qos", "normal", "set", f"MaxSubmitJobsPerUser={number}")
        known = f"MaxSubmitJobsPU={'N' if tasks is None else tasks}("
        wait_for(lambda: known in self.running.run("scontrol", "show", "assoc_mgr", "flags=qos").stdout)

    def go_away(self) -> None:
        self.running.kill("slurmctld")

    def come_back(self) -> None:
        self.running.start_daemon("slurmctld", "/usr/sbin/slurmctld", "-D", "-f", f"{self.running.prefix}/slurm.conf")
        wait_for(lambda: self.running.run("squeue", check=False).returncode == 0)
