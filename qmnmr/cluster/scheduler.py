"""What a run asks of a scheduler, whichever it is.

The words, commands and signals of one scheduler are known in its own folder alone (`slurm/`); `schedulers` lists them
all. docs/how-to/add-a-scheduler.md shows how another one is added.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from qmnmr.cluster.sites.site_profile import Partition, SiteProfile
from qmnmr.datatypes.job import ArrayRequest, SchedulerTask
from qmnmr.image.image_file import StatedImage

Task = Callable[[str], None]
"""A function of a module, found there again on the node; it ends by SystemExit with the task's exit code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """What the controller says about its cluster."""

    cluster_name: str
    software: str  # name and version of the scheduler
    max_array_size: int  # tasks
    max_tasks: int | None  # of all users that the controller can know at a time; None: no limit is known
    kill_wait_seconds: int  # from the signal that ends a task to the kill
    cancels_preempted: bool  # a preempted task is cancelled, not requeued
    has_accounting: bool  # a database that knows what ended
    requeue_hold_seconds: int  # how long a requeued job waits before it can start
    forbidden_in_paths: str = ""  # characters that the scheduler would replace in the path of a log
    settings: str = ""  # what of this a person should see, in the scheduler's own words

    @property
    def usable_grace_seconds(self) -> int:
        """Return how long a task may work from its signal to the kill: the rest is for cleaning up."""
        return max(1, int(0.7 * self.kill_wait_seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPartition:
    """A partition as the controller describes it."""

    name: str
    is_default: bool
    is_up: bool
    limits: Partition
    is_for_gpus: bool = False  # each of its nodes has some, which nothing here uses


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedTasks:
    """How many tasks there are now, each of an array counted."""

    mine: int  # of this user, waiting or running
    known_to_controller: int  # of all users, as far as they may be seen, with those that ended minutes ago


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayJob:
    """A job array as a scheduler is given it."""

    request: ArrayRequest
    site: SiteProfile
    folder: Path  # of this array, private: its script, its logs, what its tasks read
    run_folder: Path
    function: Task  # every task is `function(argument)`
    argument: str
    scratch: str | None  # in place of the folders that the site's profile names
    scratch_needed_mb: int
    grace_seconds: int  # from the signal that ends a task to the kill
    images: tuple[StatedImage, ...] = ()  # of the site's container
    read_folders: tuple[Path, ...] = ()  # that tasks read beside their run folder


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayPlace:
    """The place of this process in a job array."""

    job: str
    index: int
    start: int  # how often the scheduler has started this task before
    node: str


class Scheduler(Protocol):
    """One scheduler, asked where runs are submitted and on its nodes.

    All but `default_facts`, `script` and `place` may raise SchedulerError: NoSchedulerError where there is none,
    ControllerAwayError where nobody answers.
    """

    name: str  # as a site's profile gives it, and as records keep it
    title: str  # as people write it

    # Where a run is submitted.

    def facts(self) -> ClusterFacts:
        """Return what the controller says about its cluster."""
        ...

    def default_facts(self) -> ClusterFacts:
        """Return what a controller says that was set up with the scheduler's own defaults; nobody is asked."""
        ...

    def partitions(self) -> tuple[ClusterPartition, ...]:
        """Return all partitions with their limits for one task on one node."""
        ...

    def accounting_problem(self) -> str | None:
        """Return why `ended_tasks` can't be asked, None if it can."""
        ...

    def queued_tasks(self) -> QueuedTasks:
        """Return how many tasks the controller has now."""
        ...

    def submit_limit(self, *, account: str | None, qos: str | None) -> int | None:
        """Return how many tasks this user may have in the queue, None if nothing limits it or nobody says."""
        ...

    def script(self, array: ArrayJob) -> str:
        """Return the very script that `submit` would hand over, with nothing written."""
        ...

    def submit(self, array: ArrayJob) -> str:
        """Submit an array and return its job id.

        Raises LimitReachedError, QueueFullError, or SchedulerError with the scheduler's own words if the array was not
        taken, SubmissionUnknownError if that is not known.
        """
        ...

    def tasks(self, names: Sequence[str], *, user: int | None = None) -> tuple[SchedulerTask, ...]:
        """Return all tasks of a user's arrays with these names that the controller knows, by one question.

        `user` is a user id, None this user's.

        All that waits and runs is there; what ended may be. A later array comes after an earlier one.
        """
        ...

    def ended_tasks(self, names: Sequence[str], *, since: str, user: int | None = None) -> tuple[SchedulerTask, ...]:
        """Return the tasks of these arrays that the accounting database has since a time (UTC, ISO), ordered alike."""
        ...

    def cancel(self, jobs: Sequence[str]) -> None:
        """Cancel arrays by their ids.

        Raises SchedulerError where one of them is not to be cancelled, which may have ended; the others are.
        """
        ...

    def log_file(self, folder: Path, *, job: str, index: int) -> Path:
        """Return where a task of an array logs, in the array's folder."""
        ...

    # On a node.

    warning_signal: signal.Signals  # the time limit comes
    end_signal: signal.Signals  # the task has to end now
    requeue_exit_code: int  # with it a task asks to be started again

    def place(self, environment: Mapping[str, str]) -> ArrayPlace:
        """Return the place in an array that this process's variables tell. Raises SchedulerError outside of a job."""
        ...
