import pytest

from qmnmr.datatypes.measured.experiment import MeasuredSignal, Spectrum
from qmnmr.datatypes.shift import ChemicalShift, Prediction, PredictionStatus
from qmnmr.errors import InputError
from qmnmr.shifts.comparison import compare
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


def signal(shift, atoms=(), **what):
    return MeasuredSignal(low_ppm=shift, high_ppm=shift, atoms=atoms, **what)


def spectrum(nucleus, *signals):
    return Spectrum(nucleus=nucleus, signals=signals)


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
    found = compare([(ethanol, [spectrum("13C", signal(17.0, (1,)), signal(63.0, (2,)))])])
    (errors,) = found.errors
    assert (errors.n, errors.mae_ppm, errors.largest_ppm) == (2, 2.0, -3.0)
    assert errors.rmsd_ppm == pytest.approx(5.0**0.5)
    assert errors.largest_of == "ethanol 13C 2"
    assert found.warnings == ()


def test_an_assignment_is_kept_where_matching_in_order_would_look_better(ethanol):
    found = compare([(ethanol, [spectrum("13C", signal(60.0, (1,)), signal(18.0, (2,)))])])
    assert found.errors[0].rmsd_ppm == pytest.approx(42.0)


def test_signals_without_atoms_are_matched_in_order_with_a_warning(ethanol):
    found = compare([(ethanol, [spectrum("13C", signal(58.3), signal(18.4))])])
    assert [(p.atoms, p.is_assigned) for p in found.pairs] == [((2,), False), ((1,), False)]
    assert "matched in order" in found.warnings[0]


def test_an_assigned_signal_takes_its_prediction_from_the_others(ethanol):
    found = compare([(ethanol, [spectrum("13C", signal(20.0, (2,)), signal(59.0))])])
    assert [p.atoms for p in found.pairs] == [(2,), (1,)]


def test_a_signal_of_several_sets_is_compared_with_their_mean(ethanol):
    found = compare([(ethanol, [spectrum("1H", signal(2.0, (4, 5, 6, 7, 8)))])])
    assert found.pairs[0].predicted_ppm == pytest.approx((3 * 1.2 + 2 * 3.9) / 5)


def test_a_signal_that_counts_the_nuclei_of_several_sets_is_compared_with_their_mean(ethanol):
    found = compare([(ethanol, [spectrum("1H", signal(2.0, nuclei=5.0))])])
    assert found.pairs[0].atoms == (4, 5, 6, 7, 8)
    assert found.pairs[0].predicted_ppm == pytest.approx((3 * 1.2 + 2 * 3.9) / 5)
    assert "within their numbers of nuclei" in found.warnings[0]


def test_the_middle_of_a_range_is_compared(ethanol):
    found = compare([(ethanol, [spectrum("1H", MeasuredSignal(low_ppm=3.5, high_ppm=3.7))])])
    assert found.pairs[0].atoms == (7, 8)
    assert found.pairs[0].measured_ppm == pytest.approx(3.6)


def test_more_signals_than_predictions_are_refused(ethanol):
    with pytest.raises(InputError, match="3 13C signals"):
        compare([(ethanol, [spectrum("13C", *(signal(x) for x in (1.0, 2.0, 3.0)))])])


def test_atoms_without_such_a_shift_are_refused(ethanol):
    with pytest.raises(InputError, match="atom 3 has no 13C shift"):
        compare([(ethanol, [spectrum("13C", signal(1.0, (3,)))])])


def test_uncalibrated_shifts_are_not_compared(ethanol):
    from dataclasses import replace

    bare = replace(ethanol, shifts=(row("13C", (1,), None), row("1H", (4, 5, 6), 1.2)))
    with pytest.raises(InputError, match="no calibrated 13C"):
        compare([(bare, [spectrum("13C", signal(1.0))])])
    found = compare([(bare, [spectrum("13C", signal(1.0)), spectrum("1H", signal(1.0))])])
    assert [pair.nucleus for pair in found.pairs] == ["1H"]
    assert "no calibrated 13C shifts to compare with: left out" in found.warnings[-1]
