"""Radii of the spheres whose union is a continuum's cavity, by the name that a level of theory gives them.

- "klamt": Klamt et al., J. Phys. Chem. A 102, 5074 (1998), otherwise 1.17 times Bondi's: the default of NWChem's COSMO
  (its output prints them).
- "uff": 1.1 times the half distances of the universal force field, Rappé et al., J. Am. Chem. Soc. 114, 10024 (1992),
  each hydrogen with its own sphere, to 0.001 Å: the default of Gaussian's PCM, with which the authors of DELTA50 chose
  their levels.
"""

from __future__ import annotations

from qmnmr.engines.elements import SYMBOLS

_KLAMT = (
    *(1.300, 1.638, 1.404, 1.053, 2.0475, 2.000, 1.830, 1.720, 1.720),
    *(1.8018, 1.755, 1.638, 1.404, 2.457, 2.106, 2.160, 2.050),
)
_UFF_DISTANCES = (
    *(2.886, 2.362),
    *(2.451, 2.745, 4.083, 3.851, 3.660, 3.500, 3.364, 3.243),
    *(2.983, 3.021, 4.499, 4.295, 4.147, 4.035, 3.947, 3.868),
    *(3.812, 3.399, 3.295, 3.175, 3.144, 3.023, 2.961, 2.912, 2.872, 2.834, 3.495, 2.763),
    *(4.383, 4.280, 4.230, 4.205, 4.189, 4.141),
)

CAVITY_RADII_ANGSTROM: dict[str, dict[str, float]] = {
    "klamt": {
        symbol: 2.160 if symbol == "Br" else (_KLAMT[i] if i < len(_KLAMT) else 2.223)
        for i, symbol in enumerate(SYMBOLS)
    },
    "uff": {symbol: round(1.1 * x / 2, 3) for symbol, x in zip(SYMBOLS, _UFF_DISTANCES, strict=True)},
}
"""By cavity and element."""


def refuse_cavity(name: str) -> str | None:
    """Return in one sentence that there is no such cavity, None if there is one."""
    if name in CAVITY_RADII_ANGSTROM:
        return None
    return f"There is no cavity {name!r}; there is {', '.join(CAVITY_RADII_ANGSTROM)}."
