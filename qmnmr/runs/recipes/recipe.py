"""What stands in a protocol's table, and the tables that come with qmnmr."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import msgspec

from qmnmr.datatypes.calculation import Refinement
from qmnmr.datatypes.coupling import CouplingSource
from qmnmr.datatypes.protocol import RankingSettings, ScreeningSettings, SearchSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeLevel:
    """A level of theory but for its medium, which is the run's."""

    functional: str
    basis: str
    spherical: bool
    cavity: str = "klamt"
    dispersion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One table [protocol.<name>]; protocols.toml says what each entry means."""

    description: str
    temperature_kelvin: float
    energy_window_kcal_per_mol: float
    shielded_population: float
    search: SearchSettings
    ranking: RankingSettings
    free_energies: bool
    tuned: bool
    optimization: RecipeLevel
    shielding: dict[str, RecipeLevel]
    couplings: CouplingSource | None = None
    contact: RecipeLevel | None = None
    energy: RecipeLevel | None = None
    screening: ScreeningSettings | None = None
    refinement: Refinement | None = None


@cache
def shipped_text() -> str:
    """Return protocols.toml."""
    return resources.files("qmnmr.runs").joinpath("protocols.toml").read_text(encoding="utf-8")


@cache
def shipped_recipes() -> dict[str, Recipe]:
    """Return the recipes that come with qmnmr by name, cheapest first."""
    return msgspec.convert(tomllib.loads(shipped_text())["protocol"], dict[str, Recipe])
