"""Protocols: those that come with qmnmr, those in files, and what a request changes in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from qmnmr.datatypes.coupling import CouplingSource
from qmnmr.datatypes.protocol import AS_GIVEN, BY_DFT, GEOMETRIES, Protocol
from qmnmr.datatypes.theory import LevelOfTheory, Solvent
from qmnmr.errors import InputError, choice_hint
from qmnmr.runs.recipes.level_name import with_shielding_level
from qmnmr.runs.recipes.recipe import Recipe, RecipeLevel, shipped_recipes
from qmnmr.runs.recipes.recipe_file import is_recipe_file, read_recipe, recipe_text

FEW_GRADIENTS, CONVERGED = "few-gradients", "converged"
OPTIMIZATIONS = (FEW_GRADIENTS, CONVERGED)
"""How minima are found: on GFN2-xTB's surface shifted by few of DFT's gradients, or by DFT's optimiser alone."""

_SOURCES: dict[str, CouplingSource | None] = {source.value: source for source in CouplingSource} | {"none": None}
COUPLINGS = tuple(_SOURCES)
"""How couplings between hydrogens are found: contact term by DFT, rules from the conformers' geometries, not at all."""


def protocol_names() -> tuple[str, ...]:
    """Return the names of all protocols that come with qmnmr, cheapest first."""
    return tuple(shipped_recipes())


def get_protocol(
    name: str,
    *,
    solvent: Solvent | None,
    search_method: str | None = None,
    temperature_kelvin: float | None = None,
    optimization: str | None = None,
    free_energies: bool | None = None,
    geometry: str | None = None,
    level: str | None = None,
    couplings: str | None = None,
) -> Protocol:
    """Return a protocol in one medium (None: gas phase), with another search, temperature and so on where given.

    `name` is that of a shipped protocol or of a file with one; `optimization` is one of OPTIMIZATIONS, `geometry` one
    of GEOMETRIES, `level` the one of all shieldings, as FUNCTIONAL/BASIS, `couplings` one of COUPLINGS. Raises
    InputError for an unknown name, for few gradients where the protocol does not say how many, for a contact term for
    which it has no level, and for what contradicts itself.
    """
    name, recipe = _recipe(name)
    if optimization is not None and optimization not in OPTIMIZATIONS:
        raise InputError(f"there is no optimization {optimization!r}", hint=choice_hint(optimization, OPTIMIZATIONS))
    geometry = BY_DFT if geometry is None else geometry
    search_method = _search_of(geometry, search_method=search_method, optimization=optimization)
    if optimization == FEW_GRADIENTS and recipe.refinement is None:
        raise InputError(
            f"protocol {name} has no geometries from few gradients", hint=f"choose {CONVERGED}, or another protocol"
        )

    if couplings is not None and couplings not in COUPLINGS:
        raise InputError(f"there are no couplings {couplings!r}", hint=choice_hint(couplings, COUPLINGS))
    if couplings == CouplingSource.FC and recipe.contact is None:
        raise InputError(
            f"protocol {name} has no level for couplings by the contact term",
            hint=f"choose {CouplingSource.KARPLUS}, or another protocol",
        )

    def level_of(entry: RecipeLevel) -> LevelOfTheory:
        return LevelOfTheory(
            functional=entry.functional,
            basis=entry.basis,
            spherical=entry.spherical,
            solvent=solvent,
            cavity="klamt" if solvent is None else entry.cavity,
            dispersion=entry.dispersion,
        )

    protocol = Protocol(
        name=name,
        description=recipe.description,
        search=recipe.search if search_method is None else replace(recipe.search, method=search_method),
        ranking=recipe.ranking,
        screening=recipe.screening,
        refinement=None if optimization == CONVERGED else recipe.refinement,
        optimization=level_of(recipe.optimization),
        energy_window_kcal_per_mol=recipe.energy_window_kcal_per_mol,
        energy=None if recipe.energy is None else level_of(recipe.energy),
        shielded_population=recipe.shielded_population,
        shieldings=tuple((element, level_of(entry)) for element, entry in recipe.shielding.items()),
        temperature_kelvin=recipe.temperature_kelvin if temperature_kelvin is None else temperature_kelvin,
        has_free_energies=recipe.free_energies if free_energies is None else free_energies,
        needs_free_energies=bool(free_energies),
        is_tuned=recipe.tuned,
        contact=None if recipe.contact is None else level_of(recipe.contact),
        couplings=recipe.couplings if couplings is None else _SOURCES[couplings],
        geometry=geometry,
    )
    return protocol if level is None else with_shielding_level(protocol, level)


def shown_protocol(name: str) -> str:
    """Return a shipped protocol as the text of a file that a protocol of one's own can start from.

    Raises InputError for an unknown name.
    """
    return recipe_text(_shipped_name(name))


def _recipe(name: str) -> tuple[str, Recipe]:
    if is_recipe_file(name):
        return read_recipe(Path(name))
    name = _shipped_name(name)
    return name, shipped_recipes()[name]


def _shipped_name(name: str) -> str:
    known = protocol_names()
    if name.lower() in known:
        return name.lower()
    hint = choice_hint(name, known, more="; a file of your own ends with .toml")
    if "/" in name:
        hint = f"a level in one word is --level {name}"
    raise InputError(f"there is no protocol {name!r}", hint=hint)


def _search_of(geometry: str, *, search_method: str | None, optimization: str | None) -> str | None:
    """Return the search that goes with where the geometries come from. Raises InputError for a contradiction."""
    if geometry not in GEOMETRIES:
        raise InputError(f"there is no geometry {geometry!r}", hint=choice_hint(geometry, GEOMETRIES))
    if geometry != BY_DFT and optimization is not None:
        raise InputError(
            f"--geometry {geometry} optimises nothing by DFT, and --optimization {optimization} says how to",
            hint="leave one of them out",
        )
    if geometry != AS_GIVEN:
        return search_method
    if search_method not in {None, "none"}:
        raise InputError(
            f"--geometry {geometry} keeps what is given, and --conformers {search_method} searches anew",
            hint="leave one of them out",
        )
    return "none"
