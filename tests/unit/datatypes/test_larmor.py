import pytest

from qmnmr.datatypes.measured.larmor import larmor_mhz
from qmnmr.datatypes.measured.nmr_solvents import deuterated, nmr_solvent
from qmnmr.datatypes.shift import NUCLEI
from qmnmr.datatypes.solvents import SOLVENTS


def test_every_reported_nucleus_has_a_frequency():
    assert all(0 < larmor_mhz(nucleus) <= 400.0 for nucleus in NUCLEI.values())


def test_carbon_in_a_field_of_400_mhz():
    assert larmor_mhz("13C", proton_mhz=400.13) == pytest.approx(100.613, abs=1e-3)


def test_every_continuum_is_a_solvent_of_nmr():
    found = {solvent.name: s.name if (s := deuterated(solvent.name)) else "" for solvent in SOLVENTS}
    assert "" not in found.values()
    assert (found["chloroform"], found["water"]) == ("CDCl3", "D2O")
    assert nmr_solvent("mercury") is None
