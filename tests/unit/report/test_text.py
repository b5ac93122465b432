from __future__ import annotations

import json
from dataclasses import replace

import pytest

import qmnmr
from qmnmr.datatypes.shift import ChemicalShift, Prediction, PredictionStatus
from qmnmr.report.json_report import run_json
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
    heading, carbon, proton = shifts_csv([prediction]).splitlines()
    assert heading == ",".join(COLUMNS)
    assert carbon.endswith("60.0000,1.7000,")
    assert proton.endswith("100.0000,,,")
