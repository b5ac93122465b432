"""Physical constants and conversions, all taken from scipy.constants (CODATA)."""

from __future__ import annotations

from scipy import constants

HARTREE_J: float = constants.physical_constants["Hartree energy"][0]
BOHR_ANGSTROM: float = constants.physical_constants["Bohr radius"][0] / constants.angstrom
KCAL_PER_MOL_J: float = constants.calorie * 1000.0 / constants.Avogadro
HARTREE_KCAL_PER_MOL: float = HARTREE_J / KCAL_PER_MOL_J
BOLTZMANN_HARTREE_PER_KELVIN: float = constants.Boltzmann / HARTREE_J
