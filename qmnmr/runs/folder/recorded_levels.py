"""Levels of theory in records of schema 1 (qmnmr 0.1.0): sentences for people, which today are data."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from qmnmr.datatypes.calculation import CalculationKind
from qmnmr.datatypes.protocol import Step
from qmnmr.datatypes.solvents import find_solvent
from qmnmr.datatypes.theory import LevelOfTheory

_LEVEL = re.compile(
    r"(?P<functional>[^/,]+?)(?:-(?P<dispersion>D4|D3\(0\)))?(?:/(?P<basis>\S+) (?P<shells>spherical|cartesian))?, "
    r"(?:gas phase|(?:COSMO|ALPB)\((?P<solvent>[^,()]+)(?:, (?P<cavity>\S+) radii)?\))"
)
_FREE_ENERGIES = ", free energies with RRHO terms of "


def read_level(text: str) -> LevelOfTheory:
    """Return the level that was written so: "B3LYP/6-31G* spherical, COSMO(chloroform, UFF radii)".

    Raises ValueError for any other text.
    """
    found = _LEVEL.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a level of theory")
    try:
        solvent = find_solvent(found["solvent"]) if found["solvent"] else None
    except KeyError:
        raise ValueError(f"{text!r} names a solvent that is not known") from None
    return LevelOfTheory(
        functional=found["functional"].lower(),
        basis=(found["basis"] or "").lower(),
        spherical=found["shells"] != "cartesian",
        solvent=solvent,
        cavity=(found["cavity"] or "klamt").lower(),
        dispersion=(found["dispersion"] or "").lower(),
    )


def upgraded_prediction(record: dict[str, Any]) -> dict[str, Any]:
    """Return today's prediction record for one of schema 1. Raises ValueError."""
    provenance = record.get("provenance")
    if not isinstance(provenance, dict) or not isinstance(provenance.get("levels"), dict):
        return record
    others = {key: value for key, value in provenance.items() if key != "levels"}
    return record | {"provenance": others | {"steps": msgspec.to_builtins(_steps(provenance["levels"]))}}


def upgraded_references(record: dict[str, Any]) -> dict[str, Any]:
    """Return today's reference file for one of schema 1. Raises ValueError."""
    return record | {"references": [_reference(entry) for entry in record.get("references", ())]}


def _reference(entry: dict[str, Any]) -> dict[str, Any]:
    names = ("shielding_level", "geometry_level")
    return entry | {name: msgspec.to_builtins(read_level(entry[name])) for name in names if name in entry}


def _steps(levels: dict[str, str]) -> tuple[Step, ...]:
    """Return the decisive steps of a protocol from what was said of their levels."""
    geometry = read_level(levels["geometry"])
    energy, _, free_energy = levels["weights"].partition(_FREE_ENERGIES)
    steps = [Step(name="optimization", title="optimization", kind=CalculationKind.OPTIMIZATION, level=geometry)]
    if (level := read_level(energy)) != geometry:
        steps.append(Step(name="energy", title="energy", kind=CalculationKind.ENERGY, level=level))
    if free_energy:
        level = read_level(free_energy)
        steps.append(Step(name="freeenergy", title="free energy", kind=CalculationKind.FREE_ENERGY, level=level))
    shieldings: dict[LevelOfTheory, list[str]] = {}
    for said, text in levels.items():
        if said.startswith("shielding"):
            shieldings.setdefault(read_level(text), []).append(said.removeprefix("shielding").strip() or "*")
    for number, (level, elements) in enumerate(shieldings.items(), 1):
        name = "shielding" if len(shieldings) == 1 else f"shielding{number}"
        steps.append(
            Step(name=name, title="shielding", kind=CalculationKind.SHIELDING, level=level, elements=tuple(elements))
        )
    return tuple(steps)
