from __future__ import annotations

from dataclasses import replace

import pytest

from qmnmr.errors import InputError, OutputFormatError
from qmnmr.workflow.plan import default_run_folder, plan_run
from qmnmr.workflow.run_folder import RunFolder


def plan(*inputs: str, solvent: str = "cdcl3", protocol: str = "draft", conformers: str | None = None):
    return plan_run(inputs or ("CCO",), solvent=solvent, protocol=protocol, engine="nwchem", conformers=conformers)


@pytest.mark.parametrize("solvent", ["cdcl3", "gas"])
@pytest.mark.parametrize("conformers", [None, "rdkit"])
def test_settings_and_molecules_come_back_as_they_were(tmp_path, solvent, conformers):
    made = plan("CCO", "C", solvent=solvent, conformers=conformers)
    folder = RunFolder(tmp_path / "run")
    assert folder.start(made.settings, made.molecules) is False
    again = RunFolder(tmp_path / "run")
    assert again.settings() == made.settings
    assert again.molecules() == made.molecules
    assert again.start(plan("CCO", "C", solvent=solvent, conformers=conformers).settings, made.molecules) is True


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"solvent": "dmso"}, "the solvent is chloroform there, DMSO here"),
        ({"solvent": "gas"}, "the solvent is chloroform there, gas phase here"),
        ({"protocol": "peer"}, "the protocol is draft there, peer here"),
    ],
)
def test_a_run_with_other_settings_is_refused_in_words(tmp_path, change, words):
    folder = RunFolder(tmp_path / "run")
    made = plan()
    folder.start(made.settings, made.molecules)
    other = plan(**change)
    with pytest.raises(InputError, match=words):
        folder.start(other.settings, other.molecules)


def test_other_molecules_are_refused(tmp_path):
    folder = RunFolder(tmp_path / "run")
    made = plan()
    folder.start(made.settings, made.molecules)
    with pytest.raises(InputError, match="other molecules: CCO"):
        folder.start(made.settings, plan("CO").molecules)


def test_a_protocol_that_changed_between_versions_is_refused(tmp_path):
    folder = RunFolder(tmp_path / "run")
    made = plan()
    folder.start(made.settings, made.molecules)
    changed = replace(made.settings, protocol=replace(made.settings.protocol, energy_window_kcal_per_mol=9.0))
    with pytest.raises(InputError, match="has other settings than today's"):
        folder.start(changed, made.molecules)


def test_a_folder_with_something_else_in_it_is_refused_and_not_touched(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    made = plan()
    with pytest.raises(InputError, match="not empty and is not a run"):
        RunFolder(tmp_path).start(made.settings, made.molecules)
    with pytest.raises(InputError, match="is not a folder"):
        RunFolder(tmp_path / "thesis.tex").start(made.settings, made.molecules)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_run_killed_between_its_first_two_files_can_be_continued(tmp_path):
    folder = RunFolder(tmp_path / "run")
    made = plan()
    folder.start(made.settings, made.molecules)
    (tmp_path / "run" / "molecules.jsonl").unlink()
    assert folder.start(made.settings, made.molecules) is False
    assert folder.molecules() == made.molecules


def test_damaged_settings_are_named(tmp_path):
    (tmp_path / "run.toml").write_text("engine = 3\n")
    with pytest.raises(OutputFormatError, match=r"run\.toml"):
        RunFolder(tmp_path).settings()
    with pytest.raises(InputError, match=r"no run\.toml"):
        RunFolder(tmp_path / "none").settings()


def test_the_default_folder_is_the_same_for_the_same_command_and_another_for_another():
    assert default_run_folder(plan("CCO")) == default_run_folder(plan("CCO"))
    assert str(default_run_folder(plan("CCO"))) == "CCO-draft-chloroform"
    names = {str(default_run_folder(plan(*i))) for i in (("CCO",), ("C[C@@H](O)CC",), ("C[C@H](O)CC",), ("CCO", "C"))}
    assert len(names) == 4
    assert all(name.replace("-", "").replace("_", "").replace(".", "").isalnum() for name in names)
