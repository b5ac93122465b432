from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest
from rdkit import Chem

import qmnmr
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry
from qmnmr.datatypes.shift import ChemicalShift, Prediction, PredictionStatus
from qmnmr.report.json_report import run_json
from qmnmr.report.structure_file import SHIFT_PROPERTIES, ensemble_sdf
from qmnmr.report.tables import COLUMNS, shifts_csv
from qmnmr.report.text import prediction_text
from qmnmr.structures import molecules_from_smiles


@pytest.fixture
def prediction():
    (molecule,) = molecules_from_smiles([("bromomethanol", "OCBr")], source="test")

    def row(nucleus, element, atoms, **values):
        return ChemicalShift(
            atom_indices=atoms, element=element, nucleus=nucleus, shielding_ppm=100.0,
            **({"shift_ppm": None, "uncertainty_ppm": None} | values),
        )  # fmt: skip

    return Prediction(
        molecule=molecule,
        status=PredictionStatus.COMPLETED,
        messages=("a note",),
        shifts=(
            row("13C", "C", (1,), shift_ppm=60.0, uncertainty_ppm=1.7, flags=("bonded to Br",)),
            row("1H", "H", (3,), reference_shift_ppm=0.51, reference="TMS", flags=("exchangeable",)),
        ),
    )


def test_a_shift_has_its_error_bar_and_its_flags_beside_it(prediction):
    line = next(line for line in prediction_text(prediction).splitlines() if " 13C " in line)
    assert line.split() == ["13C", "2", "CH2", "100.00", "60.00", "1.70", "bonded", "to", "Br"]


def test_an_uncalibrated_difference_is_in_another_column_and_says_what_it_is_against(prediction):
    lines = prediction_text(prediction).splitlines()
    heading = next(line for line in lines if "nucleus" in line)
    row = next(line for line in lines if " 1H " in line)
    assert heading.split()[-2:] == ["uncalibrated/ppm", "flags"]
    assert row.index("0.51 vs TMS") >= heading.index("uncalibrated/ppm") > heading.index("+/-")
    assert not row[heading.index("shift/ppm") : heading.index("uncalibrated")].strip()


def test_json_carries_flags_and_keeps_differences_apart(prediction):
    (molecule,) = json.loads(run_json([prediction], run="x"))["molecules"]
    carbon, proton = molecule["shifts"]
    assert (carbon["flags"], carbon["shift_ppm"], carbon["uncertainty_ppm"]) == (["bonded to Br"], 60.0, 1.7)
    assert (proton["shift_ppm"], proton["uncertainty_ppm"]) == (None, None)
    assert (proton["reference_shift_ppm"], proton["reference"]) == (0.51, "TMS")


def test_the_json_of_many_molecules_is_laid_out_as_json_does_it(prediction):
    odd = replace(prediction, messages=('a "quote", a \\, ü, 一', "line\nfeed \u2028 \x7f \x01"), shifts=())
    for predictions in ([], [prediction], [prediction, odd]):
        text = run_json(predictions, run='ü "x"')
        assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
        assert json.loads(text)["run"] == 'ü "x"'


def test_the_table_holds_what_the_csv_holds(prediction):
    frame = qmnmr.shifts_frame([prediction])
    assert tuple(frame.columns) == COLUMNS
    assert frame.to_csv(index=False, float_format="%.4f", lineterminator="\n") == shifts_csv([prediction])


def test_shifts_csv_keeps_its_columns_and_holds_calibrated_shifts_alone(prediction):
    text = shifts_csv([prediction])
    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert COLUMNS[:8] == (
        *("molecule", "atoms", "element", "nucleus"),
        *("shielding_ppm", "shift_ppm", "uncertainty_ppm", "label"),
    )
    carbon, proton = csv.DictReader(text.splitlines())
    assert (carbon["shift_ppm"], carbon["uncertainty_ppm"], carbon["reference"]) == ("60.0000", "1.7000", "")
    assert (proton["shift_ppm"], proton["uncertainty_ppm"]) == ("", "")
    assert (proton["reference_shift_ppm"], proton["reference"]) == ("0.5100", "TMS")
    assert (carbon["group"], proton["group"]) == ("CH2", "on O1")
    assert (carbon["flags"], proton["flags"]) == ("bonded to Br", "exchangeable")
    assert {(row["smiles"], row["status"], row["message"]) for row in (carbon, proton)} == {("OCBr", "completed", "")}


