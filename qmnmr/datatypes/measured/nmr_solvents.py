"""Solvents of NMR: how people write them, and the lines that they and their water show.

Residual 1H and 13C lines, and water: Fulmer et al., Organometallics 2010, 29, 2176, tables 1 and 2. Pyridine-d5 and
DMF-d7: solvent chart of Cambridge Isotope Laboratories. A solvent without figures here has no lines to recognise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NmrSolvent:
    """A solvent with the lines, in ppm, that its spectra show of it."""

    name: str
    spellings: tuple[str, ...]  # beside the name; case and blanks are free
    proton_ppm: tuple[float, ...] = ()
    carbon_ppm: tuple[float, ...] = ()
    water_ppm: float | None = None  # H2O or HDO in it, 1H


NMR_SOLVENTS = (
    NmrSolvent(
        "CDCl3",
        ("chloroform-d", "chloroform-d1", "d-chloroform", "d1-chloroform", "CHCl3", "chloroform"),
        (7.26,),
        (77.16,),
        1.56,
    ),
    NmrSolvent(
        "DMSO-d6",
        (
            "(CD3)2SO",
            "d6-DMSO",
            "DMSO-[d6]",
            "[d6]-DMSO",
            "[d6]DMSO",
            "[D6]DMSO",
            "dimethyl sulfoxide-d6",
            "DMSOd6",
            "DMSO",
        ),
        (2.50,),
        (39.52,),
        3.33,
    ),
    NmrSolvent(
        "CD3OD",
        (
            "methanol-d4",
            "d4-methanol",
            "MeOH-d4",
            "d4-MeOH",
            "MeOD-d4",
            "[d4]methanol",
            "[d4]MeOH",
            "MeOD",
            "CD3OH",
            "MeOH",
            "methanol",
        ),
        (3.31,),
        (49.00,),
        4.87,
    ),
    NmrSolvent(
        "acetone-d6",
        ("(CD3)2CO", "CD3COCD3", "d6-acetone", "[d6]acetone", "[d6]-acetone", "acetoned6", "acetone"),
        (2.05,),
        (29.84, 206.26),
        2.84,
    ),
    NmrSolvent(
        "CD3CN",
        ("acetonitrile-d3", "d3-acetonitrile", "MeCN-d3", "[d3]acetonitrile", "[d3]MeCN", "MeCN", "acetonitrile"),
        (1.94,),
        (1.32, 118.26),
        2.13,
    ),
    NmrSolvent("C6D6", ("benzene-d6", "d6-benzene", "[d6]benzene", "benzene"), (7.16,), (128.06,), 0.40),
    NmrSolvent("D2O", ("deuterium oxide", "water-d2", "H2O"), (4.79,)),
    NmrSolvent(
        "CD2Cl2",
        ("dichloromethane-d2", "methylene chloride-d2", "DCM-d2", "CH2Cl2", "dichloromethane"),
        (5.32,),
        (53.84,),
        1.52,
    ),
    NmrSolvent(
        "THF-d8", ("tetrahydrofuran-d8", "d8-THF", "[d8]THF", "[d8]-THF", "THF"), (1.72, 3.58), (67.21, 25.31), 2.46
    ),
    NmrSolvent(
        "toluene-d8",
        ("C7D8", "PhMe-d8", "d8-toluene", "[d8]toluene", "toluene"),
        (2.08, 6.97, 7.01, 7.09),
        (137.48, 128.87, 127.96, 125.13, 20.43),
        0.43,
    ),
    NmrSolvent("C6D5Cl", ("chlorobenzene-d5",), (6.96, 6.99, 7.14), (134.19, 129.26, 128.25, 125.96), 1.03),
    NmrSolvent("TFE-d3", ("CF3CD2OD", "trifluoroethanol-d3"), (3.88, 5.02), (61.50, 126.28), 3.66),
    NmrSolvent(
        "pyridine-d5",
        ("C5D5N", "d5-pyridine", "[d5]pyridine", "pyridine", "py-d5"),
        (7.22, 7.58, 8.74),
        (123.87, 135.91, 150.35),
    ),
    NmrSolvent(
        "DMF-d7", ("dimethylformamide-d7", "d7-DMF", "[d7]DMF", "DMF"), (2.75, 2.92, 8.03), (29.76, 34.89, 163.15)
    ),
    NmrSolvent("dioxane-d8", ("1,4-dioxane-d8", "dioxane")),
    NmrSolvent("TFA-d", ("CF3COOD", "CF3CO2D", "TFA-d1", "TFA")),
    NmrSolvent("C2D2Cl4", ("1,1,2,2-tetrachloroethane-d2", "tetrachloroethane-d2", "TCE-d2", "Cl2CDCDCl2")),
    NmrSolvent("acetic acid-d4", ("CD3COOD", "CD3CO2D", "AcOH-d4", "AcOD-d4")),
    NmrSolvent("cyclohexane-d12", ("C6D12", "cyclohexane")),
    NmrSolvent("CD3NO2", ("nitromethane-d3",)),
    NmrSolvent("C6D4Cl2", ("1,2-dichlorobenzene-d4", "o-dichlorobenzene-d4", "ODCB-d4")),
    NmrSolvent("CCl4", ("carbon tetrachloride",)),
    NmrSolvent("CS2", ("carbon disulfide",)),
    NmrSolvent("ethanol-d6", ("C2D5OD", "CD3CD2OD", "EtOD-d5", "d6-ethanol", "EtOH", "ethanol")),
)


def spelling_key(spelling: str) -> str:
    """Return a spelling without what is free in it: case, blanks, hyphens."""
    return re.sub(r"[\s-]", "", spelling).lower()


_BY_NAME = {solvent.name: solvent for solvent in NMR_SOLVENTS}
_BY_KEY = {
    spelling_key(spelling): solvent for solvent in NMR_SOLVENTS for spelling in (solvent.name, *solvent.spellings)
}


def nmr_solvent(spelling: str) -> NmrSolvent | None:
    """Return the solvent of a spelling ("CDCl3", "chloroform"), None for one that is not known."""
    return _BY_KEY.get(spelling_key(spelling))


def deuterated(continuum: str) -> NmrSolvent | None:
    """Return the solvent of NMR that a continuum's name stands for ("chloroform", "water"), None if none is known."""
    return nmr_solvent("D2O" if continuum == "water" else continuum)  # texts that say water don't mean the solvent


def solvents_named(name: str) -> tuple[NmrSolvent, ...]:
    """Return the solvents of a spectrum; one that is not known is left out."""
    return tuple(_BY_NAME[part] for part in name.split("/") if part in _BY_NAME)
