"""Submission through submitit, of our own script.

submitit names the files, calls sbatch and starts the task on the node. Two of its private seams are used, which
tests/unit/execution/test_slurm_executor.py and the version pin in pyproject.toml watch:
- `_make_submission_file_text` gives the text that sbatch gets: here it is rendered from a template;
- `_submit_command` submits that text and reads the job's id.

submitit would write one pickle for each task of an array. All tasks of ours are the same call, so that one pickle
serves them all: the script links it to the name that submitit expects. Nothing of ours reads a pickle on the login
node.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from submitit.core import utils
from submitit.slurm import slurm

from qmnmr.datatypes.job import ArrayRequest
from qmnmr.errors import SchedulerError, SiteError
from qmnmr.execution.job_script import ScriptValues, render_script
from qmnmr.execution.slurm_commands import ask_squeue
from qmnmr.sites.site_profile import SiteProfile

_SBATCH_SECONDS = 90
_TIMED_OUT = (124, 137, -9)  # how `timeout` ends
_RETRY_WORDS = "sleeping and retrying"  # of sbatch, for two minutes, while the controller takes no job of anybody
_PICKLE = "task.pkl"
Task = Callable[[str], None]


class TemplateExecutor(slurm.SlurmExecutor):  # type: ignore[misc]
    """Submits arrays of one and the same call; the script comes from a template."""

    def __init__(self, request: ArrayRequest, values: ScriptValues) -> None:
        super().__init__(values.folder, python=_python(values.site))
        self._request = request
        self._values = values
        self._throttling = 0.0

    def submit_copies(self, function: Task, argument: str) -> str:
        """Submit an array whose every task is `function(argument)`; return the array's job id."""
        self._values.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_private(self._values.folder)
        call = utils.DelayedSubmission(function, argument)
        call.set_timeout(self._request.minutes, 0)
        call.dump(self._values.folder / _PICKLE)
        try:
            return str(self._submit_command(self._submitit_command_str).job_id)
        finally:  # what submitit handed to sbatch: a link to the kept script by now, or refused
            for leftover in self._values.folder.glob(".submission_file_*.sh"):
                leftover.unlink()

    def script(self) -> str:
        """Return the very text that sbatch gets."""
        return self._make_submission_file_text(self._submitit_command_str, "")

    def _make_submission_file_text(self, command: str, uid: str) -> str:
        request = self._request
        text = slurm._make_sbatch_string(
            command=command,
            folder=self.folder,
            map_count=request.task_count,
            array_parallelism=request.parallelism or request.task_count,
            job_name=request.name,
            time=request.minutes,
            cpus_per_task=request.resources.cores,
            mem=f"{request.resources.memory_mb}M",
            partition=request.partition,
            account=request.account,
            qos=request.qos,
            stderr_to_stdout=True,
            wckey=None,
            additional_parameters={
                "ntasks": 1,
                "requeue": True,
                "signal": f"B:USR2@{request.warning_seconds}",
            },
        )
        lines = [line for line in text.splitlines() if line.startswith("#SBATCH")]
        site = self._values.site
        partition = site.partitions.get(request.partition or "")
        extra = (*site.directives, *(partition.directives if partition else ()))
        directives = "\n".join([*lines, *(f"#SBATCH {option}" for option in extra)])
        return render_script(replace(self._values, directives=directives, command=command))

    def _make_submission_command(self, submission_file_path: Path) -> list[str]:
        # sbatch waits for a controller that is down; a hanging login shell helps nobody.
        limited = ["timeout", "--kill-after=10", str(_SBATCH_SECONDS), "sbatch", str(submission_file_path)]
        return ["env", *(f"--unset={name}" for name in _foreign_wishes(self._request, os.environ)), *limited]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A job array that Slurm took."""

    job: str
    script: Path


class SubmissionUnknownError(SchedulerError):
    """Slurm may or may not have taken an array."""


def submit_array(request: ArrayRequest, values: ScriptValues, *, function: Task, argument: str) -> Submission:
    """Submit an array and return its job id.

    Raises SchedulerError with sbatch's words, SubmissionUnknownError if it did not end, SiteError if the folder isn't
    private.
    """
    try:
        job = TemplateExecutor(request, values).submit_copies(function, argument)
    except (utils.FailedJobError, utils.FailedSubmissionError) as error:
        words = _sbatch_words(str(error))
        timed_out = isinstance(error.__cause__, subprocess.CalledProcessError) and (
            error.__cause__.returncode in _TIMED_OUT
        )
        if timed_out and not (_RETRY_WORDS in words and _is_unknown_to_slurm(request.name)):
            raise SubmissionUnknownError(
                f"sbatch did not end within {_SBATCH_SECONDS} s: {words}",
                hint="the controller is down or its queue is full; Slurm may have the array all the same",
            ) from None
        raise SchedulerError(
            f"sbatch refused {request.task_count} tasks: {words}",
            hint="`qmnmr site check` shows partitions and limits; `--dry-run` prints the script",
        ) from None
    except RuntimeError as error:
        raise SchedulerError(
            f"this machine can't submit to Slurm: {error}", hint="is this a login node of the cluster?"
        ) from None
    return Submission(job=job, script=values.folder / f"{job}_submission.sh")


def _is_unknown_to_slurm(name: str) -> bool:
    """Return whether the controller answers and has no array of this name."""
    try:
        return not ask_squeue([name])
    except SchedulerError:
        return False


def array_script(request: ArrayRequest, values: ScriptValues) -> str:
    """Return the very script that sbatch would get."""
    try:
        return TemplateExecutor(request, values).script()
    except RuntimeError as error:
        raise SchedulerError(
            f"this machine has no Slurm: {error}", hint="install slurm-client to see scripts"
        ) from None


def check_private(folder: Path) -> None:
    """Raise SiteError unless the folder is this user's and nobody else may look into it."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise SiteError(
            f"{folder} must be a folder of yours that nobody else can enter: what is in it is run in your jobs",
            hint=f"chmod 700 {folder}",
        )


def _foreign_wishes(request: ArrayRequest, environment: Mapping[str, str]) -> list[str]:
    """Return the SBATCH_* variables that would overrule the script; account and the like count where it has none."""
    allowed = {"SBATCH_EXPORT", "SBATCH_CLUSTERS", "SBATCH_RESERVATION"}
    allowed |= {"SBATCH_ACCOUNT"} if request.account is None else set()
    allowed |= {"SBATCH_QOS"} if request.qos is None else set()
    allowed |= {"SBATCH_PARTITION"} if request.partition is None else set()
    return sorted(name for name in environment if name.startswith("SBATCH_") and name not in allowed)


def _python(site: SiteProfile) -> str:
    if site.python:
        return site.python
    is_inside = site.container is not None and site.container.runs == "task"
    return "python3" if is_inside else shlex.quote(sys.executable)


def _sbatch_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if "sbatch:" in line]
    return "; ".join(dict.fromkeys(lines)) or text.strip()[-300:] or "it said nothing"
