"""Run folders that earlier versions left on disks are read, and what they hold is not computed again."""

from __future__ import annotations

import csv
import json
import os
import shutil
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qmnmr.cli.main import cli
from qmnmr.cluster.collect import collect_run
from qmnmr.cluster.job_records import JobsFolder, RecordStatus, TaskDescription
from qmnmr.cluster.node.array_task import run_task
from qmnmr.cluster.run_status import run_status
from qmnmr.cluster.schedulers import scheduler_of
from qmnmr.cluster.task_record import load_task_record
from qmnmr.datatypes.calculation import Calculation, CalculationFailure, CalculationKind, FailureKind
from qmnmr.datatypes.job import JobState, Resources
from qmnmr.engines import get_engine
from qmnmr.engines.pyscf.engine import PyscfEngine
from qmnmr.programs.run_calculation import RestartSet
from qmnmr.records import SCHEMA, decode, encode
from qmnmr.runs.folder.molecule_folder import FailureRecord, ResultRecord
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import RunPlan
from qmnmr.runs.predict import predict_run

RUNS = Path(__file__).resolve().parents[2] / "golden" / "runs"
VERSIONS = sorted(path.name for path in RUNS.iterdir() if (path / "finished").is_dir())


@pytest.fixture(params=VERSIONS)
def recorded(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Copies of the runs that a version recorded."""
    return Path(shutil.copytree(RUNS / request.param, tmp_path / "recorded"))


def qmnmr(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


def test_the_first_version_is_among_them() -> None:
    assert VERSIONS[0] == "0.1.0"


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("finished", [JobState.COMPLETED, JobState.FAILED]),
        ("peer", [JobState.COMPLETED]),
        ("killed", [JobState.FAILED]),
        ("stopped", [JobState.NOT_SUBMITTED]),
        ("submitted", [JobState.COMPLETED, JobState.FAILED]),
    ],
)
def test_status_says_where_its_molecules_stand(recorded: Path, name: str, states: list[JobState]) -> None:
    run = RunFolder(recorded / name)
    status = run_status(run, scheduler=scheduler_of(run))
    assert [m.state for m in status.molecules] == states
    assert qmnmr("status", str(recorded / name)).exit_code == 0


@pytest.mark.parametrize(("name", "exit_code"), [("finished", 6), ("peer", 0)])
def test_collect_gives_the_shifts_that_it_gave_then(recorded: Path, name: str, exit_code: int) -> None:
    table, summary = (recorded / name / file for file in ("shifts.csv", "summary.json"))
    before = table.read_text(), json.loads(summary.read_text())
    table.unlink()
    summary.unlink()
    assert qmnmr("collect", str(recorded / name)).exit_code == exit_code
    assert (
        _old_columns(table.read_text()),
        json.loads(summary.read_text(), object_pairs_hook=_unlabelled),
    ) == before


def _old_columns(table: str) -> str:
    """Return shifts.csv with the seven columns that it had then, and without molecules that have no shifts."""
    rows = list(csv.reader(table.splitlines()))
    assert all(dict(zip(rows[0], row, strict=True))["label"] == "" for row in rows[1:])
    return "".join(f"{','.join(row[:7])}\n" for row in rows if row[1])


def _unlabelled(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object without what old runs had not: labels, tautomers, samples, couplings, other runs."""
    found = dict(pairs)
    if "nucleus" in found:
        assert found.pop("label") == ""
    if "population" in found:
        assert (found.pop("tautomer"), found.pop("inclusion")) == (None, 1.0)
    if "conformers" in found:
        assert (found.pop("missed_population"), found.pop("couplings")) == (None, [])
    if "toolkit_versions" in found:
        assert found.pop("reused") == []
    return found


def test_what_was_submitted_is_known(recorded: Path) -> None:
    run = RunFolder(recorded / "submitted")
    jobs = JobsFolder(run.path)
    (record,) = jobs.records()
    assert (record.status, record.job, len(record.molecules)) == (RecordStatus.SUBMITTED, "1", 2)
    assert jobs.load_settings().cores == 1
    path = jobs.folder(record.number) / "task.json"
    assert decode(path.read_bytes(), TaskDescription, source=path).molecules == record.molecules
    tasks = [load_task_record(run.molecule_folder(m).path) for m in run.molecules()]
    assert [t.state for t in tasks if t is not None] == [JobState.COMPLETED, JobState.FAILED]


@pytest.fixture
def quiet_slurm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("scontrol", "squeue", "srun"):
        (folder / name).write_text("#!/bin/bash\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.usefixtures("quiet_slurm")
def test_resume_takes_up_what_failed(recorded: Path) -> None:
    done = qmnmr("resume", str(recorded / "submitted"), "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert "#SBATCH --array=0-0%1\n" in done.stdout
    assert "failed (1): [O-][FH+]" in done.stderr


@pytest.fixture
def same_digests(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engine know the recorded calculations for what they are, whatever its own settings have become since.

    What is tested is that records are read; a result of other settings is another calculation, and rightly so.
    """
    digests: dict[tuple[object, ...], str] = {}
    for path in recorded.glob("*/molecules/*/calculations.zip"):
        with zipfile.ZipFile(path) as archive:
            for name in (n for n in archive.namelist() if n.endswith("/result.json")):
                record = decode(archive.read(name), ResultRecord, source=path)
                result = record.result
                digests[result.label, result.geometry.symbols, result.level] = record.digest

    def digest(_: PyscfEngine, asked: Calculation) -> str:
        return digests.get((asked.label, asked.geometry.symbols, asked.level), "none")

    monkeypatch.setattr(PyscfEngine, "input_digest", digest)


@pytest.mark.usefixtures("same_digests")
@pytest.mark.parametrize("name", ["finished", "peer"])
def test_predicting_it_again_computes_nothing_and_changes_no_shift(recorded: Path, tmp_path: Path, name: str) -> None:
    run = RunFolder(recorded / name)
    settings, molecules = run.settings(), run.molecules()
    before = [run.load_prediction(m) for m in molecules]
    assert run.start(settings, molecules) is True
    outcome = predict_run(
        RunPlan(molecules=molecules, settings=settings, engine=get_engine(settings.engine)),
        run,
        resources=Resources(cores=1, memory_mb=500),
        scratch_root=tmp_path,
        report=lambda _: None,
    )
    assert outcome.calculations_started == 0
    for old, new in zip(before, outcome.predictions, strict=True):
        assert old is not None
        assert [(s.nucleus, s.shielding_ppm) for s in new.shifts] == [(s.nucleus, s.shielding_ppm) for s in old.shifts]
        assert (new.status, new.messages) == (old.status, old.messages)
    assert json.loads((run.path / "molecules" / molecules[0].id / "prediction.json").read_bytes())["schema"] == SCHEMA


def test_a_stopped_optimisation_can_go_on(recorded: Path) -> None:
    run = RunFolder(recorded / "stopped")
    store = run.molecule_folder(run.molecules()[0])
    path = store.path / "calculations" / "c001-optimization" / "restart" / "restart.json"
    found = store.load_restart("c001-optimization", digest=json.loads(path.read_bytes())["digest"])
    assert found is not None
    assert found.geometry.symbols == run.molecules()[0].symbols
    assert all(file.exists() for file in found.files)
    ensemble = store.load_ensemble()
    assert ensemble is not None
    assert len(ensemble.conformers) == 1


def test_why_a_calculation_failed_is_read(recorded: Path) -> None:
    (path,) = (recorded / "killed").glob("molecules/*/calculations.zip")
    with zipfile.ZipFile(path) as archive:
        record = decode(archive.read("c001-optimization/failure.json"), FailureRecord, source=path)
    assert isinstance(record.failure, CalculationFailure)
    assert record.failure.failure is FailureKind.KILLED


def test_collecting_what_is_unfinished_writes_tables(recorded: Path) -> None:
    run = RunFolder(recorded / "stopped")
    collection = collect_run(run, run_status(run, scheduler=scheduler_of(run)), into=run.path)
    assert [m["status"] for m in json.loads(collection.summary.read_text())["molecules"]] == ["unfinished"]


COMMANDS = {
    "status": ("status",),
    "collect": ("collect",),
    "resume": ("resume", "--dry-run"),
    "cancel": ("cancel",),
    "predict": ("predict", "C", "[O-][FH+]", "--protocol", "draft", "--engine", "pyscf", "--solvent", "gas", "--out"),
}


def newer(path: Path) -> None:
    """Let a record say that a later qmnmr wrote it, in a way that is not known here."""
    if path.suffix == ".toml":
        path.write_text(f'schema = {SCHEMA + 1}\nprogram = "pyscf"\n')
    else:
        path.write_text(json.dumps({"schema": SCHEMA + 1, "mode": "new"}) + "\n")


READERS = {
    "run.toml": tuple(COMMANDS),
    "molecules.jsonl": tuple(command for command in COMMANDS if command != "cancel"),
    "molecules/C/prediction.json": ("collect", "predict"),
    "molecules/C/task.json": ("status", "collect", "resume"),
    "jobs/001.json": ("status", "collect", "resume", "cancel"),
    "jobs/settings.json": ("resume",),
}


@pytest.mark.usefixtures("quiet_slurm")
@pytest.mark.parametrize(("file", "command"), [(file, command) for file in READERS for command in READERS[file]])
def test_a_run_of_a_newer_qmnmr_is_refused_in_words_and_not_touched(recorded: Path, file: str, command: str) -> None:
    run = recorded / "submitted"
    newer(run / file)
    before = {p: p.read_bytes() for p in run.rglob("*") if p.is_file()}
    done = qmnmr(*COMMANDS[command], str(run))
    assert done.exit_code == 7, done.output
    assert f"{run / file}" in done.stderr
    assert f"has schema {SCHEMA + 1}" in done.stderr
    assert "upgrade qmnmr" in done.stderr
    assert "Traceback" not in done.output
    left = {p: p.read_bytes() for p in run.rglob("*") if p.is_file() and p.name != "qmnmr.log"}
    assert left == before


def test_a_run_keeps_the_recipe_that_it_was_begun_with(recorded: Path) -> None:
    run, begun = recorded / "submitted", RunFolder(recorded / "submitted").settings()
    done = qmnmr(*COMMANDS["predict"], str(run))
    assert done.exit_code == 6, done.output  # one of its molecules fails, as before
    assert f"begun by qmnmr {begun.qmnmr_version}, whose draft is another than today's" in done.stderr
    assert RunFolder(run).settings() == begun


def test_another_way_that_is_asked_for_in_words_is_another_run(recorded: Path) -> None:
    run = recorded / "submitted"
    done = qmnmr(*COMMANDS["predict"], str(run), "--optimization", "few-gradients")
    assert done.exit_code == 2, done.output
    assert "the optimisation is converged there, from few gradients here" in done.stderr


def test_a_task_that_can_not_read_its_description_ends_with_7_and_says_why(
    recorded: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = recorded / "submitted" / "jobs" / "001" / "task.json"
    newer(path)
    with pytest.raises(SystemExit) as raised:
        run_task(str(path))
    assert raised.value.code == 7
    assert f"{path} has schema {SCHEMA + 1}" in caplog.text


def test_all_that_a_run_keeps_is_numbered(recorded: Path) -> None:
    """What is written anew over a folder of the first version is of this one."""
    run = RunFolder(recorded / "finished")
    fresh = RunFolder(recorded / "fresh")
    fresh.start(run.settings(), run.molecules())
    for molecule in run.molecules():
        old, new = run.molecule_folder(molecule), fresh.molecule_folder(molecule)
        ensemble, prediction = old.load_ensemble(), old.load_prediction()
        assert ensemble is not None
        assert prediction is not None
        new.save_ensemble(ensemble)
        for failure in prediction.failures:
            new.save_outcome(failure, digest="0", files={})
        new.save_restart("c002", digest="0", restart=RestartSet(geometry=ensemble.conformers[0].geometry, files=()))
        new.path.joinpath("prediction.json").write_bytes(encode(prediction))
    records = [*fresh.path.rglob("*.json"), *fresh.path.rglob("*.jsonl")]
    assert len(records) >= 8
    for path in records:
        assert all(json.loads(text)["schema"] == SCHEMA for text in _texts(path)), path
    assert tomllib.loads((fresh.path / "run.toml").read_text())["schema"] == SCHEMA
    assert fresh.settings() == run.settings()
    assert fresh.molecules() == run.molecules()


def _texts(path: Path) -> list[str]:
    text = path.read_text()
    return text.splitlines() if path.suffix == ".jsonl" else [text]


def test_final_geometries_are_those_that_were_shielded():
    run = RunFolder(RUNS / "0.1.0" / "finished")
    molecule = run.molecules()[0]
    folder, prediction = run.molecule_folder(molecule), run.load_prediction(molecule)
    assert prediction is not None
    (geometry,) = folder.final_geometries(prediction).values()
    shielded = next(r for r in folder.results() if r.kind is CalculationKind.SHIELDING)
    assert geometry == shielded.geometry
    gone = replace(prediction, conformers=(replace(prediction.conformers[0], label="c999"),))
    assert folder.final_geometries(gone) == {}
