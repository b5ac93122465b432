"""`qmnmr report` on a recorded run, and the pages that `collect` makes."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from qmnmr.cli.main import cli

GOLDEN = Path(__file__).parents[2] / "golden"


def qmnmr(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture
def run(tmp_path):
    """A run of two molecules, one of which failed."""
    return Path(shutil.copytree(GOLDEN / "runs" / "0.1.0" / "finished", tmp_path / "run"))


def test_pages_are_made_and_what_is_there_stays(run):
    done = qmnmr("report", run)
    assert (done.exit_code, done.stdout) == (0, f"{run / 'report.html'}\n")
    page = run / "report" / "C.html"
    before = page.stat().st_mtime_ns
    assert qmnmr("report", run).exit_code == 0
    assert page.stat().st_mtime_ns == before
    assert qmnmr("report", run, "--frequency", "600").exit_code == 0
    assert page.stat().st_mtime_ns > before
    assert "600 MHz" in page.read_text(encoding="utf-8")


def test_the_name_of_a_folder_is_text(run):
    named = run.rename(run.parent / "<img src=x onerror=alert(1)>")
    assert qmnmr("report", named).exit_code == 0
    index = (named / "report.html").read_text(encoding="utf-8")
    assert "<img" not in index
    assert "<h1>&lt;img src=x onerror=alert(1)&gt;</h1>" in index


def test_with_out_the_run_is_not_touched(run, tmp_path):
    files = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    assert qmnmr("report", run, "--out", tmp_path / "deep" / "pages").exit_code == 0
    assert (tmp_path / "deep" / "pages" / "report" / "C.html").exists()
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == files


def test_collect_makes_pages_too(run, tmp_path):
    assert qmnmr("collect", run, "--out", tmp_path / "tables").exit_code == 6  # one molecule failed
    index = (tmp_path / "tables" / "report.html").read_text(encoding="utf-8")
    assert 'href="report/C.html"' in index
    assert ">failed<" in index


def test_a_molecule_without_result_has_a_line_and_no_page(run):
    assert qmnmr("report", run).exit_code == 0
    (run / "molecules" / "C" / "prediction.json").unlink()
    assert qmnmr("report", run).exit_code == 0
    assert not (run / "report" / "C.html").exists()
    index = (run / "report.html").read_text(encoding="utf-8")
    assert 'href="report/C.html"' not in index
    assert "no result yet" in index


def test_si_prints_the_paragraph_and_names_who_has_none(run):
    done = qmnmr("report", run, "--si")
    assert done.exit_code == 0
    assert done.stdout.startswith("C\n1H NMR (400 MHz, CDCl3, calc.) δ ")
    assert "[O-][FH+]: no calibrated shift, no paragraph" in done.stderr
    assert not (run / "report.html").exists()


def test_si_of_a_run_without_any_shift_is_refused(run):
    (run / "molecules" / "C" / "prediction.json").unlink()
    done = qmnmr("report", run, "--si")
    assert done.exit_code == 2
    assert "no molecule of" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--experiment", "13C NMR (101 MHz, CDCl3) δ 2.1"), "which of the run's 2 molecules is meant?"),
        (("--experiment", "13C NMR δ 2.1", "--molecule", "[O-][FH+]"), "has no result"),
        (("--experiment", "nothing.csv"), "there is no such file"),
    ],
)
def test_an_experiment_that_does_not_fit_is_refused_and_nothing_is_written(run, arguments, said):
    done = qmnmr("report", run, *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (run / "report.html").exists()


def test_a_folder_without_a_run_is_refused(tmp_path):
    done = qmnmr("report", tmp_path)
    assert done.exit_code == 2
    assert "is not a run folder" in done.stderr
