from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from qmnmr.datatypes.calibration import CalibrationPoint, FactorFile
from qmnmr.datatypes.theory import Protocol
from qmnmr.engines import get_engine
from qmnmr.errors import InputError, MissingProgramError
from qmnmr.shifts.regression import fit_factors
from qmnmr.workflow import engine_choice
from qmnmr.workflow.engine_choice import cluster_engine
from qmnmr.workflow.plan import RunPlan, plan_run
from qmnmr.workflow.references import all_references
from qmnmr.workflow.run_folder import RunFolder

pytest.importorskip("pyscf")


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """A folder that is all of PATH, besides this Python; what is put there is found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("qmnmr.workflow.plan.all_factor_files", lambda: ())  # each test says itself what is calibrated
    monkeypatch.chdir(tmp_path)
    return folder


def install_nwchem(programs: Path) -> None:
    for name in ("nwchem", "mpirun"):
        (programs / name).symlink_to(sys.executable)  # it has to be found, nothing more


def plan(smiles: str = "CCO", *, engine: str = "auto", out: Path | None = None) -> RunPlan:
    return plan_run([smiles], solvent="chloroform", protocol="draft", engine=engine, out=out)


def factors_of(engine: str, protocol: Protocol) -> FactorFile:
    points = [
        CalibrationPoint(molecule=f"m{k}", atoms=(1,), environment="sp3", measured_ppm=k, shielding_ppm=30.0 - k)
        for k in range(5)
    ]
    return FactorFile(
        schema=1, protocol=protocol.name, engine=engine, program_versions=(), geometry_level=protocol.optimization,
        weights_level=protocol.optimization, settings=get_engine(engine).settings(), conformer_search="", set_name="",
        set_source="", set_solvent="chloroform", qmnmr_version="", date="", command="", cpu_seconds=0.0,
        nuclei={
            nucleus: fit_factors(points, nucleus=nucleus, shielding_level=protocol.shielding_level(element))
            for element, nucleus in (("H", "1H"), ("C", "13C"))
        },
    )  # fmt: skip


def test_without_nwchem_the_embedded_engine_is_taken_and_the_reason_told(programs):
    chosen = plan()
    assert chosen.settings.engine == "pyscf"
    assert chosen.engine_reason == "nwchem is not here (not found: mpirun, nwchem)"


def test_nwchem_is_taken_where_it_is_installed(programs):
    install_nwchem(programs)
    chosen = plan()
    assert chosen.settings.engine == "nwchem"
    assert chosen.engine_reason == "the first choice where it is installed"


def test_the_choice_does_not_load_pyscf_where_nwchem_is_taken(programs):
    install_nwchem(programs)
    code = (
        "import sys; from qmnmr.workflow.plan import plan_run\n"
        "plan = plan_run(['CCO'], solvent='chloroform', protocol='draft', engine='auto')\n"
        "assert plan.settings.engine == 'nwchem' and 'pyscf' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_level_is_the_same_whichever_engine_is_taken(programs):
    levels = plan().settings.protocol
    install_nwchem(programs)
    assert plan().settings.protocol == levels


def test_an_engine_that_has_a_reference_goes_before_one_that_has_none(programs, monkeypatch):
    install_nwchem(programs)
    ours = tuple(replace(entry, engine="pyscf") for entry in all_references())
    monkeypatch.setattr("qmnmr.workflow.plan.all_references", lambda: ours)
    chosen = plan()
    assert chosen.settings.engine == "pyscf"
    assert "TMS reference" in chosen.engine_reason


def test_an_engine_that_is_calibrated_goes_before_one_that_has_only_a_reference(programs, monkeypatch):
    install_nwchem(programs)
    protocol = plan().settings.protocol
    monkeypatch.setattr("qmnmr.workflow.plan.all_factor_files", lambda: (factors_of("pyscf", protocol),))
    chosen = plan()
    assert chosen.settings.engine == "pyscf"
    assert "calibrated factors" in chosen.engine_reason
    monkeypatch.setattr("qmnmr.workflow.plan.all_factor_files", lambda: (factors_of("nwchem", protocol),))
    assert plan().settings.engine == "nwchem"


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


def test_clusters_get_nwchem():
    assert (cluster_engine("auto"), cluster_engine("pyscf")) == ("nwchem", "pyscf")
