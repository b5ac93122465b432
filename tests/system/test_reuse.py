"""Results of another run are taken over: the very same question is computed once."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from qmnmr.cluster.job_records import TaskDescription
from qmnmr.datatypes.calculation import Calculation, CalculationResult
from qmnmr.engines import get_engine
from qmnmr.errors import InputError
from qmnmr.programs.run_calculation import finished_result
from qmnmr.records import decode, encode
from qmnmr.runs.folder.earlier_runs import earlier_runs, reused_runs
from qmnmr.runs.folder.molecule_folder import EarlierFolder, MoleculeFolder, ResultRecord
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.forecast import forecast
from qmnmr.runs.local_run import LocalRun, start_local_run
from qmnmr.runs.plan import plan_run
from qmnmr.runs.predict import RunOutcome
from qmnmr.runs.request import ResourceRequest, RunRequest

ENGINE = get_engine("pyscf")


def begun(out: Path, smiles: str = "O", name: str = "", **asked) -> LocalRun:
    """Return a run of one molecule with the embedded engine; a name makes it another molecule of the run."""
    source = out.with_suffix(".smi")
    source.write_text(f"{smiles} {name or 'water'}\n", encoding="utf-8")
    wanted = ResourceRequest(cores=1, memory_mb=1000)
    said = {"protocol": "draft", "solvent": "gas"} | asked
    return start_local_run(RunRequest(inputs=(str(source),), engine="pyscf", out=out, **said), wanted)


def computed(out: Path, **asked) -> RunOutcome:
    return begun(out, **asked).compute(lambda _: None)


def results(run: Path) -> dict[str, CalculationResult]:
    """Return the packed results of a run of one molecule by their labels."""
    return {label: record.result for label, record in records(run).items()}


def records(run: Path) -> dict[str, ResultRecord]:
    (path,) = run.glob("molecules/*/calculations.zip")
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith("/result.json")]
        return {n.split("/")[0]: decode(archive.read(n), ResultRecord, source=n, wants_seal=True) for n in names}


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("earlier") / "draft"
    assert computed(run).is_complete
    return run


@pytest.fixture
def other(draft: Path, tmp_path: Path) -> Callable[..., RunOutcome]:
    def compute(**asked) -> RunOutcome:
        return computed(tmp_path / "run", reuse=(draft,), **asked)

    return compute


def test_another_temperature_only_weighs_anew(draft, other, tmp_path):
    outcome = other(temperature_kelvin=310.0, name="aqua")
    assert outcome.is_complete
    assert outcome.calculations_started == 0
    (prediction,) = outcome.predictions
    (folder,) = (draft / "molecules").iterdir()
    assert prediction.provenance is not None
    (reused,) = prediction.provenance.reused
    assert reused.folder == str(folder)
    ours, theirs = results(tmp_path / "run"), results(draft)
    assert reused.cpu_seconds > 0
    assert {"c001-optimization", "c001-shielding"} <= set(ours)
    for label, result in ours.items():
        assert replace(result, reused_from="") == theirs[label]
        assert result.reused_from == str(folder)
    written = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert written["molecules"][0]["provenance"]["reused"][0]["folder"] == str(folder)


def test_two_protocols_share_geometries(draft, other, tmp_path):
    outcome = other(protocol="standard")
    assert outcome.is_complete
    levels = {step.level for step in RunFolder(tmp_path / "run").settings().protocol.shielding_steps("OH")}
    assert outcome.calculations_started == len(levels)
    ours, theirs = results(tmp_path / "run"), results(draft)
    assert ours["c001-optimization"].geometry == theirs["c001-optimization"].geometry


def test_a_continued_run_asks_the_same_runs_again(draft, tmp_path):
    begun(tmp_path / "run", reuse=(draft,))
    assert reused_runs(RunFolder(tmp_path / "run")) == (draft,)
    outcome = computed(tmp_path / "run")
    assert outcome.calculations_started == 0


def question(draft: Path) -> tuple[Calculation, CalculationResult]:
    """Return a calculation that the run has computed, and its result."""
    run = RunFolder(draft)
    (molecule,) = run.molecules()
    (step,) = run.settings().protocol.shielding_steps("OH")
    result = results(draft)[f"c001-{step.name}"]
    ensemble = run.molecule_folder(molecule).load_ensemble()
    assert ensemble is not None
    (conformer,) = ensemble.conformers
    return step.of(replace(conformer, geometry=result.geometry), molecule), result


def looked_up(tmp_path: Path, calculation: Calculation, *, earlier: MoleculeFolder) -> CalculationResult | None:
    store = MoleculeFolder(tmp_path / "new", earlier=[EarlierFolder(folder=earlier, searched=None)])
    return finished_result(calculation, ENGINE, store, digest_of=ENGINE.input_digest)


def kept(tmp_path: Path, result: CalculationResult, *, digest: str) -> MoleculeFolder:
    folder = MoleculeFolder(tmp_path / "old")
    folder.save_outcome(result, digest=digest, files={})
    return MoleculeFolder(tmp_path / "old")


def test_the_digest_decides_and_not_the_label(draft, tmp_path):
    calculation, result = question(draft)
    there = replace(calculation, label="c007-other")
    folder = kept(tmp_path, replace(result, label="c007-other"), digest=ENGINE.input_digest(there))
    found = looked_up(tmp_path, calculation, earlier=folder)
    assert found == replace(result, reused_from=str(tmp_path / "old"))
    own = MoleculeFolder(tmp_path / "new").load_result(calculation.label, digest=ENGINE.input_digest(calculation))
    assert own == found


def test_a_result_of_another_geometry_is_not_taken(draft, tmp_path):
    calculation, result = question(draft)
    x, *others = calculation.geometry.coordinates_angstrom
    moved = replace(calculation.geometry, coordinates_angstrom=((x[0] + 1e-4, *x[1:]), *others))
    folder = kept(tmp_path, result, digest=ENGINE.input_digest(calculation))
    assert looked_up(tmp_path, replace(calculation, geometry=moved), earlier=folder) is None


def test_what_was_taken_over_twice_names_where_it_was_computed(draft, tmp_path):
    calculation, result = question(draft)
    first = replace(result, reused_from="/elsewhere/molecules/water")
    folder = kept(tmp_path, first, digest=ENGINE.input_digest(calculation))
    assert looked_up(tmp_path, calculation, earlier=folder) == first


def test_a_wrong_ground_state_is_not_taken(draft, tmp_path):
    calculation, result = question(draft)
    wrong = replace(result, energy_hartree=result.energy_hartree - 10)
    assert ENGINE.doubt(wrong) is not None
    folder = kept(tmp_path, wrong, digest=ENGINE.input_digest(calculation))
    assert looked_up(tmp_path, calculation, earlier=folder) is None


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_record_that_was_changed_is_named_and_not_taken(draft, tmp_path, caplog, is_packed):
    calculation, result = question(draft)
    folder = kept(tmp_path, result, digest=ENGINE.input_digest(calculation))
    path = folder.path / "calculations" / calculation.label / "result.json"
    path.write_bytes(path.read_bytes().replace(b'"ranks": 1', b'"ranks": 2'))
    if is_packed:
        folder.pack()
    with caplog.at_level(logging.WARNING, logger="qmnmr"):
        assert looked_up(tmp_path, calculation, earlier=folder) is None
    assert "changed after it was written, or cut" in caplog.text
    assert "not reused" in caplog.text


def test_a_run_that_is_gone_is_named_and_everything_computed(draft, tmp_path, caplog):
    run = begun(tmp_path / "run", reuse=(draft,))
    (molecule,) = run.plan.molecules
    path = run.folder.reuse_file
    path.write_bytes(path.read_bytes().replace(b'/draft"', b'/gone"'))
    with caplog.at_level(logging.WARNING, logger="qmnmr"):
        assert earlier_runs(run.folder).of(molecule) == ()
    assert "nothing of" in caplog.text
    assert "gone" in caplog.text


@pytest.mark.parametrize("place", ["nothing-there", "."])
def test_what_is_no_run_is_refused_before_anything_is_written(tmp_path, place):
    with pytest.raises(InputError, match="is not a run folder"):
        begun(tmp_path / "run", reuse=(tmp_path / place,))
    assert not (tmp_path / "run").exists()


def test_a_run_can_not_reuse_itself(draft):
    asked = RunRequest(inputs=(str(draft.with_suffix(".smi")),), engine="pyscf", out=draft, reuse=(draft,))
    with pytest.raises(InputError, match="is the run itself"):
        plan_run(asked)


def test_the_forecast_leaves_out_what_is_there(draft, tmp_path):
    alone = begun(tmp_path / "alone", protocol="standard")
    with_draft = begun(tmp_path / "with", protocol="standard", reuse=(draft,))
    full, less = (
        forecast(r.folder, r.plan.molecules, r.plan.settings.protocol, engine="pyscf") for r in (alone, with_draft)
    )
    assert (full.n_reused, less.n_reused) == (0, 1)
    assert 0 < less.cost.cpu_seconds < full.cost.cpu_seconds
    assert "1 molecule in part from other runs" in less.text(cores=1)


def test_conformers_are_searched_once(draft, other, tmp_path):
    other(name="aqua")
    ours = RunFolder(tmp_path / "run")
    (molecule,) = ours.molecules()
    ensemble = ours.molecule_folder(molecule).load_ensemble()
    theirs = RunFolder(draft)
    assert ensemble is not None
    assert ensemble.molecule == molecule
    searched = theirs.molecule_folder(theirs.molecules()[0]).load_ensemble()
    assert searched is not None
    assert ensemble.conformers == searched.conformers
    assert f"searched in {draft / 'molecules'}" in ensemble.notes[-1]


def test_a_task_on_a_node_takes_results_over_too(draft, tmp_path):
    run = begun(tmp_path / "run", reuse=(draft,))
    (molecule,) = run.plan.molecules
    told = TaskDescription(
        run_folder=str(run.folder.path),
        number="001",
        molecules=(molecule.id,),
        cores=1,
        memory_mb=1000,
        minutes=60,
        warning_seconds=300,
        max_requeues=0,
    )
    path = tmp_path / "task.json"
    path.write_bytes(encode(told))
    variables = {"SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "0", "SCRATCH_DIR": str(tmp_path)}
    code = f"from qmnmr.cluster.node.array_task import run_task; run_task({str(path)!r})"
    done = subprocess.run(
        (sys.executable, "-c", code), env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    prediction = run.folder.load_prediction(molecule)
    assert prediction is not None
    assert prediction.provenance is not None
    assert [reused.folder for reused in prediction.provenance.reused] == list(map(str, (draft / "molecules").iterdir()))


def test_a_run_that_takes_all_over_says_so_in_the_end(draft, tmp_path):
    words = ["predict", "O", "--protocol", "draft", "--solvent", "gas", "--engine", "pyscf", "--cores", "1"]
    run = [sys.executable, "-m", "qmnmr", *words, "--reuse", str(draft), "--out", str(tmp_path / "again")]
    first, second = (subprocess.run(run, capture_output=True, text=True, check=True).stderr for _ in range(2))
    assert "O: shielding 1/1" in first
    assert first.rstrip().endswith("nothing to compute: every calculation of this run was already done")
    assert "nothing to compute: every molecule of this run is finished" in second
    assert "shielding" not in second
