"""What NWChem's COSMO calls qmnmr's solvents, and the radii of its cavity.

Run with NWChem 7.0.2, each prints exactly the dielectric constant of `qmnmr.datatypes.solvents`. An unknown name does
not stop NWChem 7.0.2: it goes on with water, 78.4, and exit code 0; hence the value is read back from every output.
"""

from __future__ import annotations

from qmnmr.datatypes.calculation import Calculation
from qmnmr.engines.cavities import CAVITY_RADII_ANGSTROM

NWCHEM_SOLVENTS: dict[str, str] = {
    "chloroform": "chcl3",
    "DMSO": "dmso",
    "methanol": "methanol",
    "acetone": "acetone",
    "acetonitrile": "acetntrl",
    "benzene": "benzene",
    "toluene": "toluene",
    "dichloromethane": "dcm",
    "THF": "thf",
    "pyridine": "pyridine",
    "DMF": "dmf",
    "water": "water",
}
"""qmnmr's name of a solvent -> NWChem's, at most 8 characters."""

NWCHEM_CAVITY = "klamt"
"""The cavity that NWChem makes by itself."""


def cavity_radii(calculation: Calculation) -> tuple[float, ...]:
    """Return the radius of each atom's sphere in Å, nothing in the gas phase."""
    if calculation.level.solvent is None:
        return ()
    by_element = CAVITY_RADII_ANGSTROM[calculation.level.cavity]
    return tuple(by_element[symbol] for symbol in calculation.geometry.symbols)
