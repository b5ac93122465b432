"""Slurm, as a run asks it: the modules of this folder behind one door."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qmnmr.cluster.scheduler import ArrayJob, ArrayPlace, ClusterFacts, ClusterPartition, QueuedTasks
from qmnmr.cluster.slurm import commands
from qmnmr.cluster.slurm.environment import END_SIGNAL, REQUEUE_EXIT_CODE, WARNING_SIGNAL, array_place
from qmnmr.datatypes.job import SchedulerTask

if TYPE_CHECKING:
    from qmnmr.cluster.slurm.job_script import ScriptValues


class SlurmScheduler:
    """Slurm: its commands, its variables, and submitit for what reaches sbatch."""

    name = "slurm"
    title = "Slurm"
    warning_signal = WARNING_SIGNAL
    end_signal = END_SIGNAL
    requeue_exit_code = REQUEUE_EXIT_CODE

    def facts(self) -> ClusterFacts:
        """Return the controller's own settings."""
        return commands.ask_cluster()

    def default_facts(self) -> ClusterFacts:
        """Return Slurm's own defaults."""
        return commands.cluster_facts({})

    def partitions(self) -> tuple[ClusterPartition, ...]:
        """Return what scontrol and sinfo say."""
        return commands.ask_partitions()

    def accounting_problem(self) -> str | None:
        """Return why sacct does not answer."""
        return commands.ask_accounting_problem()

    def queued_tasks(self) -> QueuedTasks:
        """Return what squeue counts."""
        return commands.count_queued_tasks()

    def submit_limit(self, *, account: str | None, qos: str | None) -> int | None:
        """Return what sacctmgr says."""
        return commands.ask_submit_limit(account=account, qos=qos)

    def script(self, array: ArrayJob) -> str:
        """Return what sbatch would get."""
        from qmnmr.cluster.slurm.submission_by_submitit import array_script

        return array_script(array.request, _values(array))

    def submit(self, array: ArrayJob) -> str:
        """Hand the array to sbatch."""
        from qmnmr.cluster.slurm.submission_by_submitit import submit_array

        return submit_array(array.request, _values(array), function=array.function, argument=array.argument).job

    def tasks(self, names: Sequence[str], *, user: int | None = None) -> tuple[SchedulerTask, ...]:
        """Return what squeue lists; it forgets a task some minutes after its end."""
        return _in_order(commands.ask_squeue(names, user=user))

    def ended_tasks(self, names: Sequence[str], *, since: str, user: int | None = None) -> tuple[SchedulerTask, ...]:
        """Return what sacct lists; it lags some seconds behind, and leaves out what is held."""
        return _in_order(commands.ask_sacct(names, since=since, user=user))

    def cancel(self, jobs: Sequence[str]) -> None:
        """Call scancel."""
        commands.cancel_jobs(jobs)

    def log_file(self, folder: Path, *, job: str, index: int) -> Path:
        """Return what submitit calls the log of a task (submitit_seams)."""
        return folder / f"{job}_{index}_0_log.out"

    def place(self, environment: Mapping[str, str]) -> ArrayPlace:
        """Return what Slurm's variables tell."""
        return array_place(environment)


def _in_order(tasks: Sequence[SchedulerTask]) -> tuple[SchedulerTask, ...]:
    return tuple(sorted(tasks, key=lambda task: int(task.job)))


def _values(array: ArrayJob) -> ScriptValues:
    from qmnmr.cluster.slurm.job_script import ScriptValues, shell_words

    given = array.scratch
    folders = shell_words(array.site.scratch.folders) if given is None else (shlex.quote(str(Path(given).absolute())),)
    return ScriptValues(
        site=array.site,
        directives="",
        command="",
        folder=array.folder,
        run_folder=array.run_folder,
        task_count=array.request.task_count,
        scratch_folders=folders,
        scratch_needed_mb=array.scratch_needed_mb,
        grace_seconds=array.grace_seconds,
        images=array.images,
        read_folders=array.read_folders,
    )
