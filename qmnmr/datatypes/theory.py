"""Levels of theory: solvent, level, protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace

DEFAULT_PROTOCOL = "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solvent:
    """A continuum solvent with its static relative permittivity."""

    name: str
    dielectric_constant: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelOfTheory:
    """What decides a number, whichever program computes it.

    `functional` and `basis` are lower-case names of the field ("b3lyp", "6-311+g(2d,p)"); no solvent means gas phase.
    A semi-empirical method ("gfn2-xtb") has a basis of its own: its `basis` is empty. `cavity` names the radii of the
    continuum's cavity (qmnmr.engines.cavities); it is "klamt" where there is no continuum.
    """

    functional: str
    basis: str
    spherical: bool
    solvent: Solvent | None
    cavity: str = "klamt"

    def __str__(self) -> str:
        """Return the level as chemists write it: B3LYP/6-31G*, COSMO(chloroform)."""
        if not self.basis:
            return f"{self.functional.upper()}, {'gas phase' if self.solvent is None else f'ALPB({self.solvent.name})'}"
        cavity = "" if self.cavity == "klamt" else f", {self.cavity.upper()} radii"
        medium = "gas phase" if self.solvent is None else f"COSMO({self.solvent.name}{cavity})"
        shells = "spherical" if self.spherical else "cartesian"
        return f"{self.functional.upper()}/{self.basis.upper()} {shells}, {medium}"

    def in_solvent(self, solvent: Solvent | None) -> LevelOfTheory:
        """Return the same level in another medium."""
        return replace(self, solvent=solvent, cavity=self.cavity if solvent else "klamt")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """How conformers are searched and which are kept."""

    method: str  # "rdkit", "crest" or "none"
    random_seed: int
    max_embeddings: int  # how many starts at most, however flexible the molecule
    energy_window_kcal_per_mol: float  # force field, above the lowest
    max_conformers: int  # that leave the search


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingSettings:
    """Which conformers of a search go on to DFT."""

    method: str  # "gfn2-xtb" or "none"
    energy_window_kcal_per_mol: float  # at the method's level, above the lowest
    max_conformers: int  # lowest first


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningSettings:
    """Which conformers are worth an optimisation: single points at its level on the ranking's geometries."""

    energy_window_kcal_per_mol: float  # above the lowest
    ranked_above_kcal_per_mol: float  # only those that lie higher in the ranking are asked, and its lowest one


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A named recipe from structure to shifts: one level for each step."""

    name: str
    description: str
    search: SearchSettings
    ranking: RankingSettings
    optimization: LevelOfTheory
    energy_window_kcal_per_mol: float  # at the optimisation's level; conformers above it get no shieldings
    energy: LevelOfTheory | None  # level of the Boltzmann weights; None: the optimisation's own energies
    shielded_population: float  # conformers get shieldings until they hold this share of the population; 1.0: all
    shieldings: tuple[tuple[str, LevelOfTheory], ...]  # (element or "*", level); the first that fits
    temperature_kelvin: float
    has_free_energies: bool = False  # weights are free energies: xTB's RRHO terms are added to the DFT energies
    screening: ScreeningSettings | None = None  # None: every ranked conformer is optimised
    is_tuned: bool = False  # engines take the faster settings that are proved to give the same shieldings

    def shielding_level(self, element: str) -> LevelOfTheory:
        """Return the level at which nuclei of this element are shielded."""
        for wanted, level in self.shieldings:
            if wanted in (element, "*"):
                return level
        raise KeyError(f"protocol {self.name} has no shielding level for {element}")
