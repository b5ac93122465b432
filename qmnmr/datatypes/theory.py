"""Levels of theory: solvent, level, and the levels of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Solvent:
    """A continuum solvent with its static relative permittivity."""

    name: str
    dielectric_constant: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelOfTheory:
    """What decides a number, whichever program computes it.

    `functional` and `basis` are lower-case names of the field ("b3lyp", "6-311+g(2d,p)"); no solvent means gas phase.
    A semi-empirical method (GFN2_XTB) has a basis of its own: its `basis` is empty. `cavity` names the radii of the
    continuum's cavity (qmnmr.engines.cavities); it is "klamt" where there is no continuum. `dispersion` names the term
    that is added to the functional's energy (qmnmr.engines.dispersion), "" for none.
    """

    functional: str
    basis: str
    spherical: bool
    solvent: Solvent | None
    cavity: str = "klamt"
    dispersion: str = ""

    def __str__(self) -> str:
        """Return the level as chemists write it: B3LYP-D4/VDZP spherical, COSMO(chloroform)."""
        if not self.basis:
            return f"{self.functional.upper()}, {'gas phase' if self.solvent is None else f'ALPB({self.solvent.name})'}"
        cavity = "" if self.cavity == "klamt" else f", {self.cavity.upper()} radii"
        medium = "gas phase" if self.solvent is None else f"COSMO({self.solvent.name}{cavity})"
        shells = "spherical" if self.spherical else "cartesian"
        functional = "-".join(word.upper() for word in (self.functional, self.dispersion) if word)
        return f"{functional}/{self.basis.upper()} {shells}, {medium}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLevel:
    """All that factors and references must share with the shieldings that they turn into shifts."""

    engine: str
    settings: Mapping[str, str]  # of the engine: grid, fitting, continuum, thresholds
    geometry_level: LevelOfTheory
    shielding_levels: Mapping[str, LevelOfTheory]  # by nucleus


GFN2_XTB = "gfn2-xtb"
GFN2_XTB_WITH_ROTORS = "gfn2-xtb+rotors"
"""GFN2-xTB with density functional theory's barriers of rotors (docs/decisions/0017)."""


def gfn2_xtb(solvent: Solvent | None, *, method: str = GFN2_XTB) -> LevelOfTheory:
    """Return GFN2-xTB in a medium; it has a minimal basis of its own, so the level names none."""
    return LevelOfTheory(functional=method, basis="", spherical=True, solvent=solvent)
