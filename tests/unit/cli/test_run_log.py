"""RUN/qmnmr.log: who did what, when and where, and how it ended."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qmnmr.cli.main import cli
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import plan_run
from qmnmr.runs.request import RunRequest

_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00 [^\s@]+@[^\s\[]+\[\d+\] (?P<text>.+)")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    plan = plan_run(RunRequest(inputs=("C",), solvent="gas", protocol="draft", engine="nwchem"))
    folder = RunFolder(tmp_path / "run")
    folder.start(plan.settings, plan.molecules)
    return folder


def call(*argv: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in argv])


def texts(run: RunFolder) -> list[str]:
    found = [_LINE.fullmatch(line) for line in run.log_file.read_text().splitlines()]
    return [line["text"] for line in found if line is not None] if all(found) else ["a line is not as it should be"]


def test_a_command_that_changes_a_run_says_how_it_ended(run: RunFolder) -> None:
    assert call("collect", run.path).exit_code == 6
    begin, error, end = texts(run)
    assert begin.startswith("begins: qmnmr")
    assert (error, end) == ("Error: 1 of 1 molecules are not complete (1 not_submitted)", "ends: exit code 6")
    assert call("cancel", run.path).exit_code == 0
    assert texts(run)[-2:] == ["nothing of this run is in the queue", "ends: exit code 0"]


def test_a_command_that_only_reads_a_run_leaves_no_line(run: RunFolder, tmp_path: Path) -> None:
    call("status", run.path)
    call("collect", run.path, "--out", tmp_path / "tables")
    assert not run.log_file.exists()


def test_a_log_that_can_not_be_written_stops_no_command(run: RunFolder) -> None:
    run.log_file.mkdir()
    assert call("cancel", run.path).exit_code == 0
    assert "not_submitted" in call("collect", run.path).output


def test_an_error_of_qmnmr_itself_is_an_outcome(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of a test")

    monkeypatch.setattr("qmnmr.cli.cluster.collect.run_status", fail)
    assert isinstance(call("collect", run.path).exception, ZeroDivisionError)
    assert texts(run)[-1] == "ends: exit code 1: ZeroDivisionError: of a test"


def test_lines_of_several_commands_at_once_do_not_mix(run: RunFolder) -> None:
    argv = [sys.executable, "-m", "qmnmr", "cancel", str(run.path)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: subprocess.run(argv, capture_output=True, check=False).returncode, range(4)))
    assert done == [0] * 4
    assert sorted(texts(run))[-8:] == ["ends: exit code 0"] * 4 + ["nothing of this run is in the queue"] * 4


def test_importing_submitit_ends_no_log(run: RunFolder) -> None:
    """Its logging.config closes all handlers; an array is submitted in the middle of a command."""
    code = (
        "import sys, click; from pathlib import Path; from qmnmr.cli.console import say, set_up_logging\n"
        "from qmnmr.cli.run_log import log_command; from qmnmr.runs.folder.run_folder import RunFolder\n"
        "set_up_logging(verbosity=0)\n"
        "with click.Context(click.Command('x'), obj={}):\n"
        "    log_command(RunFolder(Path(sys.argv[1])))\n"
        "    import qmnmr.cluster.slurm.submitit_seams\n"
        "    say('afterwards')\n"
    )
    subprocess.run([sys.executable, "-c", code, str(run.path)], check=True)
    assert texts(run)[-1] == "afterwards"
