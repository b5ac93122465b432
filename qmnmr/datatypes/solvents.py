"""The solvents that qmnmr knows, and the spellings under which people ask for them.

Relative permittivities at 298 K are those of the Minnesota solvent descriptor database (water: 78.4), which NWChem's
COSMO uses for its short names; the value that NWChem prints is compared with them on every run.
"""

from __future__ import annotations

from qmnmr.datatypes.measured.nmr_solvents import nmr_solvent, spelling_key
from qmnmr.datatypes.theory import Solvent

CHLOROFORM = Solvent(name="chloroform", dielectric_constant=4.7113)

SOLVENTS: tuple[Solvent, ...] = (
    CHLOROFORM,
    Solvent(name="DMSO", dielectric_constant=46.826),
    Solvent(name="methanol", dielectric_constant=32.613),
    Solvent(name="acetone", dielectric_constant=20.493),
    Solvent(name="acetonitrile", dielectric_constant=35.688),
    Solvent(name="benzene", dielectric_constant=2.2706),
    Solvent(name="toluene", dielectric_constant=2.3741),
    Solvent(name="dichloromethane", dielectric_constant=8.93),
    Solvent(name="THF", dielectric_constant=7.4257),
    Solvent(name="pyridine", dielectric_constant=12.978),
    Solvent(name="DMF", dielectric_constant=37.219),
    Solvent(name="water", dielectric_constant=78.4),
)

GAS_PHASE_SPELLINGS = frozenset({"gas", "gas phase", "gas-phase", "gasphase", "vacuum", "none"})

_OF_NMR = {
    "CDCl3": "chloroform",
    "DMSO-d6": "DMSO",
    "CD3OD": "methanol",
    "acetone-d6": "acetone",
    "CD3CN": "acetonitrile",
    "C6D6": "benzene",
    "toluene-d8": "toluene",
    "CD2Cl2": "dichloromethane",
    "THF-d8": "THF",
    "pyridine-d5": "pyridine",
    "DMF-d7": "DMF",
    "D2O": "water",
}
"""The continuum that a solvent of NMR is computed in."""

_FURTHER = {
    "chloroform": ("trichloromethane",),
    "DMSO": ("dimethylsulfoxide", "dimethylsulphoxide"),
    "methanol": ("CH3OH",),
    "acetone": ("propanone",),
    "acetonitrile": ("acetntrl", "CH3CN"),
    "benzene": ("C6H6",),
    "toluene": ("PhMe",),
    "dichloromethane": ("DCM", "methylene chloride", "dichlormethane"),
    "THF": ("tetrahydrofuran", "tetrahydrofurane", "oxolane"),
    "pyridine": (),
    "DMF": ("dimethylformamide", "N,N-dimethylformamide"),
    "water": ("water",),
}
"""Spellings beside those of the deuterated solvents."""


def solvent_spellings(name: str) -> tuple[str, ...]:
    """Return all spellings of one of SOLVENTS; case, blanks and hyphens are free."""
    of_nmr = [nmr_solvent(nmr) for nmr, continuum in _OF_NMR.items() if continuum == name]
    deuterated = [spelling for found in of_nmr if found is not None for spelling in (found.name, *found.spellings)]
    return tuple(dict.fromkeys((name, *deuterated, *_FURTHER[name])))


_BY_KEY = {spelling_key(spelling): solvent for solvent in SOLVENTS for spelling in solvent_spellings(solvent.name)}


def find_solvent(text: str) -> Solvent | None:
    """Return the solvent that a spelling means, None for the gas phase.

    Raises KeyError for an unknown spelling.
    """
    if text.strip().lower() in GAS_PHASE_SPELLINGS:
        return None
    return _BY_KEY[spelling_key(text)]
