"""submitit's seams that we use. If one of these fails, submitit has changed: look at submitit_seams.py."""

from __future__ import annotations

import inspect
import logging
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import submitit
from submitit.core import core, logger, utils
from submitit.slurm import slurm

from qmnmr.cluster.slurm.submitit_seams import (
    PICKLE,
    ScriptSubmission,
    SubmissionFailedError,
    kept_script,
    sbatch_directives,
)

TEMPLATE = Path(__file__).resolve().parents[4] / "slurm_templates" / "array.sh.j2"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for submissions on a machine that has an srun."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "srun").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "srun").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "jobs").mkdir()
    return tmp_path / "jobs"


def submission(folder: Path, *, sbatch: str = "echo Submitted batch job 42") -> ScriptSubmission:
    """Return a submission whose script is the task's command, sent to a line of shell in place of sbatch."""
    return ScriptSubmission(
        folder,
        python=shlex.quote(sys.executable),
        render=lambda command: f"#!/bin/sh\nexec {command}\n",
        submit=lambda path: ["sh", "-c", sbatch, str(path)],
    )


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_the_pinned_submitit_is_installed() -> None:
    assert submitit.__version__.startswith("1.5.")


def test_slurm_executor_takes_folder_and_python_and_by_affinity_wants_an_srun(tmp_path: Path, monkeypatch) -> None:
    assert {"folder", "python"} <= set(parameters(slurm.SlurmExecutor))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="srun"):
        slurm.SlurmExecutor(tmp_path)
    assert submission(tmp_path).script().startswith("#!/bin/sh\nexec ")


def test_names_of_ours_hide_none_of_submitit(folder: Path) -> None:
    ours = {"submit_copies", "script", "_own_text", "_own_command"}
    assert not ours & (set(dir(slurm.SlurmExecutor)) | set(vars(slurm.SlurmExecutor(folder))))
    assert ours <= set(dir(submission(folder)))


def test_make_submission_file_text_gives_what_is_submitted(folder: Path) -> None:
    assert parameters(slurm.SlurmExecutor._make_submission_file_text) == ["self", "command", "uid"]
    sent = submission(folder, sbatch=f'cp "$0" {folder}/sent; echo Submitted batch job 42')
    assert sent.submit_copies(print, "x", minutes=5) == "42"
    assert (folder / "sent").read_text() == sent.script()


def test_make_submission_command_submits_it(folder: Path) -> None:
    assert parameters(slurm.SlurmExecutor._make_submission_command) == ["self", "submission_file_path"]
    assert submission(folder, sbatch="echo Submitted batch job 17").submit_copies(print, "x", minutes=5) == "17"


def test_submit_command_keeps_the_script_under_the_name_of_its_job(folder: Path) -> None:
    assert parameters(core.PicklingExecutor._submit_command) == ["self", "command"]
    sent = submission(folder)
    sent.submit_copies(print, "x", minutes=5)
    assert kept_script(folder, "42") == folder / "42_submission.sh"
    assert kept_script(folder, "42").read_text() == sent.script()
    assert {p.name for p in folder.iterdir()} == {PICKLE, "42_submission.sh"}


def test_submitit_command_str_is_what_a_task_runs(folder: Path) -> None:
    assert isinstance(inspect.getattr_static(slurm.SlurmExecutor, "_submitit_command_str"), property)
    words = shlex.split(submission(folder).script().splitlines()[1])
    assert words == ["exec", sys.executable, "-u", "-m", "submitit.core._submit", str(folder)]


def test_make_sbatch_string_knows_the_options_and_names_the_log(folder: Path) -> None:
    lines = sbatch_directives(
        folder,
        task_count=3,
        options={
            "array_parallelism": 2,
            "stderr_to_stdout": True,
            "wckey": None,
            "additional_parameters": {"ntasks": 1},
        },
    )
    assert {"#SBATCH --array=0-2%2", "#SBATCH --ntasks=1", f"#SBATCH --output={folder}/%A_%a_0_log.out"} <= set(lines)
    assert not any("wckey" in line or "error" in line for line in lines)


@pytest.mark.parametrize(("sbatch", "exit_code"), [("echo no >&2; exit 124", 124), ("echo nothing to read", None)])
def test_failed_job_error_carries_the_words_and_the_exit_code(folder: Path, sbatch: str, exit_code: int | None) -> None:
    with pytest.raises(SubmissionFailedError, match="no") as raised:
        submission(folder, sbatch=sbatch).submit_copies(print, "x", minutes=5)
    assert raised.value.exit_code == exit_code
    assert issubclass(utils.FailedJobError, Exception)
    assert issubclass(utils.FailedSubmissionError, Exception)
    assert [p.name for p in folder.iterdir()] == [PICKLE]


def on_a_node(folder: Path, code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Submit `exec(code)` as a task and run it as the script does."""
    sent = submission(folder)
    sent.submit_copies(exec, code, minutes=30)
    os.link(folder / PICKLE, folder / "42_3_submitted.pkl")
    place = {"SUBMITIT_EXECUTOR": "slurm", "SLURM_ARRAY_JOB_ID": "42", "SLURM_ARRAY_TASK_ID": "3", "SLURM_JOB_ID": "45"}
    command = shlex.split(sent.script().splitlines()[1])[1:]
    return subprocess.run(
        command, env=os.environ | place | variables, capture_output=True, text=True, timeout=100, check=False
    )


def test_a_task_finds_its_pickle_and_ends_with_its_own_exit_code_without_a_result(folder: Path) -> None:
    done = on_a_node(folder, "print('here'); raise SystemExit(75)")
    assert done.returncode == 75, done.stderr
    assert "here\n" in done.stdout
    assert not list(folder.glob("*_result.pkl*"))


def test_a_task_that_returns_writes_the_result_that_the_script_removes(folder: Path) -> None:
    assert on_a_node(folder, "pass").returncode == 0
    assert (folder / "42_3_0_result.pkl").exists()
    for name in ("${TASK}_submitted.pkl", "${TASK}_0_result.pkl", "${TASK}_0_result.pkl.save_tmp", PICKLE):
        assert f"$FOLDER/{name}" in TEMPLATE.read_text()


def test_a_result_that_was_cut_off_is_in_the_way(folder: Path) -> None:
    """So that the script removes it before the task starts again."""
    (folder / "42_3_0_result.pkl.save_tmp").touch()
    assert on_a_node(folder, "pass").returncode != 0


def test_a_task_may_set_its_own_handlers_of_signals(folder: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "assert callable(signal.getsignal(signal.SIGUSR2)) and callable(signal.getsignal(signal.SIGTERM))\n"
        "for number in (signal.SIGUSR2, signal.SIGTERM):\n"
        "    signal.signal(number, lambda *_: print('ours', flush=True))\n"
        "    os.kill(os.getpid(), number)\n"
        "sys.exit(9)"
    )
    done = on_a_node(folder, code)
    assert (done.returncode, done.stdout.count("ours")) == (9, 2), done.stderr


def test_its_logger_prints_for_itself() -> None:
    assert logger.get_logger() is logging.getLogger("submitit")
    assert logger.get_logger().handlers


def test_names_of_files_are_those_that_the_script_uses() -> None:
    paths = utils.JobPaths("/f", job_id="42_3")
    assert paths.submitted_pickle == Path("/f/42_3_submitted.pkl")
    assert paths.result_pickle == Path("/f/42_3_0_result.pkl")
    assert paths.stdout == Path("/f/42_3_0_log.out")
