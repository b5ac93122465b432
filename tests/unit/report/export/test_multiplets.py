"""Exported spectra of hydrogens have the multiplets that couplings make."""

from __future__ import annotations

import numpy as np
import pytest

from qmnmr.datatypes.coupling import Coupling, CouplingClass, CouplingSource
from qmnmr.datatypes.shift import ChemicalShift, Prediction, PredictionStatus
from qmnmr.report.export.spectrum import predicted_lines, sampled
from qmnmr.structures import read_inputs


def ethyl_chloride(couplings):
    shifts = [((0,), "C", "13C", 40.0), ((3, 4, 5), "H", "1H", 1.5), ((6, 7), "H", "1H", 3.5)]
    return Prediction(
        molecule=read_inputs(("CCCl",), charge=None).molecules[0],
        status=PredictionStatus.COMPLETED,
        messages=(),
        shifts=tuple(
            ChemicalShift(
                atom_indices=atoms,
                element=element,
                nucleus=nucleus,
                shielding_ppm=30.0,
                shift_ppm=ppm,
                uncertainty_ppm=0.1,
            )
            for atoms, element, nucleus, ppm in shifts
        ),
        couplings=couplings,
    )


ETHYL = Coupling(
    atom_pairs=tuple((a, b) for a in (3, 4, 5) for b in (6, 7)),
    elements=("H", "H"),
    n_bonds=3,
    coupling_class=CouplingClass.VICINAL_SP3,
    coupling_hz=7.2,
    uncertainty_hz=1.0,
    source=CouplingSource.KARPLUS,
)


def test_signals_with_couplings_are_multiplets_and_without_they_are_singlets():
    methylene, methyl = predicted_lines(ethyl_chloride((ETHYL,)), "1H", proton_mhz=400.0)
    assert (methylene.multiplicity, methyl.multiplicity) == ("q", "t")
    assert sum(intensity for _, intensity in methyl.multiplet) == pytest.approx(3.0, abs=1e-2)
    assert len(methyl.multiplet) >= 3
    bare = predicted_lines(ethyl_chloride(()), "1H")
    assert [(line.multiplicity, line.multiplet) for line in bare] == [("", ()), ("", ())]


def test_carbon_stays_a_singlet():
    (carbon,) = predicted_lines(ethyl_chloride((ETHYL,)), "13C")
    assert (carbon.multiplicity, carbon.multiplet) == ("s", ())


def test_points_show_the_triplet_at_its_frequency():
    spectrum = sampled(predicted_lines(ethyl_chloride((ETHYL,)), "1H", proton_mhz=400.0), "1H", proton_mhz=400.0)
    near = (spectrum.ppm > 1.45) & (spectrum.ppm < 1.55)
    points, values = spectrum.ppm[near], spectrum.intensity[near]
    inner = (values[1:-1] > values[:-2]) & (values[1:-1] > values[2:]) & (values[1:-1] > 0.2)
    peaks = points[1:-1][inner]
    assert len(peaks) == 3
    assert np.diff(peaks) * -400.0 == pytest.approx([7.2, 7.2], abs=0.4)
