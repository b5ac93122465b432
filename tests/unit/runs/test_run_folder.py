from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import inspect

from qmnmr.datatypes.solvents import find_solvent
from qmnmr.errors import InputError, OutputFormatError
from qmnmr.runs.folder.run_folder import RunFolder, RunSettings
from qmnmr.runs.plan import default_run_folder, plan_run
from qmnmr.runs.protocols import protocol_names
from qmnmr.runs.request import RunRequest

RECORDED = Path(__file__).resolve().parents[2] / "golden" / "runs" / "0.1.0"


def plan(*inputs: str, **options):
    asked = {"inputs": inputs or ("CCO",), "solvent": "cdcl3", "protocol": "draft", "engine": "nwchem"} | options
    return plan_run(RunRequest(**asked))


def assert_it_comes_back(path, *inputs, **options):
    made = plan(*inputs, **options)
    folder = RunFolder(path)
    assert folder.start(made.settings, made.molecules) is False
    again = RunFolder(path)
    assert again.settings() == made.settings
    assert again.molecules() == made.molecules
    assert again.start(plan(*inputs, **options).settings, made.molecules) is True


@pytest.mark.parametrize("protocol", protocol_names())
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"solvent": "gas"},
        {"conformers": "rdkit"},
        {"conformers": "crest", "solvent": "dmso"},
        {"temperature_kelvin": 310.0},
        {"free_energies": True},
        {"optimization": "converged"},
        {"free_energies": False, "solvent": "gas", "temperature_kelvin": 77},
        {"engine": "pyscf"},
    ],
)
def test_a_run_of_any_protocol_comes_back_as_it_was(tmp_path, protocol, options):
    assert_it_comes_back(tmp_path / "run", "CCO", "C", protocol=protocol, **options)


@pytest.mark.parametrize("protocol", protocol_names())
def test_a_run_of_given_geometries_and_charges_comes_back_as_it_was(tmp_path, protocol):
    (tmp_path / "ammonium.xyz").write_text(
        "5\n\nN 0 0 0\nH 0.59 0.59 0.59\nH -0.59 -0.59 0.59\nH -0.59 0.59 -0.59\nH 0.59 -0.59 -0.59\n"
    )
    given = {"conformers": "none", "charge": 1, "engine": "pyscf", "protocol": protocol}
    assert_it_comes_back(tmp_path / "run", str(tmp_path / "ammonium.xyz"), **given)


def test_nothing_is_left_out_of_the_settings_and_not_written_as_a_word(tmp_path):
    made = plan(protocol="peer", solvent="gas")
    folder = RunFolder(tmp_path / "run")
    folder.start(made.settings, made.molecules)
    written = tomllib.loads((tmp_path / "run" / "run.toml").read_text())["protocol"]
    assert not {"screening", "energy"} & set(written)
    assert "solvent" not in written["optimization"]
    assert written["ranking"]["method"] == "none"  # a method of that name


def test_a_setting_that_may_be_nothing_is_nothing_where_it_is_not_said():
    """Else None could not be told from the default in a TOML file, which has no null."""
    seen = list(optional_fields(inspect.type_info(RunSettings)))
    assert {"energy", "screening", "solvent"} <= {field.name for field in seen}
    assert all(field.required or field.default is None for field in seen)


def optional_fields(kind):
    """Yield the fields that may be None of a type and all types within it."""
    for field in getattr(kind, "fields", ()):
        if isinstance(field.type, inspect.UnionType) and field.type.includes_none:
            yield field
        yield from optional_fields(field.type)
    parts = (*getattr(kind, "types", ()), *getattr(kind, "item_types", ()), getattr(kind, "item_type", None))
    for part in parts:
        if part is not None:
            yield from optional_fields(part)


@pytest.mark.parametrize("name", ["finished", "peer", "killed", "stopped", "submitted"])
def test_settings_that_say_none_as_a_word_are_read(name):
    settings = RunFolder(RECORDED / name).settings()
    solvent = "chloroform" if name == "finished" else "gas"
    protocol = settings.protocol
    assert protocol.optimization.solvent == find_solvent(solvent)
    assert (protocol.energy, protocol.refinement, protocol.search.missed_population) == (None, None, None)
    assert (protocol.screening is None) == (name == "peer")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"solvent": "dmso"}, "the solvent is chloroform there, DMSO here"),
        ({"solvent": "gas"}, "the solvent is chloroform there, gas phase here"),
        ({"protocol": "peer"}, "the protocol is draft there, peer here"),
        ({"optimization": "converged"}, "the optimisation is from few gradients there, converged here"),
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
