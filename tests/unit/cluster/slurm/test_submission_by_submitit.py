"""What reaches sbatch, and what becomes of its answers."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from qmnmr.cluster.node.array_task import run_task
from qmnmr.cluster.sites.profile_files import load_profiles
from qmnmr.cluster.slurm.job_script import ScriptValues, shell_words
from qmnmr.cluster.slurm.submission_by_submitit import array_script, check_private, submit_array
from qmnmr.datatypes.job import ArrayRequest, Resources
from qmnmr.errors import (
    ControllerAwayError,
    LimitReachedError,
    QueueFullError,
    SchedulerError,
    SiteError,
    SubmissionUnknownError,
)


def request_for(count: int) -> ArrayRequest:
    return ArrayRequest(
        name="qmnmr-0123-001",
        task_count=count,
        resources=Resources(cores=4, memory_mb=8000),
        minutes=90,
        warning_seconds=300,
        partition="short",
        account="chem",
    )


def values_in(folder: Path) -> ScriptValues:
    site = load_profiles(())["example-university"]
    return ScriptValues(
        site=site,
        directives="",
        command="",
        folder=folder,
        run_folder=folder.parent,
        task_count=5,
        scratch_folders=shell_words(site.scratch.folders),
        scratch_needed_mb=500,
        grace_seconds=20,
    )


@pytest.fixture
def fake_sbatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An sbatch that keeps what it gets and answers as the real one does; its words and exit code can be set."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {
        "sbatch": '#!/bin/bash\ncp "$1" "$(dirname "$0")/received.sh"\necho "$FAKE_SAYS" >&2\n'
        'echo "Submitted batch job 42"\nexit ${FAKE_CODE:-0}\n',
        "srun": "#!/bin/bash\n",
    }.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def test_what_reaches_sbatch_is_the_rendered_template_also_for_arrays(tmp_path: Path, fake_sbatch: Path) -> None:
    request, values = request_for(5), values_in(tmp_path / "jobs")
    announced = array_script(request, values)
    submission = submit_array(request, values, function=run_task, argument="/run/jobs/001/task.json")
    assert submission.job == "42"
    received = (fake_sbatch / "received.sh").read_text()
    assert received == announced == submission.script.read_text()
    assert "module load nwchem" in received
    for option in (
        "--array=0-4%5",
        "--cpus-per-task=4",
        "--mem=8000M",
        "--time=90",
        "--signal=B:USR2@300",
        "--partition=short",
        "--account=chem",
        "--requeue",
        "--ntasks=1",
    ):
        assert f"#SBATCH {option}\n" in received
    assert "wckey" not in received
    assert "srun" not in received.replace("No srun", "")


def test_wishes_in_the_environment_do_not_overrule_the_script(
    tmp_path: Path, fake_sbatch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fake_sbatch / "sbatch").write_text('#!/bin/bash\nenv > "$(dirname "$0")/env"\necho "Submitted batch job 42"\n')
    for name in ("SBATCH_PARTITION", "SBATCH_TIMELIMIT", "SBATCH_QOS"):
        monkeypatch.setenv(name, "x")
    submit_array(request_for(5), values_in(tmp_path / "jobs"), function=run_task, argument="x")
    seen = [line for line in (fake_sbatch / "env").read_text().splitlines() if line.startswith("SBATCH_")]
    assert seen == ["SBATCH_QOS=x"]  # the request has a partition and a time, but no quality of service


def test_an_array_is_two_files_however_long_it_is(tmp_path: Path, fake_sbatch: Path) -> None:
    values = values_in(tmp_path / "jobs")
    submit_array(request_for(5000), values, function=run_task, argument="x")
    assert {p.name for p in values.folder.iterdir()} == {"task.pkl", "42_submission.sh"}
    assert oct(values.folder.stat().st_mode & 0o777) == "0o700"


def test_the_pickle_is_a_reference_to_one_function_and_a_path(tmp_path: Path, fake_sbatch: Path) -> None:
    values = values_in(tmp_path / "jobs")
    submit_array(request_for(2), values, function=run_task, argument="/run/jobs/001/task.json")
    data = (values.folder / "task.pkl").read_bytes()
    assert len(data) < 1000
    delayed = pickle.loads(data)  # noqa: S301  (of this very test)
    assert delayed.function is run_task
    assert delayed.args == ("/run/jobs/001/task.json",)
    assert delayed.kwargs == {}


def test_sbatch_words_are_passed_on(tmp_path: Path, fake_sbatch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_CODE", "1")
    monkeypatch.setenv("FAKE_SAYS", "sbatch: error: invalid partition specified: nosuch")
    with pytest.raises(SchedulerError, match="invalid partition specified: nosuch"):
        submit_array(request_for(2), values_in(tmp_path / "jobs"), function=run_task, argument="x")


def test_an_sbatch_that_does_not_end_leaves_it_open_whether_it_submitted(
    tmp_path: Path, fake_sbatch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_CODE", "124")  # as `timeout` ends
    with pytest.raises(SubmissionUnknownError):
        submit_array(request_for(2), values_in(tmp_path / "jobs"), function=run_task, argument="x")


@pytest.mark.parametrize("is_taken", [False, True])
def test_an_sbatch_that_waits_for_a_full_queue_is_refused_unless_slurm_has_the_array(
    tmp_path: Path, fake_sbatch: Path, monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    monkeypatch.setenv("FAKE_CODE", "124")
    monkeypatch.setenv("FAKE_SAYS", "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying")
    line = f"42|0|{request_for(2).name}|PENDING|Priority||0|" if is_taken else ""
    (fake_sbatch / "squeue").write_text(f"#!/bin/bash\necho '{line}'\n")
    (fake_sbatch / "squeue").chmod(0o755)
    with pytest.raises(SchedulerError, match="temporarily unable to accept job") as raised:
        submit_array(request_for(2), values_in(tmp_path / "jobs"), function=run_task, argument="x")
    assert type(raised.value) is (SubmissionUnknownError if is_taken else QueueFullError)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (
            "Batch job submission failed: Job violates accounting/QOS policy (QOSMaxSubmitJobPerUserLimit)",
            LimitReachedError,
        ),
        ("AssocMaxSubmitJobLimit", LimitReachedError),
        ("AssocGrpSubmitJobsLimit", LimitReachedError),
        ("Slurm temporarily unable to accept job, sleeping and retrying", QueueFullError),
        ("Batch job submission failed: job queue full", QueueFullError),
        ("Batch job submission failed: Unable to contact slurm controller (connect failure)", ControllerAwayError),
        ("invalid partition specified: nosuch", SchedulerError),
    ],
)
def test_a_refusal_is_named_where_sbatch_is_read(
    tmp_path: Path, fake_sbatch: Path, monkeypatch: pytest.MonkeyPatch, words: str, kind: type[SchedulerError]
) -> None:
    monkeypatch.setenv("FAKE_CODE", "1")
    monkeypatch.setenv("FAKE_SAYS", f"sbatch: error: {words}")
    with pytest.raises(SchedulerError, match="sbatch refused 2 tasks") as raised:
        submit_array(request_for(2), values_in(tmp_path / "jobs"), function=run_task, argument="x")
    assert type(raised.value) is kind


@pytest.mark.parametrize("is_taken", [False, True, None])
def test_a_lost_answer_leaves_it_open_whether_the_array_was_submitted(
    tmp_path: Path, fake_sbatch: Path, monkeypatch: pytest.MonkeyPatch, is_taken: bool | None
) -> None:
    monkeypatch.setenv("FAKE_CODE", "1")
    monkeypatch.setenv(
        "FAKE_SAYS", "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation"
    )
    line = f"42|0|{request_for(2).name}|PENDING|Priority||0|" if is_taken else ""
    says = "exit 1" if is_taken is None else f"echo '{line}'"
    (fake_sbatch / "squeue").write_text(f"#!/bin/bash\n{says}\n")
    (fake_sbatch / "squeue").chmod(0o755)
    with pytest.raises(SchedulerError, match="Socket timed out") as raised:
        submit_array(request_for(2), values_in(tmp_path / "jobs"), function=run_task, argument="x")
    assert type(raised.value) is (ControllerAwayError if is_taken is False else SubmissionUnknownError)


def test_sbatch_is_given_up_after_its_time(tmp_path: Path, fake_sbatch: Path) -> None:
    (fake_sbatch / "timeout").write_text('#!/bin/bash\necho "$@" > "$(dirname "$0")/limit"\nshift 2\nexec "$@"\n')
    (fake_sbatch / "timeout").chmod(0o755)
    submit_array(request_for(2), values_in(tmp_path / "jobs"), function=run_task, argument="x")
    assert (fake_sbatch / "limit").read_text().startswith("--kill-after=10 90 sbatch ")


def test_a_folder_that_others_can_enter_is_refused(tmp_path: Path, fake_sbatch: Path) -> None:
    folder = tmp_path / "jobs"
    folder.mkdir(mode=0o755)
    with pytest.raises(SiteError, match="nobody else can enter"):
        submit_array(request_for(2), values_in(folder), function=run_task, argument="x")


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(SiteError):
        check_private(tmp_path / "link")


def test_no_module_of_the_login_side_loads_pickles() -> None:
    root = Path(__file__).resolve().parents[4] / "qmnmr"
    modules = [*root.glob("cli/**/*.py"), *root.glob("cluster/**/*.py")]
    assert len(modules) > 40
    for path in modules:
        text = path.read_text()
        for word in ("import pickle", "cloudpickle", ".results()", ".result(", "DelayedSubmission.load"):
            if word == ".result(" and "futures" in text:
                continue
            assert word not in text, f"{path}: {word}"


@pytest.mark.parametrize("module", ["qmnmr.cli.main", "qmnmr.cli.cluster.status", "qmnmr.cli.cluster.cancel"])
def test_the_command_line_does_not_load_submitit_before_it_is_needed(module: str) -> None:
    code = f"import sys, {module}; sys.exit(any(m.split('.')[0] in ('submitit', 'rdkit') for m in sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True)
