"""The commands for clusters, where there is no cluster."""

from __future__ import annotations

import csv
import json
import os
import platform
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qmnmr.cli.cluster.cluster_options import WallTime
from qmnmr.cli.main import cli
from qmnmr.cluster.job_records import JobsFolder, now_utc
from qmnmr.cluster.schedulers import SCHEDULERS
from qmnmr.cluster.task_record import TaskRecord, save_task_record
from qmnmr.datatypes.job import JobState
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import plan_run
from qmnmr.runs.request import RunRequest
from tests.support.fake_scheduler import FakeScheduler


@pytest.fixture
def no_slurm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def qmnmr(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90", 90), ("1:30:00", 90), ("2-00:00:00", 2880), ("1-12", 2160), ("30:00", 30), ("0:29:30", 30)],
)
def test_times_are_read_as_slurm_writes_them(text: str, minutes: int) -> None:
    assert WallTime().convert(text, None, None) == minutes


@pytest.mark.parametrize("text", ["1", "0", "soon", "1:2:3:4", "-5", "2d"])
def test_times_that_make_no_sense_are_refused(text: str) -> None:
    assert qmnmr("submit", "C", "--time", text, "--dry-run").exit_code == 2


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A run whose submission ended before an array was sent."""
    folder = RunFolder(tmp_path / "run")
    plan = plan_run(RunRequest(inputs=("C",), solvent="gas", protocol="draft", engine="nwchem"))
    folder.start(plan.settings, plan.molecules)
    return folder.path


@pytest.mark.usefixtures("no_slurm")
def test_without_slurm_submit_says_so_and_leaves_no_folder(tmp_path: Path) -> None:
    done = qmnmr("submit", "C", "--solvent", "gas", "--out", str(tmp_path / "run"), "--yes")
    assert done.exit_code == 5
    assert "scontrol was not found" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("no_slurm")
def test_without_slurm_a_dry_run_shows_the_script_of_the_sites_profile(tmp_path: Path) -> None:
    words = ("submit", "C", "O", "--solvent", "gas", "--protocol", "draft", "--site", "example-university")
    done = qmnmr(*words, "--out", str(tmp_path / "run"), "--dry-run")
    assert done.exit_code == 0
    assert "#SBATCH --array=0-1%2\n" in done.stdout
    assert "scontrol was not found: the script is that of the site example-university with Slurm's own" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("no_slurm")
def test_a_run_that_was_never_submitted_is_told_as_that(begun: Path) -> None:
    found = json.loads(qmnmr("status", str(begun), "--json").stdout)
    assert found["counts"] == {"not_submitted": 1}
    assert "not_submitted 1" in qmnmr("status", str(begun)).stdout
    assert qmnmr("resume", str(begun), "--yes").exit_code == 2


@pytest.mark.usefixtures("no_slurm")
def test_collecting_an_unfinished_run_marks_what_is_missing_and_ends_with_6(begun: Path) -> None:
    done = qmnmr("collect", str(begun))
    assert done.exit_code == 6
    assert "1 of 1 molecules are not complete (1 not_submitted)" in done.stderr
    (row,) = csv.DictReader((begun / "shifts.csv").read_text().splitlines())
    assert (row["nucleus"], row["status"], row["message"]) == ("", "unfinished", "not_submitted")
    (molecule,) = json.loads((begun / "summary.json").read_text())["molecules"]
    assert (molecule["status"], molecule["message"]) == ("unfinished", "not_submitted")


@pytest.mark.parametrize("command", ["status", "resume", "cancel", "collect"])
def test_a_folder_that_is_no_run_is_refused(command: str, tmp_path: Path) -> None:
    done = qmnmr(command, str(tmp_path))
    assert done.exit_code == 2
    assert "is not a run folder" in done.stderr


@pytest.fixture
def quiet_slurm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Commands of a Slurm that has nothing to say and nothing in its queue."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("scontrol", "squeue", "srun", "sbatch"):
        (folder / name).write_text("#!/bin/bash\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def test_a_dry_run_of_an_old_run_prints_what_the_command_would_submit(quiet_slurm: Path, tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    words = ("submit", "C", "O", "N", "--solvent", "gas", "--protocol", "draft", "--engine", "nwchem")
    plan = plan_run(RunRequest(inputs=("C", "O", "N"), solvent="gas", protocol="draft", engine="nwchem"))
    dry_run = (*words, "--out", str(run.path), "--dry-run")
    assert "#SBATCH --array=0-2%3\n" in qmnmr(*dry_run).stdout
    assert not run.path.exists()
    run.start(plan.settings, plan.molecules)
    for molecule in plan.molecules[:2]:
        run.molecule_folder(molecule).save_prediction(
            Prediction(molecule=molecule, status=PredictionStatus.COMPLETED, messages=()), structure_sdf=None
        )
    before = sorted(run.path.rglob("*"))
    done = qmnmr(*dry_run)
    assert "#SBATCH --array=0-0%1\n" in done.stdout
    assert "1 of 3 molecules are to be done" in done.stderr
    assert sorted(run.path.rglob("*")) == before
    (quiet_slurm / "sbatch").write_text('#!/bin/bash\necho "Submitted batch job 42"\n')
    assert qmnmr(*words, "--out", str(run.path), "--yes").exit_code == 0
    (script,) = run.path.glob("jobs/*/*_submission.sh")
    assert script.read_text() == done.stdout


def test_a_dry_run_into_the_folder_of_another_run_is_refused(quiet_slurm: Path, tmp_path: Path) -> None:
    words = ("--solvent", "gas", "--protocol", "draft", "--engine", "nwchem", "--out", str(tmp_path / "run"))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").touch()
    assert qmnmr("submit", "C", *words, "--dry-run").exit_code == 2


TABLE = """molecule,smiles,nucleus,atoms,shift_ppm
methanol,CO,1H,3 4 5,3.5
methanol,CO,1H,6,1.1
water,O,1H,2 3,4.8
ammonia,N,1H,2 3 4,0.5
"""


@pytest.fixture(params=["submit", "calibrate"])
def submission(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, ...]:
    """The words of a command that submits three molecules to tmp_path/run."""
    common = ("--solvent", "gas", "--protocol", "draft", "--engine", "nwchem", "--out", str(tmp_path / "run"))
    if request.param == "submit":
        return ("submit", "C", "O", "N", *common)
    (tmp_path / "mine.csv").write_text(TABLE)
    return ("calibrate", "--set", str(tmp_path / "mine.csv"), "--submit", *common)


def squeue_is_down_for_arrays(folder: Path) -> None:
    (folder / "squeue").write_text(
        '#!/bin/bash\n[[ "$*" != *--name=* ]] || { echo "slurm_load_jobs error" >&2; exit 1; }\n'
    )


def interrupt(run: RunFolder) -> None:
    """Let the tasks of the run say that they were told to end; whether Slurm requeues them only squeue knows."""
    (record,) = JobsFolder(run.path).records()
    for index, molecule_id in enumerate(record.molecules):
        task = TaskRecord(
            number=record.number,
            start=0,
            job="42",
            index=index,
            node="n1",
            state=JobState.INTERRUPTED,
            started_utc=now_utc(),
            updated_utc=now_utc(),
        )
        save_task_record(run.path / "molecules" / molecule_id, task)


@pytest.mark.parametrize("last", ["--yes", "--dry-run"])
def test_what_may_be_in_the_queue_again_is_not_submitted_twice(
    quiet_slurm: Path, tmp_path: Path, submission: tuple[str, ...], last: str
) -> None:
    (quiet_slurm / "sbatch").write_text('#!/bin/bash\necho "Submitted batch job 42"\n')
    assert qmnmr(*submission, "--yes").exit_code == 0
    run = RunFolder(tmp_path / "run")
    interrupt(run)
    squeue_is_down_for_arrays(quiet_slurm)
    done = qmnmr(*submission, last)
    assert done.exit_code == 5
    assert "it is not known what still runs" in done.stderr
    assert done.stdout == ""
    assert len(JobsFolder(run.path).records()) == 1


def test_a_dry_run_prints_what_is_left_of_an_old_run(
    quiet_slurm: Path, tmp_path: Path, submission: tuple[str, ...]
) -> None:
    run = RunFolder(tmp_path / "run")
    assert "#SBATCH --array=0-2%3\n" in qmnmr(*submission, "--dry-run").stdout
    assert not run.path.exists()
    (quiet_slurm / "sbatch").write_text('#!/bin/bash\necho "sbatch: error: invalid account" >&2\nexit 1\n')
    assert qmnmr(*submission, "--yes").exit_code == 5
    for molecule in run.molecules()[:2]:
        run.molecule_folder(molecule).save_prediction(
            Prediction(molecule=molecule, status=PredictionStatus.COMPLETED, messages=()), structure_sdf=None
        )
    before = sorted(run.path.rglob("*"))
    done = qmnmr(*submission, "--dry-run")
    assert "#SBATCH --array=0-0%1\n" in done.stdout
    assert "1 of 3 molecules are to be done" in done.stderr
    assert sorted(run.path.rglob("*")) == before


def test_a_run_that_fits_no_partition_leaves_no_folder(quiet_slurm: Path, submission: tuple[str, ...]) -> None:
    done = qmnmr(*submission, "--site", "example-university", "--time", "99-00", "--yes")
    assert done.exit_code == 3
    assert not Path(submission[-1]).exists()


def test_a_run_that_was_cut_off_before_it_had_molecules_is_told_as_that_and_begun_again(
    quiet_slurm: Path, submission: tuple[str, ...]
) -> None:
    (quiet_slurm / "sbatch").write_text('#!/bin/bash\necho "Submitted batch job 42"\n')
    assert qmnmr(*submission, "--yes").exit_code == 0
    (Path(submission[-1]) / "molecules.jsonl").unlink()
    done = qmnmr("status", submission[-1])
    assert done.exit_code == 2
    assert "has no molecules.jsonl" in done.stderr
    assert qmnmr(*submission, "--dry-run").exit_code == 0


def test_profiles_are_listed_and_shown() -> None:
    assert "example-university" in qmnmr("site", "list").stdout
    assert 'template = "generic.sh.j2"' in qmnmr("site", "show", "generic").stdout
    assert qmnmr("site", "show", "nowhere").exit_code == 3


def test_an_own_profile_with_an_unknown_key_ends_with_3() -> None:
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "qmnmr" / "sites"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text('description = "x"\ntemplate = "generic.sh.j2"\nscratsh = "/x"\n')
    done = qmnmr("site", "show", "mine")
    assert done.exit_code == 3
    assert "scratsh" in done.stderr


def own_profile(name: str, text: str) -> None:
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "qmnmr" / "sites"
    folder.mkdir(parents=True)
    (folder / f"{name}.toml").write_text(text)


def test_a_broken_profile_of_this_machine_is_refused_and_another_site_can_be_named(
    quiet_slurm: Path, submission: tuple[str, ...]
) -> None:
    own_profile("mine", f'description = "x"\naccont = "y"\n[recognition]\nhost_names = ["{platform.node()}"]\n')
    (quiet_slurm / "sbatch").write_text('#!/bin/bash\necho "Submitted batch job 42"\n')
    refused = qmnmr(*submission, "--yes")
    assert refused.exit_code == 3
    assert "`accont`; it is this machine's site" in refused.stderr
    assert "--site generic" in refused.stderr
    assert not Path(submission[-1]).exists()
    assert qmnmr(*submission, "--yes", "--site", "generic").exit_code == 0
    assert qmnmr("status", submission[-1]).exit_code == 0


ONE_OF_EACH = {
    "run.toml": (("status", "resume", "cancel", "collect", "submit"), "begin the run anew in another folder"),
    "molecules.jsonl": (("status", "resume", "collect", "submit"), "repeat the command that began the run"),
    "jobs/settings.json": (("resume",), "repeat the command that submitted the run"),
}
"""The commands that need the file, and the cure."""


@pytest.mark.parametrize("broken", ["cut", "empty", "not UTF-8"])
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_the_files_that_a_run_has_one_of_are_named_where_they_are_broken_and_cured_as_is_said(
    quiet_slurm: Path, submission: tuple[str, ...], name: str, broken: str
) -> None:
    commands, cure = ONE_OF_EACH[name]
    (quiet_slurm / "sbatch").write_text('#!/bin/bash\necho "Submitted batch job 42"\n')
    run = Path(submission[-1])
    assert qmnmr(*submission, "--yes").exit_code == 0
    path = run / name
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[: len(whole) // 3], "empty": b"", "not UTF-8": b"\xff" + whole}[broken])
    for command in commands:
        words = (*submission, "--yes") if command == "submit" else (command, str(run))
        done = qmnmr(*words)
        assert done.exit_code == 7, done.output
        assert str(path) in done.stderr
        assert cure in done.stderr
    if name == "run.toml":
        return
    path.unlink()
    done = qmnmr(*submission, "--yes")
    assert (done.exit_code, "an old run: 0 of 3 molecules are to be done" in done.stderr) == (0, True)
    assert json.loads(qmnmr("status", str(run), "--json").stdout)["counts"] == {"pending": 3}


@pytest.mark.parametrize("count", [0, 2, 4])
def test_a_list_of_molecules_that_is_not_as_long_as_it_was_is_no_shorter_run(
    quiet_slurm: Path, submission: tuple[str, ...], count: int
) -> None:
    (quiet_slurm / "sbatch").write_text('#!/bin/bash\necho "Submitted batch job 42"\n')
    run = Path(submission[-1])
    assert qmnmr(*submission, "--yes").exit_code == 0
    path = run / "molecules.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join((lines * 2)[:count]))
    for command in ("status", "collect", "resume"):
        done = qmnmr(command, str(run))
        assert (done.exit_code, "and the run was begun with 3 molecules" in done.stderr) == (7, True)
    path.unlink()
    if submission[0] == "submit":
        done = qmnmr(*(word for word in submission if word != "O"), "--yes")
        assert (done.exit_code, "begun with 3 molecules, and here it is 2" in done.stderr) == (2, True)


@pytest.mark.usefixtures("no_slurm")
def test_a_line_in_the_list_and_a_key_in_the_profile_are_all_that_another_scheduler_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeScheduler()
    monkeypatch.setitem(SCHEDULERS, "fake", lambda: fake)
    own_profile("generic", 'scheduler = "fake"\n')
    run = str(tmp_path / "run")
    words = ("submit", "C", "O", "--solvent", "gas", "--protocol", "draft", "--engine", "nwchem", "--out", run)
    done = qmnmr(*words, "--yes")
    assert (done.exit_code, "site generic (cluster ci, Fake 1.0)" in done.stderr) == (0, True)
    assert json.loads(qmnmr("status", run, "--json").stdout)["counts"] == {"pending": 2}
    assert "cancelled: 1 array" in qmnmr("cancel", run).stderr
    assert json.loads(qmnmr("status", run, "--json").stdout)["counts"] == {"cancelled": 2}
    assert qmnmr("resume", run, "--yes").exit_code == 0
    assert [array.request.task_count for array in fake.submitted] == [2, 2]
    assert "cluster ci, Fake 1.0" in qmnmr("site", "check").stderr


@pytest.mark.usefixtures("no_slurm")
def test_a_scheduler_that_nobody_knows_is_refused_by_name(tmp_path: Path) -> None:
    own_profile("generic", 'scheduler = "cron"\n')
    done = qmnmr("submit", "C", "--out", str(tmp_path / "run"), "--yes")
    assert (done.exit_code, "there is no scheduler 'cron'" in done.stderr) == (3, True)
    assert not (tmp_path / "run").exists()
