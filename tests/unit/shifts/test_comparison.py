import pytest

from qmnmr.datatypes.shift import ChemicalShift, Prediction, PredictionStatus
from qmnmr.errors import InputError
from qmnmr.shifts.comparison import Signal, compare
from qmnmr.structures import molecules_from_smiles


def row(nucleus, atoms, shift, uncertainty=1.5):
    return ChemicalShift(
        atom_indices=tuple(a - 1 for a in atoms),
        element="C" if nucleus == "13C" else "H",
        nucleus=nucleus,
        shielding_ppm=100.0,
        shift_ppm=shift,
        uncertainty_ppm=None if shift is None else uncertainty,
    )


@pytest.fixture
def ethanol():
    (molecule,) = molecules_from_smiles([("ethanol", "CCO")], source="test")
    return Prediction(
        molecule=molecule,
        status=PredictionStatus.COMPLETED,
        messages=(),
        shifts=(row("13C", (1,), 18.0), row("13C", (2,), 60.0), row("1H", (4, 5, 6), 1.2), row("1H", (7, 8), 3.9)),
    )


def test_assigned_signals_give_mae_rmsd_and_largest_deviation(ethanol):
    found = compare(
        [
            (
                ethanol,
                [Signal(nucleus="13C", shift_ppm=17.0, atoms=(1,)), Signal(nucleus="13C", shift_ppm=63.0, atoms=(2,))],
            )
        ]
    )
    (errors,) = found.errors
    assert (errors.n, errors.mae_ppm, errors.largest_ppm) == (2, 2.0, -3.0)
    assert errors.rmsd_ppm == pytest.approx(5.0**0.5)
    assert errors.largest_of == "ethanol 13C 2"
    assert found.warnings == ()


def test_an_assignment_is_kept_where_matching_in_order_would_look_better(ethanol):
    found = compare(
        [
            (
                ethanol,
                [Signal(nucleus="13C", shift_ppm=60.0, atoms=(1,)), Signal(nucleus="13C", shift_ppm=18.0, atoms=(2,))],
            )
        ]
    )
    assert found.errors[0].rmsd_ppm == pytest.approx(42.0)


def test_signals_without_atoms_are_matched_in_order_with_a_warning(ethanol):
    found = compare([(ethanol, [Signal(nucleus="13C", shift_ppm=58.3), Signal(nucleus="13C", shift_ppm=18.4)])])
    assert [(p.atoms, p.is_assigned) for p in found.pairs] == [((2,), False), ((1,), False)]
    assert "matched in order" in found.warnings[0]


def test_an_assigned_signal_takes_its_prediction_from_the_others(ethanol):
    signals = [Signal(nucleus="13C", shift_ppm=20.0, atoms=(2,)), Signal(nucleus="13C", shift_ppm=59.0)]
    found = compare([(ethanol, signals)])
    assert [p.atoms for p in found.pairs] == [(2,), (1,)]


def test_a_signal_of_several_sets_is_compared_with_their_mean(ethanol):
    found = compare([(ethanol, [Signal(nucleus="1H", shift_ppm=2.0, atoms=(4, 5, 6, 7, 8))])])
    assert found.pairs[0].predicted_ppm == pytest.approx((3 * 1.2 + 2 * 3.9) / 5)


def test_more_signals_than_predictions_are_refused(ethanol):
    with pytest.raises(InputError, match="3 13C signals"):
        compare([(ethanol, [Signal(nucleus="13C", shift_ppm=x) for x in (1.0, 2.0, 3.0)])])


def test_atoms_without_such_a_shift_are_refused(ethanol):
    with pytest.raises(InputError, match="atom 3 has no 13C shift"):
        compare([(ethanol, [Signal(nucleus="13C", shift_ppm=1.0, atoms=(3,))])])


def test_uncalibrated_shifts_are_not_compared(ethanol):
    from dataclasses import replace

    bare = replace(ethanol, shifts=(row("13C", (1,), None),))
    with pytest.raises(InputError, match="no calibrated 13C"):
        compare([(bare, [Signal(nucleus="13C", shift_ppm=1.0)])])