def test_a_molecule_without_result_has_a_row_that_says_why(prediction):
    failed = replace(prediction, status=PredictionStatus.FAILED, shifts=(), messages=("no conformer", "SCF, again"))
    *_, row = csv.DictReader(shifts_csv([prediction, failed]).splitlines())
    known = {name: value for name, value in row.items() if value}
    assert known == {
        "molecule": "bromomethanol", "smiles": "OCBr", "status": "failed", "message": "no conformer; SCF, again",
    }  # fmt: skip
    frame = qmnmr.shifts_frame(iter([prediction, failed]))
    assert list(frame.status) == ["completed", "completed", "failed"]
    assert frame.shielding_ppm.isna().tolist() == [False, False, True]
    assert len(frame[frame.nucleus == "1H"]) == 1


def test_one_prediction_alone_is_a_table_too(prediction):
    assert qmnmr.shifts_frame(prediction).equals(qmnmr.shifts_frame([prediction]))


def test_the_atoms_of_a_structure_file_carry_what_the_csv_says(prediction):
    chain = tuple((1.4 * place, 0.3 * (place % 2), 0.0) for place in range(len(prediction.molecule.symbols)))
    conformer = Conformer(
        label="c001",
        geometry=Geometry(symbols=prediction.molecule.symbols, coordinates_angstrom=chain),
        energy_hartree=-1.0,
    )
    ensemble = Ensemble(molecule=prediction.molecule, conformers=(conformer,))
    labelled = replace(prediction.shifts[1], label="cis to O4")
    supplier = Chem.SDMolSupplier()
    supplier.SetData(ensemble_sdf(ensemble, shifts=(prediction.shifts[0], labelled)), removeHs=False)
    (mol,) = supplier
    carbon, proton = mol.GetAtomWithIdx(1), mol.GetAtomWithIdx(3)
    assert [carbon.GetDoubleProp(name) for name in SHIFT_PROPERTIES] == [100.0, 60.0, 1.7]
    assert proton.GetDoubleProp("NMR_shielding") == 100.0
    assert proton.GetProp("label") == "cis_to_O4"
    others = [atom for atom in mol.GetAtoms() if atom.GetIdx() not in (1, 3)]
    assert not any(atom.HasProp(name) for atom in (proton, *others) for name in SHIFT_PROPERTIES[1:])
    assert not any(atom.HasProp(name) for atom in others for name in (*SHIFT_PROPERTIES, "label"))


def test_lists_of_many_atoms_are_lines_that_rdkit_puts_together():
    (molecule,) = molecules_from_smiles([("chain", "C" * 40)], source="test")
    line = tuple((1.5 * place, 0.0, 0.0) for place in range(len(molecule.symbols)))
    shifts = tuple(
        ChemicalShift(
            atom_indices=(index,), element="C", nucleus="13C", shielding_ppm=100.0 + index / 7,
            shift_ppm=None, uncertainty_ppm=None,
        )
        for index in range(40)
    )  # fmt: skip
    geometry = Geometry(symbols=molecule.symbols, coordinates_angstrom=line)
    conformer = Conformer(label="c001", geometry=geometry, energy_hartree=None)
    text = ensemble_sdf(Ensemble(molecule=molecule, conformers=(conformer,)), shifts=shifts)
    assert max(map(len, text.splitlines())) <= 200
    supplier = Chem.SDMolSupplier()
    supplier.SetData(text, removeHs=False)
    (mol,) = supplier
    found = [atom.GetDoubleProp("NMR_shielding") for atom in mol.GetAtoms() if atom.HasProp("NMR_shielding")]
    assert found == [round(shift.shielding_ppm, 4) for shift in shifts]
