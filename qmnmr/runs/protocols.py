"""The protocols that come with qmnmr."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

import msgspec

from qmnmr.datatypes.calculation import Refinement
from qmnmr.datatypes.coupling import CouplingSource
from qmnmr.datatypes.protocol import Protocol, RankingSettings, ScreeningSettings, SearchSettings
from qmnmr.datatypes.theory import LevelOfTheory, Solvent
from qmnmr.errors import InputError

FEW_GRADIENTS, CONVERGED = "few-gradients", "converged"
OPTIMIZATIONS = (FEW_GRADIENTS, CONVERGED)
"""How minima are found: on GFN2-xTB's surface shifted by few of DFT's gradients, or by DFT's optimiser alone."""

_SOURCES: dict[str, CouplingSource | None] = {source.value: source for source in CouplingSource} | {"none": None}
COUPLINGS = tuple(_SOURCES)
"""How couplings between hydrogens are found: contact term by DFT, rules from the conformers' geometries, not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    functional: str
    basis: str
    spherical: bool
    cavity: str = "klamt"
    dispersion: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipe:
    description: str
    temperature_kelvin: float
    energy_window_kcal_per_mol: float
    shielded_population: float
    search: SearchSettings
    ranking: RankingSettings
    free_energies: bool
    tuned: bool
    couplings: CouplingSource | None = None
    optimization: _Level
    shielding: dict[str, _Level]
    contact: _Level | None = None
    energy: _Level | None = None
    screening: ScreeningSettings | None = None
    refinement: Refinement | None = None


@cache
def _recipes() -> dict[str, _Recipe]:
    text = resources.files("qmnmr.runs").joinpath("protocols.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["protocol"], dict[str, _Recipe])


def protocol_names() -> tuple[str, ...]:
    """Return the names of all protocols, cheapest first."""
    return tuple(_recipes())


def get_protocol(
    name: str,
    *,
    solvent: Solvent | None,
    search_method: str | None = None,
    temperature_kelvin: float | None = None,
    optimization: str | None = None,
    free_energies: bool | None = None,
    couplings: str | None = None,
) -> Protocol:
    """Return a protocol in one medium (None: gas phase), with another search, temperature and so on where given.

    `optimization` is one of OPTIMIZATIONS, `couplings` one of COUPLINGS. Raises InputError for an unknown name, and for
    few gradients where the protocol does not say how many, and for a contact term for which it has no level.
    """
    recipe = _recipes().get(name)
    if recipe is None:
        raise InputError(f"there is no protocol {name!r}", hint=f"choose one of: {', '.join(protocol_names())}")

    if optimization is not None and optimization not in OPTIMIZATIONS:
        raise InputError(
            f"there is no optimization {optimization!r}", hint=f"choose one of: {', '.join(OPTIMIZATIONS)}"
        )
    if optimization == FEW_GRADIENTS and recipe.refinement is None:
        raise InputError(
            f"protocol {name} has no geometries from few gradients", hint=f"choose {CONVERGED}, or another protocol"
        )

    if couplings is not None and couplings not in COUPLINGS:
        raise InputError(f"there are no couplings {couplings!r}", hint=f"choose one of: {', '.join(COUPLINGS)}")
    if couplings == CouplingSource.FC and recipe.contact is None:
        raise InputError(
            f"protocol {name} has no level for couplings by the contact term",
            hint=f"choose {CouplingSource.KARPLUS}, or another protocol",
        )

    def level(entry: _Level) -> LevelOfTheory:
        return LevelOfTheory(
            functional=entry.functional,
            basis=entry.basis,
            spherical=entry.spherical,
            solvent=solvent,
            cavity="klamt" if solvent is None else entry.cavity,
            dispersion=entry.dispersion,
        )

    return Protocol(
        name=name,
        description=recipe.description,
        search=recipe.search if search_method is None else replace(recipe.search, method=search_method),
        ranking=recipe.ranking,
        screening=recipe.screening,
        refinement=None if optimization == CONVERGED else recipe.refinement,
        optimization=level(recipe.optimization),
        energy_window_kcal_per_mol=recipe.energy_window_kcal_per_mol,
        energy=None if recipe.energy is None else level(recipe.energy),
        shielded_population=recipe.shielded_population,
        shieldings=tuple((element, level(entry)) for element, entry in recipe.shielding.items()),
        temperature_kelvin=recipe.temperature_kelvin if temperature_kelvin is None else temperature_kelvin,
        has_free_energies=recipe.free_energies if free_energies is None else free_energies,
        is_tuned=recipe.tuned,
        contact=None if recipe.contact is None else level(recipe.contact),
        couplings=recipe.couplings if couplings is None else _SOURCES[couplings],
    )
