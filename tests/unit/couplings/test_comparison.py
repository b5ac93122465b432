"""Measured couplings beside predicted ones."""

from __future__ import annotations

import pytest

from qmnmr.couplings.comparison import compare_couplings
from qmnmr.datatypes.coupling import Coupling, CouplingClass, CouplingSource
from qmnmr.datatypes.measured.comparison import ComparedPair
from qmnmr.datatypes.shift import Prediction, PredictionStatus
from qmnmr.structures import read_inputs


def coupling_of(pairs, hz):
    return Coupling(
        atom_pairs=tuple(pairs),
        elements=("H", "H"),
        n_bonds=3,
        coupling_class=CouplingClass.VICINAL_SP3,
        coupling_hz=hz,
        uncertainty_hz=1.0,
        source=CouplingSource.KARPLUS,
    )


STYRENE_VINYL = (coupling_of([(8, 10)], 17.5), coupling_of([(9, 10)], 11.0), coupling_of([(8, 9)], 1.4))
ETHANOL = (coupling_of([(a, b) for a in (3, 4, 5) for b in (6, 7)], 6.8), coupling_of([(6, 8), (7, 8)], 5.0))


def prediction_of(smiles, couplings):
    (molecule,) = read_inputs((smiles,), charge=None).molecules
    return Prediction(molecule=molecule, status=PredictionStatus.COMPLETED, messages=(), couplings=couplings)


def pair_of(atoms, couplings_hz, nucleus="1H"):
    return ComparedPair(
        molecule="m",
        nucleus=nucleus,
        atoms=atoms,
        measured_ppm=3.7,
        predicted_ppm=3.8,
        uncertainty_ppm=None,
        is_assigned=False,
        measured_couplings_hz=couplings_hz,
    )


def test_sizes_are_matched_whatever_their_order_and_sign():
    found, warnings = compare_couplings(prediction_of("C=Cc1ccccc1", STYRENE_VINYL), [pair_of((11,), (-10.9, 17.6))])
    assert [(c.measured_hz, c.predicted_hz) for c in found] == [(10.9, 11.0), (17.6, 17.5)]
    assert found[0].difference_hz == pytest.approx(0.1)
    assert warnings == ()


def test_partners_that_exchange_count_only_where_they_are_needed():
    prediction = prediction_of("CCO", ETHANOL)
    (one,), _ = compare_couplings(prediction, [pair_of((7, 8), (5.1,))])
    assert one.predicted_hz == 6.8
    five, warnings = compare_couplings(prediction, [pair_of((7, 8), (7.0, 7.0, 7.0, 4.8))])
    assert sorted(c.predicted_hz for c in five) == [5.0, 6.8, 6.8, 6.8]
    assert warnings == ()


def test_a_coupling_that_nothing_predicts_is_warned_of():
    found, warnings = compare_couplings(prediction_of("CCO", ETHANOL[:1]), [pair_of((9,), (5.0,))])
    assert found == ()
    assert warnings == ("m: J 5 Hz of the signal at 3.7 ppm has no predicted coupling",)


def test_other_nuclei_and_predictions_without_couplings_have_nothing_to_compare():
    assert compare_couplings(prediction_of("CCO", ETHANOL), [pair_of((1,), (140.0,), nucleus="13C")]) == ((), ())
    assert compare_couplings(prediction_of("CCO", ()), [pair_of((7, 8), (7.0,))]) == ((), ())
