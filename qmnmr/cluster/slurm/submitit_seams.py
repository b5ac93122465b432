"""All that qmnmr knows of submitit beyond its documented use.

submitit has no public way to submit a script of one's own, nor one pickle for all tasks of an array
(docs/decisions/0006). What is used instead stands here alone; each is watched by a test of its own name in
tests/unit/cluster/slurm/test_submitit_seams.py, and pyproject.toml pins submitit to 1.5.

On the login node, `slurm.SlurmExecutor`:
- `affinity()`, overridden: without an srun `__init__(folder, python=)` would raise RuntimeError, but a script can
  be looked at anywhere;
- `_submit_command(command)`, called: writes `.submission_file_<uid>.sh` (1.5.0: without the dot), submits it, reads the
  job's id, keeps the file as `<job>_submission.sh` and leaves a link to it under its first name;
- `_submitit_command_str`, read: what a task runs, `PYTHON -u -m submitit.core._submit FOLDER`;
- `_make_submission_file_text(command, uid)`, overridden: the text that sbatch gets;
- `_make_submission_command(path)`, overridden: the argument list that submits it;
- `slurm._make_sbatch_string(…)`, called: its #SBATCH lines;
- `utils.DelayedSubmission(function, argument)`, `set_timeout`, `dump`: the pickle of a task;
- `utils.FailedJobError`, whose cause is the CalledProcessError of sbatch, and `utils.FailedSubmissionError`.

On the node, `submitit.core._submit`, as array.sh.j2 and cluster.node.array_task rely on it:
- SUBMITIT_EXECUTOR=slurm makes it read SLURM_ARRAY_JOB_ID and SLURM_ARRAY_TASK_ID;
- it loads `<array>_<index>_submitted.pkl` in the folder, and would write `<array>_<index>_0_result.pkl`, first under
  that name with `.save_tmp`, which must not exist;
- a SystemExit of the function ends it with that code, and no result is written;
- its handlers of TERM and USR2 are set before the function is called, which may set its own;
- the log is `<array>_<index>_0_log.out`; its logger is called "submitit" and prints for itself.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from submitit.core import utils
from submitit.slurm import slurm

Task = Callable[[str], None]

PICKLE = "task.pkl"
"""Our own name for the pickle of all tasks of an array; the script links it to the name that submitit expects."""


class SubmissionFailedError(Exception):
    """sbatch did not submit, or did not say that it did; `exit_code` is None in the latter case."""

    def __init__(self, words: str, *, exit_code: int | None) -> None:
        super().__init__(words)
        self.exit_code = exit_code


class ScriptSubmission(slurm.SlurmExecutor):  # type: ignore[misc]
    """Submits a script of our own, whose every task is one and the same call.

    `render` turns the command of a task to the script, `submit` the script's path to the argument list that submits it.
    """

    def __init__(
        self, folder: Path, *, python: str, render: Callable[[str], str], submit: Callable[[Path], list[str]]
    ) -> None:
        super().__init__(folder, python=python)
        self._own_text = render
        self._own_command = submit

    def submit_copies(self, function: Task, argument: str, *, minutes: int) -> str:
        """Submit an array whose every task is `function(argument)`, with this time limit; return the array's job id.

        Raises SubmissionFailedError with sbatch's words.
        """
        call = utils.DelayedSubmission(function, argument)
        call.set_timeout(minutes, 0)
        call.dump(self.folder / PICKLE)
        try:
            return str(self._submit_command(self._submitit_command_str).job_id)
        except utils.FailedJobError as error:
            cause = error.__cause__
            code = cause.returncode if isinstance(cause, subprocess.CalledProcessError) else None
            raise SubmissionFailedError(str(error), exit_code=code) from None
        except utils.FailedSubmissionError as error:
            raise SubmissionFailedError(str(error), exit_code=None) from None
        finally:  # what submitit handed to sbatch: a link to the kept script by now, or refused
            for leftover in self.folder.glob("*submission_file_*.sh"):
                leftover.unlink()

    def script(self) -> str:
        """Return the very text that sbatch gets."""
        return self._own_text(self._submitit_command_str)

    @classmethod
    def affinity(cls) -> int:
        """Return what submitit takes for a machine with Slurm."""
        return 1

    def _make_submission_file_text(self, command: str, uid: str) -> str:
        return self._own_text(command)

    def _make_submission_command(self, submission_file_path: Path) -> list[str]:
        return self._own_command(submission_file_path)


def sbatch_directives(folder: Path, *, task_count: int, options: Mapping[str, object]) -> list[str]:
    """Return the #SBATCH lines of an array that logs into the folder; options are named as submitit names them."""
    text = slurm._make_sbatch_string(command="", folder=folder, map_count=task_count, **options)
    return [line for line in text.splitlines() if line.startswith("#SBATCH")]


def kept_script(folder: Path, job: str) -> Path:
    """Return where submitit keeps the script of an array."""
    return Path(utils.JobPaths(folder, job_id=job).submission_file)
