from __future__ import annotations

import sys
from pathlib import Path

import pytest

from qmnmr.datatypes.calibration import CalibrationPoint, FactorFile
from qmnmr.datatypes.protocol import Protocol
from qmnmr.engines import get_engine
from qmnmr.errors import InputError, MissingProgramError
from qmnmr.records import encode
from qmnmr.runs import engine_choice
from qmnmr.runs.engine_choice import wanted_engine
from qmnmr.runs.folder.run_folder import RunFolder
from qmnmr.runs.plan import RunPlan, plan_run
from qmnmr.runs.request import RunRequest
from qmnmr.runs.sources.references import all_references
from qmnmr.shifts.fit.regression import fit_factors
from qmnmr.shifts.scaling import SCHEMA

pytest.importorskip("pyscf")


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """A folder that is all of PATH, besides this Python; what is put there is found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("qmnmr.runs.plan.all_factor_files", lambda: ())  # each test says itself what is calibrated
    monkeypatch.chdir(tmp_path)
    return folder


def install_nwchem(programs: Path) -> None:
    for name in ("nwchem", "mpirun"):
        (programs / name).symlink_to(sys.executable)  # it has to be found, nothing more


def plan(smiles: str = "CCO", *, engine: str = "auto", out: Path | None = None, runs_here: bool = True) -> RunPlan:
    return plan_run(RunRequest(inputs=(smiles,), protocol="draft", engine=engine, out=out), runs_here=runs_here)


def factors_of(engine: str, protocol: Protocol) -> FactorFile:
    points = [
        CalibrationPoint(molecule=f"m{k}", atoms=(1,), environment="sp3", measured_ppm=k, shielding_ppm=30.0 - k)
        for k in range(5)
    ]
    return FactorFile(
        schema=SCHEMA, protocol=protocol.name, engine=engine, program_versions=(), geometry_level=protocol.optimization,
        weights_level=protocol.optimization, settings=get_engine(engine).settings(), conformer_search="", set_name="",
        set_source="", set_solvent="chloroform", qmnmr_version="", date="", command="", cpu_seconds=0.0,
        nuclei={
            nucleus: fit_factors(points, nucleus=nucleus, shielding_level=protocol.shielding_level(element))
            for element, nucleus in (("H", "1H"), ("C", "13C"))
        },
    )  # fmt: skip


def test_the_embedded_engine_is_taken_and_the_reason_told(programs):
    install_nwchem(programs)
    chosen = plan()
    assert chosen.settings.engine == "pyscf"
    assert "a tenth of its CPU time" in chosen.engine_reason


def test_without_the_packages_of_the_embedded_engine_nwchem_is_taken(programs, monkeypatch):
    install_nwchem(programs)
    monkeypatch.setattr(engine_choice, "find_spec", lambda name: None if name == "pyscf" else name)
    chosen = plan()
    assert chosen.settings.engine == "nwchem"
    assert chosen.engine_reason == "pyscf is not here (not found: pyscf)"


def test_the_level_is_the_same_whichever_engine_is_taken(programs, monkeypatch):
    install_nwchem(programs)
    levels = plan().settings.protocol
    monkeypatch.setattr(engine_choice, "find_spec", lambda _: None)
    assert plan().settings.protocol == levels


def test_an_engine_that_has_a_reference_goes_before_one_that_has_none(programs, monkeypatch):
    install_nwchem(programs)
    theirs = tuple(entry for entry in all_references() if entry.engine == "nwchem")
    monkeypatch.setattr("qmnmr.runs.plan.all_references", lambda: theirs)
    chosen = plan()
    assert chosen.settings.engine == "nwchem"
    assert "TMS reference" in chosen.engine_reason


def test_an_engine_that_is_calibrated_goes_before_one_that_has_only_a_reference(programs, monkeypatch):
    install_nwchem(programs)
    protocol = plan().settings.protocol
    monkeypatch.setattr("qmnmr.runs.plan.all_factor_files", lambda: (factors_of("nwchem", protocol),))
    chosen = plan()
    assert chosen.settings.engine == "nwchem"
    assert "calibrated factors" in chosen.engine_reason
    monkeypatch.setattr("qmnmr.runs.plan.all_factor_files", lambda: (factors_of("pyscf", protocol),))
    assert plan().settings.engine == "pyscf"


def test_a_run_that_was_begun_keeps_its_engine(programs, tmp_path):
    folder = RunFolder(tmp_path / "run")
    first = plan(out=folder.path)
    folder.start(first.settings, first.molecules)
    install_nwchem(programs)
    again = plan(out=folder.path)
    assert again.settings.engine == "pyscf"
    assert "continued" in again.engine_reason
    assert folder.start(again.settings, again.molecules)


def test_a_named_engine_is_taken_without_words(programs):
    chosen = plan(engine="nwchem")
    assert (chosen.settings.engine, chosen.engine_reason) == ("nwchem", "")


def test_a_molecule_that_no_engine_can_do_is_refused_with_each_reason(programs):
    with pytest.raises(InputError, match="pyscf can't do this"):
        plan("CI")


def test_a_machine_with_no_engine_is_told_what_to_install(programs, monkeypatch):
    monkeypatch.setattr(engine_choice, "find_spec", lambda _: None)
    with pytest.raises(MissingProgramError, match="nwchem is not here") as caught:
        plan()
    assert "pip install qmnmr" in caught.value.hint


def test_with_a_factor_file_its_engine_is_taken(programs, tmp_path):
    path = tmp_path / "factors.json"
    path.write_bytes(encode(factors_of("nwchem", plan().settings.protocol)))
    assert [wanted_engine(name, path) for name in ("auto", "pyscf")] == ["nwchem", "pyscf"]
    assert wanted_engine("auto", None) == "auto"


def test_on_a_cluster_programs_need_not_be_on_the_login_node(programs, monkeypatch):
    assert plan(runs_here=False).settings.engine == "pyscf"
    monkeypatch.setattr(engine_choice, "find_spec", lambda _: None)
    assert plan(runs_here=False).settings.engine == "nwchem"
