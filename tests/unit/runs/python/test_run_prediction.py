"""What Python gets of a run: structures, tables, HTML."""

from __future__ import annotations

import pickle
import re
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from rdkit import Chem

import qmnmr
from qmnmr.datatypes.shift import Prediction, WeightedConformer
from qmnmr.report.page.notebook import MOST_SHOWN, predictions_html
from qmnmr.runs.folder.run_folder import RunFolder

GOLDEN = Path(__file__).parents[3] / "golden" / "exported_run"
ODD = "(R)-1-chloro α-propanol; $$ ##END= \\ <b>"


@pytest.fixture(scope="module")
def run() -> qmnmr.RunPredictions:
    return qmnmr.load_run(GOLDEN)


def test_a_run_is_a_tuple_of_predictions(run):
    assert isinstance(run, tuple)
    assert all(isinstance(p, Prediction) for p in run)
    assert [p.molecule.name for p in run] == ["ethanol", ODD, "cis-1,2-difluoroethene", "no such thing"]
    assert run[:2] == tuple(qmnmr.load_run(str(GOLDEN)))[:2]


def test_conformers_have_populations_and_the_geometries_that_were_shielded(run):
    folder = RunFolder(GOLDEN)
    for prediction in run[:3]:
        store = folder.molecule_folder(prediction.molecule)
        shielded = {r.label.partition("-")[0]: r.geometry for r in store.results() if "shielding" in r.label}
        assert sum(c.population for c in prediction.conformers) == pytest.approx(1.0)
        assert {c.label: c.geometry for c in prediction.conformers} == {
            c.label: shielded[c.label] for c in prediction.conformers
        }
        assert all(isinstance(c, WeightedConformer) for c in prediction.conformers)
        for conformer in prediction.conformers:
            positions = conformer.mol.GetConformer().GetPositions()
            assert np.allclose(positions, conformer.geometry.coordinates_angstrom)


def test_the_mol_is_the_most_populated_conformer_with_shifts_on_its_atoms(run):
    for prediction in run[:3]:
        best = max(prediction.conformers, key=lambda c: c.population)
        mol = prediction.mol
        assert Chem.MolToSmiles(Chem.RemoveHs(mol)) == prediction.molecule.smiles
        assert np.allclose(mol.GetConformer().GetPositions(), best.geometry.coordinates_angstrom)
        for shift in prediction.shifts:
            for index in shift.atom_indices:
                atom = mol.GetAtomWithIdx(index)
                assert atom.GetSymbol() == shift.element
                assert atom.GetDoubleProp("NMR_shielding") == round(shift.shielding_ppm, 4)
                assert atom.HasProp("NMR_shift") == (shift.shift_ppm is not None)
                assert atom.HasProp("label") == bool(shift.label)


def test_a_molecule_without_result_has_its_graph_and_says_why(run):
    failed = run[3]
    assert (failed.status, failed.conformers, failed.mol.GetNumConformers()) == ("failed", (), 0)
    assert failed.mol.GetNumAtoms() == 3
    assert "FAILED" in failed._repr_html_()
    assert failed.to_frame().message[0] == "; ".join(failed.messages)


def test_geometries_of_a_run_that_is_gone_are_an_error_that_says_so(tmp_path):
    folder = shutil.copytree(GOLDEN, tmp_path / "run")
    (ethanol, *_) = qmnmr.load_run(folder)
    shutil.rmtree(folder)
    assert ethanol.conformers[0].population > 0
    with pytest.raises(qmnmr.errors.OutputFormatError, match="geometry of conformer c001 can't be read") as told:
        _ = ethanol.conformers[0].geometry
    assert "moved or removed" in told.value.hint


def test_frames_of_one_and_of_all_are_those_of_shifts_frame(run):
    assert run.to_frame().equals(qmnmr.shifts_frame(run))
    assert run[0].to_frame().equals(qmnmr.shifts_frame([run[0]]))


def test_predictions_can_be_changed_pickled_and_compared(run):
    again = pickle.loads(pickle.dumps(run))  # noqa: S301
    assert again == run
    assert again[0].conformers[0].geometry == run[0].conformers[0].geometry
    other = replace(run[0], messages=("mine",))
    assert other != run[0]
    assert other.conformers[0].geometry == run[0].conformers[0].geometry
    assert "stored" not in repr(run[0])


def test_a_notebook_shows_drawing_table_and_names_as_text(run):
    pytest.importorskip("rdkit.Chem.Draw", exc_type=ImportError)  # small images of Debian lack its libraries
    html = run._repr_html_()
    root = ElementTree.fromstring(f"<div>{html}</div>")  # noqa: S314  (well-formed: nothing of a name is markup)
    assert len(root.findall(".//{http://www.w3.org/2000/svg}svg")) == 4
    headings = [str(element.text) for element in root.iter("b")]
    assert len(headings) == 4
    assert any(ODD in heading for heading in headings)
    cells = [["".join(cell.itertext()) for cell in row] for row in root.findall(".//tbody/tr")]
    assert len(cells) == sum(len(p.shifts) for p in run)
    ethanol = {row[1]: row[4:6] for row in cells[: len(run[0].shifts)]}
    assert ethanol == {
        " ".join(str(i + 1) for i in s.atom_indices): [f"{s.shift_ppm:.2f}", f"{s.uncertainty_ppm:.2f}"]
        for s in run[0].shifts
    }
    assert "<script" not in html
    assert "http" not in re.sub(r'xmlns="[^"]*"', "", html)


def test_a_notebook_shows_the_first_of_many(run):
    html = predictions_html([run[0]] * (MOST_SHOWN + 5))
    assert html.count('<div class="qmnmr">') == MOST_SHOWN
    assert "and 5 more" in html


def test_public_functions_say_their_types():
    for function in (qmnmr.predict, qmnmr.load_run, qmnmr.shifts_frame):
        annotations = function.__annotations__
        assert "return" in annotations
        documented = str(function.__doc__)
        assert all(f"{name}: " in documented for name in annotations if name != "return")
