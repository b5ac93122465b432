"""Levels that 0.1.0 wrote as sentences are today's data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from qmnmr.datatypes.solvents import CHLOROFORM, SOLVENTS
from qmnmr.errors import OutputFormatError
from qmnmr.report.level_words import level_words
from qmnmr.runs.folder.molecule_folder import MoleculeFolder
from qmnmr.runs.folder.recorded_levels import read_level, upgraded_prediction
from qmnmr.runs.protocols import get_protocol, protocol_names
from qmnmr.runs.sources.references import read_references

RUNS = Path(__file__).parents[2] / "golden" / "runs" / "0.1.0"


@pytest.mark.parametrize("name", protocol_names())
@pytest.mark.parametrize("has_free_energies", [False, True])
def test_what_was_said_of_every_protocol_gives_its_steps_levels(name: str, has_free_energies: bool) -> None:
    for solvent in (None, *SOLVENTS):
        protocol = replace(get_protocol(name, solvent=solvent), has_free_energies=has_free_energies)
        said = {"provenance": {"levels": level_words(protocol.decisive_steps)}}
        steps = upgraded_prediction(said)["provenance"]["steps"]
        assert [(s["name"], s["elements"]) for s in steps] == [
            (step.name, step.elements) for step in protocol.decisive_steps
        ]
        for step in protocol.decisive_steps:
            assert read_level(str(step.level)) == step.level


@pytest.mark.parametrize("path", sorted(RUNS.glob("*/molecules/*/prediction.json")), ids=lambda p: p.parts[-4])
def test_recorded_predictions_say_the_same_levels(path: Path) -> None:
    provenance = json.loads(path.read_text())["provenance"]
    prediction = MoleculeFolder(path.parent).load_prediction()
    assert prediction is not None
    if provenance is None:
        assert prediction.provenance is None
    else:
        assert prediction.provenance is not None
        assert level_words(prediction.provenance.steps) == provenance["levels"]


def test_references_of_a_user_of_0_1_0_are_read(tmp_path: Path) -> None:
    path = tmp_path / "references.json"
    entry = {
        "compound": "TMS",
        "nucleus": "13C",
        "shielding_ppm": 188.1,
        "engine": "nwchem",
        "program_version": "7.0.2",
        "shielding_level": "B3LYP/6-31G* spherical, COSMO(chloroform)",
        "geometry_level": "B3LYP/6-31G* spherical, gas phase",
        "provenance": "a command",
    }
    path.write_text(json.dumps({"references": [entry]}))
    (found,) = read_references(path)
    assert (found.shielding_level.solvent, found.geometry_level.solvent) == (CHLOROFORM, None)
    for broken in (entry | {"geometry_level": "B3LYP"}, {}, entry | {"geometry_level": 3}):
        path.write_text(json.dumps({"references": [broken]}))
        with pytest.raises(OutputFormatError, match=r"references\.json is not a ReferenceFile record"):
            read_references(path)


@pytest.mark.parametrize("text", ["", "B3LYP", "B3LYP/6-31G* round, gas phase", "B3LYP/6-31G* spherical, COSMO(mud)"])
def test_another_sentence_is_no_level(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a level of theory|not known"):
        read_level(text)
