"""The paragraph for a paper says multiplicities and couplings where there are couplings."""

from __future__ import annotations

import re

import pytest

from qmnmr.datatypes.coupling import Coupling, CouplingClass, CouplingSource
from qmnmr.datatypes.shift import ChemicalShift, Prediction, PredictionStatus, Provenance
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.report.page.si_text import si_text
from qmnmr.runs.protocols import get_protocol
from qmnmr.structures import read_inputs

PROVENANCE = Provenance(
    qmnmr_version="0.2.0",
    engine="pyscf",
    program_versions=("2.14.0",),
    protocol="draft",
    steps=get_protocol("draft", solvent=CHLOROFORM).decisive_steps,
    solvent="chloroform",
    dielectric_constant=4.7113,
    temperature_kelvin=298.15,
    conformer_search="rdkit",
    toolkit_versions={},
    referencing={},
    host="node",
    date_utc="2026-01-01T00:00:00+00:00",
    cpu_seconds=1.0,
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


def ethyl_chloride(couplings):
    shifts = [((0,), "C", "13C", 18.7), ((3, 4, 5), "H", "1H", 1.49), ((6, 7), "H", "1H", 3.51)]
    return Prediction(
        molecule=read_inputs(("CCCl",), charge=None).molecules[0],
        status=PredictionStatus.COMPLETED,
        messages=(),
        provenance=PROVENANCE,
        couplings=couplings,
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
    )


def test_multiplets_are_written_as_papers_have_them():
    text = si_text(ethyl_chloride((ETHYL,)))
    assert "δ 3.51 (q, J = 7.2 Hz, 2H, H-7, H-8), 1.49 (t, J = 7.2 Hz, 3H, H-4, H-5, H-6)." in text
    assert "couplings by rules from the geometries, 1.0 Hz" in text
    assert re.search(r"13C\{1H\} NMR .* δ 18\.7 \(C-1\)", text)


@pytest.mark.parametrize("couplings", [()])
def test_without_couplings_there_are_none_in_it(couplings):
    text = si_text(ethyl_chloride(couplings))
    assert "δ 3.51 (2H, H-7, H-8), 1.49 (3H, H-4, H-5, H-6)." in text
    assert "coupling" not in text
