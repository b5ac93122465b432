"""Submission of our own script through submitit, which names the files, calls sbatch and starts the task on the node.

submitit would write one pickle for each task of an array. All tasks of ours are the same call, so that one pickle
serves them all: the script links it to the name that submitit expects. Nothing of ours reads a pickle on the login
node. What is used of submitit for it is told in submitit_seams.
"""

from __future__ import annotations

import os
import shlex
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from qmnmr.cluster.sites.site_profile import SiteProfile
from qmnmr.cluster.slurm.commands import ask_squeue
from qmnmr.cluster.slurm.environment import WARNING_SIGNAL
from qmnmr.cluster.slurm.job_script import ScriptValues, render_script
from qmnmr.cluster.slurm.submitit_seams import (
    ScriptSubmission,
    SubmissionFailedError,
    Task,
    kept_script,
    sbatch_directives,
)
from qmnmr.cluster.slurm.text import may_have_arrived, refusal_kind
from qmnmr.datatypes.job import ArrayRequest
from qmnmr.errors import ControllerAwayError, SchedulerError, SiteError, SubmissionUnknownError

_SBATCH_SECONDS = 90
_TIMED_OUT = (124, 137, -9)  # how `timeout` ends
_HINT = "`qmnmr site check` shows partitions and limits; `--dry-run` prints the script"
_HINTS: dict[type[SchedulerError], str] = {
    ControllerAwayError: "nothing was submitted; wait for the controller and run the same command again"
}
_RETRY_WORDS = "sleeping and retrying"  # of sbatch, for two minutes, while the controller takes no job of anybody


def _submission(request: ArrayRequest, values: ScriptValues) -> ScriptSubmission:
    return ScriptSubmission(
        values.folder,
        python=_python(values.site),
        render=lambda command: _script(request, values, command),
        submit=lambda path: _sbatch(request, path),
    )


def _script(request: ArrayRequest, values: ScriptValues, command: str) -> str:
    """Return the script of an array whose tasks run this command."""
    lines = sbatch_directives(
        values.folder,
        task_count=request.task_count,
        options={
            "array_parallelism": request.parallelism or request.task_count,
            "job_name": request.name,
            "time": request.minutes,
            "cpus_per_task": request.resources.cores,
            "mem": f"{request.resources.memory_mb}M",
            "partition": request.partition,
            "account": request.account,
            "qos": request.qos,
            "stderr_to_stdout": True,
            "wckey": None,
            "additional_parameters": {
                "ntasks": 1,
                "requeue": True,
                "signal": f"B:{WARNING_SIGNAL.name.removeprefix('SIG')}@{request.warning_seconds}",
            },
        },
    )
    site = values.site
    partition = site.partitions.get(request.partition or "")
    extra = (*site.directives, *(partition.directives if partition else ()))
    directives = "\n".join([*lines, *(f"#SBATCH {option}" for option in extra)])
    return render_script(replace(values, directives=directives, command=command))


def _sbatch(request: ArrayRequest, script: Path) -> list[str]:
    """Return the argument list that submits a script."""
    # sbatch waits for a controller that is down; a hanging login shell helps nobody.
    limited = ["timeout", "--kill-after=10", str(_SBATCH_SECONDS), "sbatch", str(script)]
    return ["env", *(f"--unset={name}" for name in _foreign_wishes(request, os.environ)), *limited]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A job array that Slurm took."""

    job: str
    script: Path


def submit_array(request: ArrayRequest, values: ScriptValues, *, function: Task, argument: str) -> Submission:
    """Submit an array and return its job id.

    Raises SchedulerError with sbatch's words, of the kind that they mean, SubmissionUnknownError if sbatch did not end,
    SiteError if the folder isn't private.
    """
    try:
        submission = _submission(request, values)
        values.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_private(values.folder)
        job = submission.submit_copies(function, argument, minutes=request.minutes)
    except SubmissionFailedError as error:
        words = _sbatch_words(str(error))
        if _is_open(error.exit_code, words, name=request.name):
            ended = f"did not end within {_SBATCH_SECONDS} s" if error.exit_code in _TIMED_OUT else "got no answer"
            raise SubmissionUnknownError(
                f"sbatch {ended}: {words}",
                hint="the controller is down or its queue is full; Slurm may have the array all the same",
            ) from None
        kind = refusal_kind(words)
        raise kind(f"sbatch refused {request.task_count} tasks: {words}", hint=_HINTS.get(kind, _HINT)) from None
    return Submission(job=job, script=kept_script(values.folder, job))


def _is_open(exit_code: int | None, words: str, *, name: str) -> bool:
    """Return whether Slurm may have an array all the same, although sbatch failed."""
    if exit_code in _TIMED_OUT:
        return not (_RETRY_WORDS in words and _is_unknown_to_slurm(name))
    return may_have_arrived(words) and not _is_unknown_to_slurm(name)


def _is_unknown_to_slurm(name: str) -> bool:
    """Return whether the controller answers and has no array of this name."""
    try:
        return not ask_squeue([name])
    except SchedulerError:
        return False


def array_script(request: ArrayRequest, values: ScriptValues) -> str:
    """Return the very script that sbatch would get."""
    return _submission(request, values).script()


def check_private(folder: Path) -> None:
    """Raise SiteError unless the folder is this user's and nobody else may look into it."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise SiteError(
            f"{folder} must be a folder of yours that nobody else can enter: what is in it is run in your jobs",
            hint=f"`chmod 700 {shlex.quote(str(folder))}`",
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
