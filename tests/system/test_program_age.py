"""A level that the NWChem of this machine is too old for is refused before anything is computed."""

from __future__ import annotations

import pytest

from qmnmr.cluster.job_records import TaskDescription
from qmnmr.cluster.node.array_task import ArrayTask
from qmnmr.cluster.schedulers import find_scheduler
from qmnmr.cluster.task_record import load_task_record
from qmnmr.datatypes.job import JobState
from qmnmr.engines import get_engine
from qmnmr.errors import InputError, MissingProgramError
from qmnmr.programs.program_versions import outdated_program
from qmnmr.programs.self_check import program_version
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import plan_run
from qmnmr.runs.predict import require_machine
from qmnmr.runs.request import RunRequest

pytestmark = pytest.mark.nwchem


def test_the_functional_of_standard_needs_nwchem_7_3(tmp_path, monkeypatch):
    version = program_version(get_engine("nwchem"), tmp_path)
    plan = plan_run(RunRequest(inputs=("C",), protocol="standard", engine="nwchem", out=tmp_path / "run"))
    if tuple(int(part) for part in version.split(".")[:2]) >= (7, 3):
        assert outdated_program(plan.engine, plan.settings.protocol) == ""
        return
    with pytest.raises(MissingProgramError, match=f"NWChem {version} has no wb97x-d3, which standard needs"):
        require_machine(plan, cores=1)
    monkeypatch.setattr("qmnmr.runs.engine_choice.find_spec", lambda _: None)  # without the embedded engine
    with pytest.raises(InputError, match=r"NWChem 7\.3 has it"):
        plan_run(RunRequest(inputs=("C",), protocol="standard", engine="auto", out=tmp_path / "run"))


def test_levels_that_every_version_has_are_not_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr("qmnmr.programs.program_versions.program_version", lambda *_: pytest.fail("NWChem was started"))
    plan = plan_run(RunRequest(inputs=("C",), protocol="draft", engine="nwchem", out=tmp_path / "run"))
    assert outdated_program(plan.engine, plan.settings.protocol) == ""


def test_an_array_task_says_so_before_it_computes_anything(tmp_path):
    if tuple(int(part) for part in program_version(get_engine("nwchem"), tmp_path).split(".")[:2]) >= (7, 3):
        pytest.skip("this NWChem has every functional")
    plan = plan_run(RunRequest(inputs=("C",), protocol="standard", engine="nwchem", out=tmp_path / "run"))
    run = RunFolder(tmp_path / "run")
    run.start(plan.settings, plan.molecules)
    description = TaskDescription(
        run_folder=str(run.path),
        number="001",
        molecules=tuple(m.id for m in run.molecules()),
        cores=1,
        memory_mb=500,
        minutes=60,
        warning_seconds=300,
        max_requeues=2,
    )
    slurm = {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "0", "SLURM_RESTART_COUNT": "0"}
    (tmp_path / "scratch").mkdir()
    assert (
        ArrayTask(
            description, {**slurm, "SCRATCH_DIR": str(tmp_path / "scratch")}, scheduler=find_scheduler("slurm")
        ).run()
        == MissingProgramError.exit_code
    )
    folder = run.molecule_folder(run.molecules()[0]).path
    record = load_task_record(folder)
    assert record is not None
    assert record.state is JobState.MISSING_PROGRAM
    assert "has no wb97x-d3" in record.message
    assert not (folder / "conformers.json").exists()
