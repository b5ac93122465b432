"""A scheduler that starts nothing: it holds tasks, and a test sets their states."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from qmnmr.cluster.scheduler import ArrayJob, ArrayPlace, ClusterFacts, ClusterPartition, QueuedTasks
from qmnmr.cluster.sites.profile_files import load_profiles
from qmnmr.cluster.sites.site_profile import Partition, SiteProfile
from qmnmr.cluster.submission_site import Cluster
from qmnmr.datatypes.job import IS_ACTIVE, JobState, SchedulerTask
from qmnmr.errors import ControllerAwayError, LimitReachedError, QueueFullError, SchedulerError

FACTS = ClusterFacts(
    cluster_name="ci",
    software="Fake 1.0",
    max_array_size=1001,
    max_tasks=None,
    kill_wait_seconds=30,
    cancels_preempted=False,
    has_accounting=False,
    requeue_hold_seconds=0,
    forbidden_in_paths="%",
    settings="nothing is limited",
)


class FakeScheduler:
    """Keeps what it is given; `queue` and `accounting` are what it says, and may be set."""

    name = "fake"
    title = "Fake"
    warning_signal = signal.SIGUSR1
    end_signal = signal.SIGTERM
    requeue_exit_code = 99

    def __init__(
        self, *, facts: ClusterFacts = FACTS, user_limit: int | None = None, limits: Partition | None = None
    ) -> None:
        self.limits = limits or Partition()  # of its only partition
        self.own_facts = facts
        self.user_limit = user_limit
        self.refuses: SchedulerError | None = None  # what a submission ends with
        self.is_away = False
        self.is_accounting_away = False
        self.queue: list[SchedulerTask] = []
        self.accounting: list[SchedulerTask] = []
        self.submitted: list[ArrayJob] = []  # all that it was asked to take
        self.questions: list[str] = []
        self.all_partitions: tuple[ClusterPartition, ...] = ()  # none: one, with the limits
        self.immortal: set[str] = set()  # jobs that no cancelling ends

    def facts(self) -> ClusterFacts:
        self._answer("facts")
        return self.own_facts

    def default_facts(self) -> ClusterFacts:
        return self.own_facts

    def partitions(self) -> tuple[ClusterPartition, ...]:
        self._answer("partitions")
        main = ClusterPartition(name="main", is_default=True, is_up=True, limits=self.limits)
        return self.all_partitions or (main,)

    def accounting_problem(self) -> str | None:
        return None if self.own_facts.has_accounting else "there is none"

    def queued_tasks(self) -> QueuedTasks:
        self._answer("queued_tasks")
        return QueuedTasks(mine=len(self._active()), known_to_controller=len(self.queue))

    def submit_limit(self, *, account: str | None, qos: str | None) -> int | None:
        return self.user_limit

    def script(self, array: ArrayJob) -> str:
        function = f"{array.function.__module__}.{array.function.__qualname__}"
        return f"# {array.request.name}: {array.request.task_count} x {function}({array.argument!r})\n"

    def submit(self, array: ArrayJob) -> str:
        self.submitted.append(array)
        self._answer("submit")
        if self.refuses is not None:
            raise self.refuses
        count, known = array.request.task_count, len(self.queue)
        if self.user_limit is not None and len(self._active()) + count > self.user_limit:
            raise LimitReachedError(f"{count} tasks are more than {self.user_limit} in all")
        if self.own_facts.max_tasks is not None and known + count > self.own_facts.max_tasks:
            raise QueueFullError(f"{known} tasks are known already")
        job, name = str(1 + max((int(t.job) for t in self.queue), default=0)), array.request.name
        self.queue += [
            SchedulerTask(job=job, name=name, index=index, state=JobState.PENDING, reason="PENDING")
            for index in range(count)
        ]
        return job

    def tasks(self, names: Sequence[str], *, user: int | None = None) -> tuple[SchedulerTask, ...]:
        self._answer("tasks")
        return _named(self.queue, names)

    def ended_tasks(self, names: Sequence[str], *, since: str, user: int | None = None) -> tuple[SchedulerTask, ...]:
        self._answer("ended_tasks")
        if self.is_accounting_away:
            raise SchedulerError("accounting failed: connection refused")
        return _named(self.accounting, names)

    def cancel(self, jobs: Sequence[str]) -> None:
        self._answer("cancel")
        for task in self._active():
            if task.job in jobs and task.job not in self.immortal:
                self.set_state(task.job, task.index, JobState.CANCELLED)

    def log_file(self, folder: Path, *, job: str, index: int) -> Path:
        return folder / f"{job}.{index}.log"

    def place(self, environment: Mapping[str, str]) -> ArrayPlace:
        if "FAKE_JOB" not in environment:
            raise SchedulerError("this is not a job of Fake")
        job, index, start = environment["FAKE_JOB"].split(".")
        return ArrayPlace(job=job, index=int(index), start=int(start), node="n1")

    # What a test does.

    def set_state(self, job: str, index: int, state: JobState, reason: str = "") -> None:
        """Let the queue say something else of a task."""
        place = next(i for i, task in enumerate(self.queue) if (task.job, task.index) == (job, index))
        self.queue[place] = replace(self.queue[place], state=state, reason=reason or state.name)

    def environment(self, job: str, index: int, *, start: int = 0) -> dict[str, str]:
        """Return the variables that a task would find on its node."""
        return {"FAKE_JOB": f"{job}.{index}.{start}"}

    def _active(self) -> list[SchedulerTask]:
        return [task for task in self.queue if task.state in IS_ACTIVE]

    def _answer(self, question: str) -> None:
        self.questions.append(question)
        if self.is_away:
            raise ControllerAwayError(f"{question}: nobody answers")


def _named(tasks: Sequence[SchedulerTask], names: Sequence[str]) -> tuple[SchedulerTask, ...]:
    return tuple(sorted((task for task in tasks if task.name in names), key=lambda task: int(task.job)))


def fake_sites() -> dict[str, SiteProfile]:
    """Return the built-in profiles, all of them of clusters with the fake scheduler."""
    return {n: msgspec.structs.replace(p, scheduler=FakeScheduler.name) for n, p in load_profiles(()).items()}


def fake_cluster(
    scheduler: FakeScheduler | None = None, *, site: str = "generic", free: int | None = None, **facts: Any
) -> Cluster:
    """Return a cluster with the fake scheduler, about which a test says what it needs."""
    own, profile = replace(FACTS, **facts), fake_sites()[site]
    return Cluster(
        scheduler=scheduler or FakeScheduler(facts=own),
        site=profile,
        facts=own,
        free_tasks=free,
        partitions=profile.partitions,
    )
