"""The solvents that qmnmr knows, and the spellings under which people ask for them.

Relative permittivities at 298 K are those of the Minnesota solvent descriptor database (water: 78.4), which NWChem's
COSMO uses for its short names; the value that NWChem prints is compared with them on every run.
"""

from __future__ import annotations

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

_SPELLINGS = {
    "chloroform": "chloroform cdcl3 chcl3 chloroform-d trichloromethane",
    "DMSO": "dmso dmso-d6 d6-dmso dimethylsulfoxide dimethylsulphoxide (cd3)2so",
    "methanol": "methanol meoh cd3od methanol-d4 ch3oh meod",
    "acetone": "acetone acetone-d6 d6-acetone (cd3)2co propanone",
    "acetonitrile": "acetonitrile mecn cd3cn acetonitrile-d3 acetntrl ch3cn",
    "benzene": "benzene c6d6 benzene-d6 c6h6",
    "toluene": "toluene toluene-d8 c7d8 phme",
    "dichloromethane": "dichloromethane dcm cd2cl2 ch2cl2 dichloromethane-d2 methylenechloride dichlormethane",
    "THF": "thf thf-d8 tetrahydrofuran tetrahydrofurane oxolane",
    "pyridine": "pyridine pyridine-d5 c5d5n",
    "DMF": "dmf dmf-d7 dimethylformamide n,n-dimethylformamide",
    "water": "water d2o h2o",
}

_BY_SPELLING = {spelling: solvent for solvent in SOLVENTS for spelling in _SPELLINGS[solvent.name].split()}


def find_solvent(text: str) -> Solvent | None:
    """Return the solvent that a spelling means, None for the gas phase.

    Raises KeyError for an unknown spelling.
    """
    spelling = text.strip().lower()
    if spelling in GAS_PHASE_SPELLINGS:
        return None
    return _BY_SPELLING["".join(spelling.split())]
