from __future__ import annotations

from dataclasses import replace
from importlib import resources

import pytest

from qmnmr.datatypes.shift import NUCLEI, ChemicalShift, Prediction, PredictionStatus
from qmnmr.errors import InputError
from qmnmr.runs.protocols import get_protocol
from qmnmr.runs.sources.references import add_references, read_references, references_from
from qmnmr.shifts.referencing import encode_references, shipped_references
from qmnmr.structures import molecules_from_smiles
from tests.support.provenance import provenance_of


def prediction(smiles):
    (molecule,) = molecules_from_smiles([("x", smiles)], source="test")
    protocol = get_protocol("standard", solvent=None)
    rows = tuple(
        ChemicalShift(
            atom_indices=(i,), element=symbol, nucleus=NUCLEI[symbol], shielding_ppm=100.0 + i,
            shift_ppm=None, uncertainty_ppm=None,
        )
        for i, symbol in enumerate(molecule.symbols)
        if symbol in NUCLEI
    )  # fmt: skip
    provenance = replace(
        provenance_of(protocol),
        program_versions=("pyscf 2.14.0",),
    )
    return Prediction(
        molecule=molecule, status=PredictionStatus.COMPLETED, messages=(), shifts=rows, provenance=provenance
    )


@pytest.mark.parametrize(
    ("smiles", "compound", "nuclei"),
    [
        ("FC(Cl)(Cl)Cl", "CFCl3", {"19F"}),
        ("C[N+](=O)[O-]", "CH3NO2", {"15N"}),
        ("OP(=O)(O)O", "H3PO4", {"31P"}),
        ("C[Si](C)(C)C", "TMS", {"1H", "13C", "29Si"}),
    ],
)
def test_a_reference_compound_is_one_for_its_own_nuclei_alone(smiles, compound, nuclei):
    found = references_from(prediction(smiles))
    assert {r.nucleus for r in found} == nuclei
    assert {r.compound for r in found} == {compound}


def test_the_level_of_a_reference_is_that_of_its_element():
    found = references_from(prediction("C[Si](C)(C)C"))
    levels = {r.nucleus: r.shielding_level for r in found}
    assert levels["1H"] != levels["13C"]


def test_another_compound_is_refused_and_the_known_ones_are_named():
    with pytest.raises(InputError, match="not a finished calculation") as refused:
        references_from(prediction("CCO"))
    assert "CFCl3 'FC(Cl)(Cl)Cl'" in refused.value.hint


def test_references_are_kept_in_a_file(tmp_path):
    path = tmp_path / "sub" / "references.json"
    add_references(path, references_from(prediction("FC(Cl)(Cl)Cl")))
    add_references(path, references_from(prediction("FC(Cl)(Cl)Cl")))
    assert [r.nucleus for r in read_references(path)] == ["19F"]
    assert path.read_bytes() == encode_references(read_references(path))


def test_the_shipped_file_has_a_line_for_each_reference():
    data = resources.files("qmnmr.shifts").joinpath("data/references.json").read_bytes()
    assert data == encode_references(shipped_references())
    assert sum(b'"compound"' in line for line in data.splitlines()) == len(shipped_references())
