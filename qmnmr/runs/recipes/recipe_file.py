"""A protocol of the user's own in a file, and the text that it can start from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from qmnmr.datatypes.protocol import RANKINGS
from qmnmr.errors import InputError
from qmnmr.runs.recipes.recipe import Recipe, shipped_recipes, shipped_text

SUFFIX = ".toml"
_START = "qmnmr protocols --show draft > my.toml"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def is_recipe_file(protocol: str) -> bool:
    """Say whether what was given as a protocol is a file's name."""
    return protocol.lower().endswith(SUFFIX)


def read_recipe(path: Path) -> tuple[str, Recipe]:
    """Return the name and the recipe of a file with one table [protocol.<name>].

    Raises InputError, which names the entry, for what is no such file: unknown and missing entries, numbers without
    sense, and the name of a shipped protocol, whose numbers others know.
    """
    name, table = _only_table(path)
    if name in shipped_recipes():
        raise InputError(
            f"{path}: {name} is the name of a protocol that comes with qmnmr",
            hint=f"give yours a name of its own: [protocol.my-{name}]",
        )
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{path}: {name!r} can't be a protocol's name", hint="letters, digits, dots and hyphens, at most 40 of them"
        )
    try:
        recipe = msgspec.convert(table, Recipe)
    except msgspec.ValidationError as error:
        raise InputError(
            f"{path}: protocol {name}: {str(error)[0].lower()}{str(error)[1:]}", hint=f"`{_START}` writes a whole one"
        ) from None
    unknown = next(_unknown(table, msgspec.to_builtins(recipe)), None)
    if unknown is not None:
        raise InputError(f"{path}: protocol {name} has no entry {unknown}", hint=f"`{_START}` shows all that there are")
    problem = _problem(recipe)
    if problem:
        raise InputError(f"{path}: protocol {name}: {problem}", hint=f"compare with `{_START}`")
    return name, recipe


def own_name(shipped: str) -> str:
    """Return the name that a copy of a shipped protocol begins with."""
    return f"my-{shipped}"


def recipe_text(name: str) -> str:
    """Return a shipped recipe as a file to begin with, under a name of its own, what the entries mean above it."""
    heading, _, tables = shipped_text().partition("\n[protocol.")
    own = [f"[protocol.{part}" for part in tables.split("\n[protocol.") if part.startswith((f"{name}]", f"{name}."))]
    text = "\n".join(own).replace(f"[protocol.{name}", f"[protocol.{own_name(name)}")
    return f"{heading.rstrip()}\n\n{text.rstrip()}\n"


def _only_table(path: Path) -> tuple[str, Mapping[str, Any]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"there is no protocol file {path}", hint=f"`{_START}` writes one to begin with") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}", hint=f"`{_START}` writes one to begin with") from None
    tables = content.get("protocol")
    if not isinstance(tables, dict) or len(tables) != 1 or len(content) != 1:
        found = ", ".join(content) if not isinstance(tables, dict) else ", ".join(f"protocol.{n}" for n in tables)
        raise InputError(
            f"{path} must have one table [protocol.<name>] and nothing else; found: {found or 'nothing'}",
            hint=f"`{_START}` writes one to begin with",
        )
    ((name, table),) = tables.items()
    if not isinstance(table, dict):
        raise InputError(f"{path}: protocol.{name} is not a table", hint=f"`{_START}` writes one to begin with")
    return name, table


def _unknown(given: Mapping[str, Any], known: Mapping[str, Any], within: str = "") -> Iterator[str]:
    """Yield the entries that were given and that a recipe does not have."""
    for key, value in given.items():
        if key not in known:
            yield f"{within}{key}"
        elif isinstance(value, dict) and isinstance(known[key], dict):
            yield from _unknown(value, known[key], f"{within}{key}.")


def _problem(recipe: Recipe) -> str:
    """Return in words the first entry that makes no sense, "" if all do. What engines can do they say themselves."""
    shares = {"shielded_population": recipe.shielded_population, "ranking.population": recipe.ranking.population}
    positive = {
        "temperature_kelvin": recipe.temperature_kelvin,
        "energy_window_kcal_per_mol": recipe.energy_window_kcal_per_mol,
        "search.energy_window_kcal_per_mol": recipe.search.energy_window_kcal_per_mol,
        "search.max_embeddings": recipe.search.max_embeddings,
        "search.max_conformers": recipe.search.max_conformers,
        "ranking.energy_window_kcal_per_mol": recipe.ranking.energy_window_kcal_per_mol,
        "ranking.max_conformers": recipe.ranking.max_conformers,
    }
    choices = {
        "search.method": (recipe.search.method, ("rdkit", "crest", "none")),
        "ranking.method": (recipe.ranking.method, RANKINGS),
    }
    wrong = [f"{name} is {value:g}, and must lie in 0 to 1" for name, value in shares.items() if not 0 < value <= 1]
    wrong += [f"{name} is {value:g}, and must be positive" for name, value in positive.items() if not value > 0]
    wrong += [
        f"{name} is {value!r}; choose one of: {', '.join(known)}"
        for name, (value, known) in choices.items()
        if value not in known
    ]
    if "*" not in recipe.shielding:
        wrong.append('shielding has no table for "*", all elements that no other names')
    return wrong[0] if wrong else ""
