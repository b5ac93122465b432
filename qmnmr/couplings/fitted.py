"""Constants of the coupling rules that were fitted here, in one place: `bench/couplings.py rules` leaves them out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedConstants:
    """What measured couplings say beyond the rules of the literature; in Hz where nothing else is said."""

    cis: float = 7.40
    """*cis* and ortho, at 240 degrees of both HCC angles, 1.40 Å and two carbon substituents."""

    cis_per_degree: float = -0.251
    """Hz for each degree of both HCC angles."""

    cis_per_angstrom: float = -48.0
    """Hz for each Å of the C=C bond."""

    cis_per_electronegativity: float = -2.93
    """Hz for each unit of the electronegativities beside."""

    alkene: float = -0.6
    """Of *cis* couplings beside those of aromatic rings: mean of styrene, isoprene, a dihydronaphthalene."""

    trans: float = 19.1
    """Ethene (Bovey)."""

    trans_per_electronegativity: float = -3.9
    """With styrene 17.6, isoprene 17.5, ferulic and coumaric acid 16.0."""

    meta: float = 1.3
    """Over a CH. This and the next two are means of 21 measured couplings."""

    meta_beside: float = 2.1
    """Meta over a carbon with a substituent."""

    para: float = 0.8

    geminal_carbon: float = -0.3
    """What each other carbon adds at a CH2: mean of five CH2 of androst-4-ene-3,17-dione, -12.4 to -13.7."""

    strain_per_degree: float = 0.0125
    """By which part a vicinal coupling falls for each degree of both HCC angles above 219: of a cyclopropane and a
    cyclopentanone. The equation was made for angles of open chains and six-membered rings; without this cyclopropanes
    come out a third too large."""

    ethyl: float = 1.17
    """What the couplings of ethane and of an ethyl group are larger by than the equation says: an ethyl ester, 7.1
    measured and 6.0 found; ethane has 8.0 and 6.9. The equation has no set for fewer than two substituents; methyl
    groups on CH need nothing."""


FITTED = FittedConstants()
