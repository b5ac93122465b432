"""A run that qmnmr 0.1.0 computed with a wrong ground state: named everywhere, used nowhere, and computed again."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qmnmr.cli.main import cli
from qmnmr.cluster.job_records import JobRecord, JobsFolder, RecordStatus
from qmnmr.cluster.run_status import run_status
from qmnmr.cluster.schedulers import scheduler_of
from qmnmr.cluster.task_record import TaskRecord, save_task_record
from qmnmr.datatypes.job import ArrayRequest, JobState, Resources
from qmnmr.runs.folder.run_folder import RunFolder

RECORDED = Path(__file__).parents[1] / "golden" / "runs" / "0.1.0" / "mixed-factors"
WRONG_ENERGY = "c001-shielding2 has -125.854394 hartree"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    shutil.copytree(RECORDED, tmp_path / "run")
    return tmp_path / "run"


def qmnmr(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def test_status_names_it(run: Path) -> None:
    found = qmnmr("status", run)
    assert "failed 1" in found.stdout
    assert WRONG_ENERGY in found.stdout
    assert "computed by qmnmr 0.1.0" in found.stdout


def test_collect_has_no_shifts_of_it(run: Path) -> None:
    found = qmnmr("collect", run)
    assert found.exit_code == 6
    (row,) = csv.DictReader((run / "shifts.csv").read_text().splitlines())
    assert (row["status"], row["shielding_ppm"], row["shift_ppm"]) == ("failed", "", "")
    assert WRONG_ENERGY in row["message"]
    assert WRONG_ENERGY in (run / "summary.json").read_text()


def test_compare_refuses_it(run: Path, tmp_path: Path) -> None:
    (tmp_path / "measured.csv").write_text("nucleus,shift_ppm\n13C,50.4\n")
    found = qmnmr("compare", run, tmp_path / "measured.csv")
    assert found.exit_code == 2
    assert WRONG_ENERGY in found.stderr


def test_a_task_that_called_it_completed_is_not_believed(run: Path) -> None:
    folder = RunFolder(run)
    (molecule,) = folder.molecules()
    JobsFolder(run).claim_number()
    record = JobRecord(
        number="001",
        status=RecordStatus.SUBMITTED,
        site="generic",
        size_class="small",
        request=ArrayRequest(
            name="qmnmr-0-001", task_count=1, resources=Resources(cores=1, memory_mb=1), minutes=5, warning_seconds=20
        ),
        molecules=(molecule.id,),
        submitted_utc="2026-11-21T00:00:00+00:00",
        job="7",
    )
    JobsFolder(run).save(record)
    task = TaskRecord(
        number="001",
        start=0,
        job="7",
        index=0,
        node="n1",
        state=JobState.COMPLETED,
        started_utc="2026-11-21T00:00:00+00:00",
        updated_utc="2026-11-21T00:10:00+00:00",
    )
    save_task_record(folder.molecule_folder(molecule).path, task)
    status = run_status(folder, scheduler=scheduler_of(folder))
    assert [m.state for m in status.molecules] == [JobState.FAILED]
    assert status.unfinished, "resume takes it up"


def test_the_same_command_computes_what_was_wrong_again(run: Path) -> None:
    """And the rest too: results of another auxiliary basis answer another question than today's."""
    pytest.importorskip("pyscf")
    found = qmnmr(
        "predict", "CO", "--protocol", "standard", "--engine", "pyscf", "--cores", "1", "--out", run, "--json"
    )
    assert found.exit_code == 0, found.stderr
    (molecule,) = json.loads(found.stdout)["molecules"]
    carbon = next(s for s in molecule["shifts"] if s["nucleus"] == "13C")
    assert carbon["shift_ppm"] == pytest.approx(51.6, abs=0.1)  # some 67 before, measured 50.4
    assert "completed 1" in qmnmr("status", run).stdout
    assert qmnmr("collect", run).exit_code == 0
    (archive,) = run.glob("molecules/*/calculations.zip")
    shutil.unpack_archive(archive, run / "new")
    assert json.loads((run / "new/c001-shielding2/result.json").read_bytes())["result"]["memory_mb"] > 100


def test_right_results_of_the_same_version_stand(run: Path) -> None:
    path = next(run.glob("molecules/*/prediction.json"))
    path.write_text(path.read_text().replace("WB97X-D3/", "B3LYP/"))
    assert "completed 1" in qmnmr("status", run).stdout
