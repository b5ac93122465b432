"""At which frequency a nucleus is seen in the field of a spectrometer that is named by that of its 1H.

Ratios to the 1H of TMS, each of the nucleus in its own reference compound: IUPAC, Harris et al., Pure Appl. Chem. 2001,
73, 1795, table 1.
"""

from __future__ import annotations

DEFAULT_PROTON_MHZ = 400.0
"""Of spectra that are drawn or described where nobody says which spectrometer."""

_RATIOS = {
    "1H": 1.0,
    "11B": 0.32083974,
    "13C": 0.25145020,
    "15N": 0.10136767,
    "19F": 0.94094011,
    "29Si": 0.19867187,
    "31P": 0.40480742,
}


def larmor_mhz(nucleus: str, *, proton_mhz: float = DEFAULT_PROTON_MHZ) -> float:
    """Return the frequency of a nucleus ("13C") in MHz. Raises KeyError for one that is not reported."""
    return proton_mhz * _RATIOS[nucleus]
