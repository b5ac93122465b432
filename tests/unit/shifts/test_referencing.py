from dataclasses import replace

import pytest

from qmnmr.datatypes.shift import ChemicalShift, ReferenceShielding
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory, RunLevel
from qmnmr.shifts.referencing import (
    find_reference,
    reference_shift,
    shipped_references,
    with_reference_shifts,
)

LEVEL = LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=CHLOROFORM)
TMS = ReferenceShielding(
    compound="TMS",
    nucleus="13C",
    shielding_ppm=188.0,
    engine="nwchem",
    program_version="7.0.2",
    shielding_level=LEVEL,
    geometry_level=LEVEL,
    provenance="a test",
)
RUN = RunLevel(engine="nwchem", settings={}, geometry_level=LEVEL, shielding_levels={"13C": LEVEL, "1H": LEVEL})


def test_the_reference_compound_itself_has_shift_zero():
    assert reference_shift(188.0, reference_ppm=188.0) == 0.0


def test_less_shielding_is_a_larger_shift():
    # (188 - 60) / (1 - 188e-6)
    assert reference_shift(60.0, reference_ppm=188.0) == pytest.approx(128.024, abs=1e-3)


@pytest.mark.parametrize(
    ("changes", "version"),
    [
        ({}, "7.3.1"),
        ({"engine": "pyscf"}, "7.0.2"),
        ({"geometry_level": replace(LEVEL, basis="def2-svp")}, "7.0.2"),
        ({"shielding_levels": {"13C": replace(LEVEL, solvent=None)}}, "7.0.2"),
    ],
)
def test_a_reference_of_another_level_program_or_version_is_not_used(changes, version):
    assert find_reference([TMS], nucleus="13C", level=RUN, program_version="7.0.2") == TMS
    assert find_reference([TMS], nucleus="13C", level=replace(RUN, **changes), program_version=version) is None
    assert find_reference([TMS], nucleus="1H", level=RUN, program_version="7.0.2") is None


def row(nucleus, element, sigma):
    return ChemicalShift(
        atom_indices=(0,), element=element, nucleus=nucleus, shielding_ppm=sigma, shift_ppm=None, uncertainty_ppm=None
    )


def test_a_difference_to_a_reference_compound_is_no_shift_and_names_the_compound():
    found = with_reference_shifts([row("13C", "C", 170.0), row("1H", "H", 31.0)], references={"13C": TMS})
    assert [(r.shift_ppm, r.uncertainty_ppm) for r in found] == [(None, None), (None, None)]
    assert found[0].reference == "TMS"
    assert found[0].reference_shift_ppm == pytest.approx(18.003, abs=1e-3)
    assert found[1].reference_shift_ppm is None


def test_shipped_references_are_unique_and_sane():
    shipped = shipped_references()
    keys = [(r.engine, r.program_version, r.shielding_level, r.geometry_level, r.nucleus) for r in shipped]
    assert len(keys) == len(set(keys)) > 0
    for entry in shipped:
        low, high = {"1H": (30.5, 33.5), "13C": (175.0, 205.0), "29Si": (320.0, 430.0)}[entry.nucleus]
        assert low < entry.shielding_ppm < high, entry
        assert entry.provenance
