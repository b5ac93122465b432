"""The constants beside SciPy's, whose CODATA may be another year's."""

from __future__ import annotations

import pytest
from scipy import constants

from qmnmr import units


def test_constants_are_those_of_scipy():
    hartree = constants.physical_constants["Hartree energy"][0]
    known = {
        "HARTREE_J": hartree,
        "BOHR_ANGSTROM": constants.physical_constants["Bohr radius"][0] / constants.angstrom,
        "BOLTZMANN_J_PER_KELVIN": constants.Boltzmann,
        "AVOGADRO_PER_MOL": constants.Avogadro,
        "KCAL_PER_MOL_J": constants.calorie * 1000 / constants.Avogadro,
        "HARTREE_KCAL_PER_MOL": hartree * constants.Avogadro / (constants.calorie * 1000),
        "BOLTZMANN_HARTREE_PER_KELVIN": constants.Boltzmann / hartree,
    }
    for name, value in known.items():
        assert getattr(units, name) == pytest.approx(value, rel=1e-9), name
