"""From a prediction to a spectrum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qmnmr.datatypes.coupling import Coupling, CouplingClass, CouplingSource
from qmnmr.datatypes.shift import ChemicalShift, Prediction, PredictionStatus
from qmnmr.errors import InputError
from qmnmr.spectra.predicted_spectrum import SpectrumSettings, predicted_spectrum, spectrum_points
from qmnmr.structures import read_inputs


def shift_of(atoms, ppm, element="H", nucleus="1H", **more):
    return ChemicalShift(
        atom_indices=tuple(atoms),
        element=element,
        nucleus=nucleus,
        shielding_ppm=31.0 - ppm,
        shift_ppm=ppm,
        uncertainty_ppm=0.1,
        **more,
    )


def coupling_of(pairs, hz, n_bonds=3, kind=CouplingClass.VICINAL_SP3):
    return Coupling(
        atom_pairs=tuple(sorted(pairs)),
        elements=("H", "H"),
        n_bonds=n_bonds,
        coupling_class=kind,
        coupling_hz=hz,
        uncertainty_hz=1.0,
        source=CouplingSource.KARPLUS,
    )


def prediction_of(smiles, shifts, couplings=()):
    return Prediction(
        molecule=read_inputs((smiles,), charge=None).molecules[0],
        status=PredictionStatus.COMPLETED,
        messages=(),
        shifts=tuple(shifts),
        couplings=tuple(couplings),
    )


ETHANOL = prediction_of(
    "CCO",
    [
        shift_of((0,), 18.0, "C", "13C"),
        shift_of((1,), 58.0, "C", "13C"),
        shift_of((3, 4, 5), 1.2),
        shift_of((6, 7), 3.7),
        shift_of((8,), 2.5),
    ],
    [
        coupling_of([(3, 4), (3, 5), (4, 5)], -12.5, 2, CouplingClass.GEMINAL),
        coupling_of([(a, b) for a in (3, 4, 5) for b in (6, 7)], 7.0),
        coupling_of([(6, 8), (7, 8)], 5.0, 3, CouplingClass.VICINAL_OTHER),
    ],
)

DICHLOROBENZENE = prediction_of(
    "Clc1ccccc1Cl",
    [shift_of((8, 11), 7.44), shift_of((9, 10), 7.22)],
    [
        coupling_of([(8, 9), (10, 11)], 8.1, 3, CouplingClass.AROMATIC),
        coupling_of([(8, 10), (9, 11)], 1.5, 4, CouplingClass.AROMATIC),
        coupling_of([(8, 11)], 0.4, 5, CouplingClass.AROMATIC),
        coupling_of([(9, 10)], 7.5, 3, CouplingClass.AROMATIC),
    ],
)


def words(spectrum):
    return {m.atoms: m.multiplicity.word for m in spectrum.multiplets}


def test_the_lines_of_ethanol_are_a_triplet_a_quartet_and_a_singlet():
    found = predicted_spectrum(ETHANOL)
    assert words(found) == {(8,): "s", (6, 7): "q", (3, 4, 5): "t"}
    assert sum(line.intensity for line in found.lines) == pytest.approx(6.0)
    by_atoms: dict[tuple[int, ...], float] = {}
    for line in found.lines:
        by_atoms[line.atoms] = by_atoms.get(line.atoms, 0.0) + line.intensity
    assert by_atoms == pytest.approx({(3, 4, 5): 3.0, (6, 7): 2.0, (8,): 1.0}, abs=1e-3)
    assert [line.shift_ppm for line in found.lines] == sorted(line.shift_ppm for line in found.lines)


def test_hydrogens_on_oxygen_couple_if_asked():
    found = predicted_spectrum(ETHANOL, SpectrumSettings(couples_exchanging=True))
    assert words(found)[8,] == "t"
    assert words(found)[6, 7] == "qd"
    assert any("decoupled by exchange" in note for note in predicted_spectrum(ETHANOL).notes)
    assert not any("decoupled by exchange" in note for note in found.notes)


def test_what_couples_is_named_with_its_partner_and_error_bar():
    (methylene,) = (m for m in predicted_spectrum(ETHANOL).multiplets if m.atoms == (6, 7))
    (named,) = methylene.couplings
    assert (named.coupling_hz, named.uncertainty_hz, named.partner) == (7.0, 1.0, (3, 4, 5))


@pytest.mark.parametrize("settings", [SpectrumSettings(is_pure_shift=True), SpectrumSettings(nucleus="13C")])
def test_decoupled_spectra_have_one_line_for_each_signal(settings):
    found = predicted_spectrum(ETHANOL, settings)
    assert set(words(found).values()) == {"s"}
    assert len(found.lines) == len(found.multiplets)
    assert [line.intensity for line in found.lines] == pytest.approx([len(line.atoms) for line in found.lines])


def test_the_nuclei_of_aaxx_keep_both_couplings():
    found = predicted_spectrum(DICHLOROBENZENE)
    assert words(found) == {(8, 11): "m", (9, 10): "m"}
    assert all("second order" in m.flags for m in found.multiplets)
    (near,) = (m for m in found.multiplets if m.atoms == (8, 11))
    assert [(named.coupling_hz, named.partner) for named in near.couplings] == [(8.1, (9,)), (1.5, (10,)), (0.4, (11,))]
    assert len(found.lines) > 12
    assert sum(line.intensity for line in found.lines) == pytest.approx(4.0)


def test_without_couplings_every_signal_is_one_line_and_that_is_said():
    found = predicted_spectrum(replace(ETHANOL, couplings=()))
    assert set(words(found).values()) == {"s"}
    assert any("no couplings" in note for note in found.notes)


def test_couplings_to_fluorine_are_said_to_be_missing():
    fluoride = prediction_of("CF", [shift_of((2, 3, 4), 4.3)])
    found = predicted_spectrum(fluoride)
    assert any("with F" in note for note in found.notes)
    assert found.multiplets[0].flags == ("its couplings with F are not in it",)


def test_the_area_of_the_points_is_the_number_of_nuclei():
    found = predicted_spectrum(ETHANOL)
    x, y = spectrum_points(found, first_ppm=-20.0, last_ppm=25.0, points=400001)
    assert np.trapezoid(y, x) == pytest.approx(6.0, rel=2e-3)
    halves = np.trapezoid(y[x < 3.0], x[x < 3.0])
    assert halves == pytest.approx(4.0, rel=5e-3)


def test_shifts_of_a_reference_serve_without_error_bars():
    shifts = tuple(
        replace(s, shift_ppm=None, uncertainty_ppm=None, reference_shift_ppm=s.shift_ppm) for s in ETHANOL.shifts
    )
    found = predicted_spectrum(replace(ETHANOL, shifts=shifts))
    assert words(found)[6, 7] == "q"
    assert all(m.uncertainty_ppm is None for m in found.multiplets)
    assert any("not calibrated" in note for note in found.notes)


@pytest.mark.parametrize(
    ("settings", "words_of_error"),
    [
        (SpectrumSettings(nucleus="19F"), "has no F, so there is no 19F spectrum"),
        (SpectrumSettings(nucleus="79Br"), "nothing is known of the nucleus '79Br'"),
        (SpectrumSettings(frequency_mhz=4e8), "no spectrometer has 4e\\+08 MHz"),
        (SpectrumSettings(line_width_hz=0.0), "a line width of 0 Hz"),
    ],
)
def test_what_there_is_no_spectrum_of_is_refused(settings, words_of_error):
    with pytest.raises(InputError, match=words_of_error):
        predicted_spectrum(ETHANOL, settings)


def test_shieldings_alone_make_no_spectrum():
    shifts = tuple(replace(s, shift_ppm=None, uncertainty_ppm=None) for s in ETHANOL.shifts)
    with pytest.raises(InputError, match="has no shifts, only shieldings"):
        predicted_spectrum(replace(ETHANOL, shifts=shifts))
