"""Molecules of like cost share an array, since all tasks of an array ask for the same.

What a molecule costs is predicted (`molecule_cost`); limits leave room for the scatter of that prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.cost.molecule_cost import MoleculeCost, molecule_costs
from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.protocol import Protocol

_SAFETY = 4  # limits are for the slowest node and the slowest molecule of a class
_MIN_MINUTES, _MAX_MINUTES = 30, 7 * 24 * 60
_MEMORY_MB_PER_CORE = 2000
_MEMORY_ROOM = 1.5

_CLASSES = (("small", 1.0, 4), ("medium", 16.0, 8), ("large", float("inf"), 16))
"""Name, CPU hours of a molecule at most, cores of a task."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeClass:
    """Molecules that share an array, and what each of its tasks asks for."""

    name: str
    molecules: tuple[Molecule, ...]
    resources: Resources
    minutes: int
    scratch_mb: int
    cpu_hours: float  # predicted, of all its molecules


def size_classes(
    molecules: Sequence[Molecule],
    protocol: Protocol,
    *,
    engine: str,
    machine_factor: float = 1.0,
    cores: int | None,
    memory_mb: int | None,
    minutes: int | None,
    max_cores: int | None = None,
) -> tuple[SizeClass, ...]:
    """Return the classes that have molecules, small ones first; in each the costliest molecule begins first.

    What is given overrides what is predicted.
    """
    found: dict[str, list[tuple[Molecule, MoleculeCost]]] = {}
    predicted = molecule_costs(molecules, protocol, engine=engine, machine_factor=machine_factor)
    for molecule, cost in zip(molecules, predicted, strict=True):
        name = next(name for name, limit, _ in _CLASSES if cost.cpu_seconds <= limit * 3600)
        found.setdefault(name, []).append((molecule, cost))
    classes = []
    for name, _, usual_cores in _CLASSES:
        members = sorted(found.get(name, ()), key=lambda member: -member[1].cpu_seconds)
        if not members:
            continue
        costs = [cost for _, cost in members]
        n_cores = cores or min(usual_cores, max_cores or usual_cores)
        per_core_mb = max(_MEMORY_MB_PER_CORE, int(_MEMORY_ROOM * max(c.memory_mb for c in costs)))
        estimate = int(_SAFETY * costs[0].cpu_seconds / 60 / n_cores)
        classes.append(
            SizeClass(
                name=name,
                molecules=tuple(molecule for molecule, _ in members),
                resources=Resources(cores=n_cores, memory_mb=memory_mb or n_cores * per_core_mb),
                minutes=minutes or min(max(estimate, _MIN_MINUTES), _MAX_MINUTES),
                scratch_mb=200 + n_cores * max(c.scratch_mb for c in costs),
                cpu_hours=sum(c.cpu_seconds for c in costs) / 3600,
            )
        )
    return tuple(classes)
