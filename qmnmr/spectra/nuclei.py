"""Resonance frequencies of nuclei."""

from __future__ import annotations

from qmnmr.datatypes.shift import NUCLEI

RELATIVE_FREQUENCY = {
    "1H": 1.0,
    "11B": 0.32083974,
    "13C": 0.25145020,
    "15N": 0.10136767,
    "19F": 0.94094011,
    "29Si": 0.19867187,
    "31P": 0.40480742,
}
"""By nucleus, that of the protons of TMS is 1: Harris et al., Pure Appl. Chem. 2001, 73, 1795."""


def element_of(nucleus: str) -> str:
    """Return the element of a nucleus; KeyError for one that is not reported."""
    return {name: element for element, name in NUCLEI.items()}[nucleus]


def larmor_mhz(nucleus: str, *, proton_mhz: float) -> float:
    """Return the frequency of a nucleus on a spectrometer, which is named by that of its protons."""
    return RELATIVE_FREQUENCY[nucleus] * proton_mhz
