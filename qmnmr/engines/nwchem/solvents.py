"""The names that NWChem's COSMO has for qmnmr's solvents.

Run with NWChem 7.0.2, each prints exactly the dielectric constant of `qmnmr.datatypes.solvents`. An unknown name does
not stop NWChem 7.0.2: it goes on with water, 78.4, and exit code 0; hence the value is read back from every output.
"""

from __future__ import annotations

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
