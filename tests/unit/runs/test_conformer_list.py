"""`qmnmr conformers`: search and ranking alone."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from qmnmr.cli.main import cli
from qmnmr.conformers.integrity import structure_change
from qmnmr.engines.xtb import library
from qmnmr.structures import read_inputs

needs_tblite = pytest.mark.skipif(not library.is_installed(), reason="tblite is not installed")


def run(*arguments: str):
    return CliRunner().invoke(cli, ["-q", "conformers", *arguments, "--cores", "1"])


@needs_tblite
def test_json_has_what_would_go_to_dft():
    result = run("C[C@H](F)CCl", "c1ccccc1", "--json")
    assert result.exit_code == 0, result.output
    flexible, rigid = json.loads(result.stdout)["molecules"]
    assert set(flexible) >= {"name", "smiles", "missed_population", "conformers", "notes", "funnel"}
    assert sum(c["population"] for c in flexible["conformers"]) == pytest.approx(1.0, abs=1e-4)
    lowest = flexible["conformers"][0]
    assert lowest["kcal_per_mol"] == 0.0
    assert len(lowest["symbols"]) == len(lowest["coordinates_angstrom"]) == 11
    assert 0.0 < flexible["missed_population"] <= 0.06
    assert rigid["missed_population"] == 0.0
    assert len(rigid["conformers"]) == 1


@needs_tblite
def test_the_table_is_narrow_and_says_what_may_be_missing():
    result = run("ClCCCl")
    assert result.exit_code == 0
    assert all(len(line) <= 80 for line in result.stdout.splitlines())
    assert "missing: about" in result.stdout
    assert "search: " in result.stdout


@needs_tblite
@pytest.mark.parametrize("ending", ["sdf", "xyz"])
def test_a_run_can_start_from_the_file(tmp_path, ending):
    file = tmp_path / f"found.{ending}"
    result = run("C[C@H](F)CCl", "--out", str(file))
    assert result.exit_code == 0, result.output
    (molecule,) = read_inputs([str(file)]).molecules
    assert molecule.smiles == "C[C@H](F)CCl"
    geometries = [molecule.geometry, *molecule.other_geometries]
    assert len(geometries) == result.stdout.count("\n  c0")
    assert all(g is not None and structure_change(molecule, g) is None for g in geometries)
    again = run(str(file), "--json")
    (found,) = json.loads(again.stdout)["molecules"]
    assert len(found["conformers"]) == len(geometries)  # all that a file gives go on


def test_another_kind_of_file_is_refused_before_anything_is_computed(tmp_path):
    result = run("CCO", "--out", str(tmp_path / "found.pdb"))
    assert result.exit_code == 2
    assert "neither .sdf nor .xyz" in result.stderr


def test_a_bad_input_is_a_sentence():
    result = run("CCO", "nonsense(")
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr
