import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

pytest.importorskip("rdkit.Chem.Draw", exc_type=ImportError)  # small images of Debian lack its libraries

from qmnmr.report.page.drawing import molecule_drawing, thumbnail
from qmnmr.report.page.number_places import number_range
from qmnmr.runs.signal_list import list_signals
from qmnmr.structures.reader import read_molecules

SVG = "{http://www.w3.org/2000/svg}"
MENTHOL = "C[C@@H]1CC[C@H]([C@@H](C1)O)C(C)C"
ANDROSTENEDIONE = "C[C@]12CC[C@H]3[C@@H](CCC4=CC(=O)CC[C@]34C)[C@@H]1CCC2=O"


def _molecule(smiles):
    return read_molecules([smiles])[0]


def _read(text):
    return ET.fromstring(text)  # noqa: S314  # it is our own


def _drawing(smiles):
    listed = list_signals([smiles], charge=None, skip_bad=False).molecules[0]
    sets = [signal.atom_indices for signal in listed.signals if signal.element == "H"]
    return _read(molecule_drawing(listed.molecule, hydrogen_sets=sets))


def _said(svg, kind):
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text") if text.get("class") == kind]


def test_every_atom_has_its_number_once():
    svg = _drawing(MENTHOL)
    numbers = [int(n) for e in svg.iter() if e.tag != f"{SVG}circle" for n in e.get("data-a", "").split()]
    assert sorted(numbers) == list(range(1, 32))


def test_hydrogens_of_one_signal_are_a_range_and_of_two_are_apart():
    assert _said(_drawing("CCO"), "hydrogens") == ["4-6", "7,8", "9"]
    assert "16/17" in _said(_drawing(MENTHOL), "hydrogens")


def test_no_number_lies_over_another():
    texts = [t for t in _drawing(ANDROSTENEDIONE).iter(f"{SVG}text") if t.get("class") == "number"]
    places = [(float(t.get("x")), float(t.get("y"))) for t in texts]
    assert all(abs(x - u) > 12 or abs(y - v) > 9 for k, (x, y) in enumerate(places) for u, v in places[:k])


def test_a_name_is_text_in_the_drawing():
    svg = molecule_drawing(replace(_molecule("CCO"), name="<script>alert(1)</script>"))
    assert "<script" not in svg
    assert "&lt;script&gt;alert(1)" in svg


@pytest.mark.parametrize("smiles", ["O", "[H][H]", "C", "N#N", "C/C=C/C#N", "[NH3+]CC(=O)[O-]"])
def test_smallest_and_charged_molecules_are_drawn(smiles):
    assert _read(thumbnail(_molecule(smiles))).tag == f"{SVG}svg"
    assert len(list(_read(molecule_drawing(_molecule(smiles))).iter(f"{SVG}circle"))) >= 1


def test_the_same_molecule_gives_the_same_text():
    assert molecule_drawing(_molecule(MENTHOL)) == molecule_drawing(_molecule(MENTHOL))


def test_runs_of_numbers():
    assert number_range([4, 5, 6, 9, 11, 12]) == "4-6,9,11,12"
