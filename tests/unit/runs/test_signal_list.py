"""`qmnmr signals`, and what runs keep of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from qmnmr.cli.main import cli
from qmnmr.errors import InputError
from qmnmr.runs.signal_list import list_signals


def test_json_has_nuclei_atoms_label_and_reason() -> None:
    result = CliRunner().invoke(cli, ["signals", "CN(C)C=O", "CO", "--json"])
    assert result.exit_code == 0
    first, second = json.loads(result.stdout)["molecules"]
    assert (first["name"], first["smiles"]) == ("CN(C)C=O", "CN(C)C=O")
    assert {signal["nucleus"] for signal in first["signals"]} == {"1H", "13C", "15N"}
    methyl = next(signal for signal in first["signals"] if signal["atoms"] == [6, 7, 8])
    assert methyl["label"] in ("cis to O5", "trans to O5")
    assert "slow C-N rotation" in methyl["why"]
    assert methyl["flags"] == []
    assert [signal["atoms"] for signal in second["signals"]] == [[3, 4, 5], [6], [1]]


def test_the_table_shows_what_is_open_below_its_line() -> None:
    result = CliRunner().invoke(cli, ["signals", "CN1CCCO1"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[1].split() == ["nucleus", "number", "atoms", "group", "which", "why"]
    assert any(line.startswith("    ? may be one signal with") for line in lines)


def test_a_given_geometry_is_used_as_it_is(tmp_path: Path) -> None:
    water = tmp_path / "water.xyz"
    water.write_text("3\n\nO 0 0 0\nH 0.96 0 0\nH -0.24 0.93 0\n")
    (entry,) = list_signals([str(water)]).molecules
    assert [signal.atom_indices for signal in entry.signals] == [(0,), (1, 2)]


def test_signals_are_listed_where_no_force_field_knows_the_atoms() -> None:
    (entry,) = list_signals(["FS(F)(F)(F)(F)F"]).molecules
    assert [signal.atom_indices for signal in entry.signals] == [(0, 2, 3, 4, 5, 6), (1,)]


def test_several_large_ligands_of_a_six_coordinate_centre_are_refused() -> None:
    with pytest.raises(InputError, match="six-coordinate"):
        list_signals(["FS(F)(F)(F)(C)C"])


def test_what_has_no_structure_is_listed_or_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.smi"
    path.write_text("CCO ethanol\nFS(F)(F)(F)(C)C open\n")
    with pytest.raises(InputError, match=r"line 2: .*cis or trans"):
        list_signals([str(path)])
    path.write_text("CCO ethanol\nFS(F)(F)(F)(C)C open\nC1CC ring\n")
    listed = list_signals([str(path)], skip_bad=True)
    assert [entry.molecule.name for entry in listed.molecules] == ["ethanol"]
    assert [line.split(": ")[0].rpartition(", ")[2] for line in listed.skipped] == ["line 3", "line 2"]


def test_a_cyclophane_is_embedded() -> None:
    (entry,) = list_signals(["C1Cc2ccc(cc2)CCc2ccc1cc2"]).molecules
    assert sorted(len(signal.atom_indices) for signal in entry.signals if signal.element == "C") == [4, 4, 8]
    assert sorted(len(signal.atom_indices) for signal in entry.signals if signal.element == "H") == [8, 8]


def test_tautomers_that_will_be_averaged_are_named() -> None:
    (entry,) = list_signals(["Cc1c[nH]cn1"]).molecules
    assert "2 tautomers exchange fast and are averaged: N4H Cc1c[nH]cn1, N6H Cc1cnc[nH]1" in entry.notes
    flagged = {atom for signal in entry.signals for atom in signal.atom_indices if signal.flags}
    assert flagged == {0, 1, 2, 3, 4, 5, 9, 10, 11}
    (entry,) = list_signals(["c1ccc2[nH]cnc2c1"]).molecules  # benzimidazole: one tautomer, twice
    assert [signal.flags for signal in entry.signals] == [()] * len(entry.signals)
    assert [signal.atom_indices for signal in entry.signals if signal.element == "C"] == [(0, 1), (2, 8), (3, 7), (5,)]
