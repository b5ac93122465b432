"""Molecules of like cost share an array, since all tasks of an array ask for the same.

What a molecule costs is predicted (`molecule_cost`); limits leave room for the scatter of that prediction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.cluster.sites.site_profile import Partition
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
    limits: Partition = Partition(),  # noqa: B008  (frozen)
) -> tuple[SizeClass, ...]:
    """Return the classes that have molecules, small ones first; in each the costliest molecule begins first.

    What is given overrides what is predicted; what is predicted keeps within the limits of a task: a task that comes to
    its time limit goes on in another start.
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
        per_core_mb = max(_MEMORY_MB_PER_CORE, int(_MEMORY_ROOM * max(c.memory_mb for c in costs)))
        n_cores = cores or _fitting_cores(usual_cores, limits, per_core_mb=0 if memory_mb else per_core_mb)
        estimate = int(_SAFETY * costs[0].cpu_seconds / 60 / n_cores)
        classes.append(
            SizeClass(
                name=name,
                molecules=tuple(molecule for molecule, _ in members),
                resources=Resources(
                    cores=n_cores, memory_mb=memory_mb or _within(n_cores * per_core_mb, limits.max_memory_mb)
                ),
                minutes=minutes or _within(min(max(estimate, _MIN_MINUTES), _MAX_MINUTES), limits.max_minutes),
                scratch_mb=200 + n_cores * max(c.scratch_mb for c in costs),
                cpu_hours=sum(c.cpu_seconds for c in costs) / 3600,
            )
        )
    return tuple(classes)


def _fitting_cores(usual: int, limits: Partition, *, per_core_mb: int) -> int:
    """Return how many cores a task can have on one node, and with the memory of each core."""
    cores = _within(usual, limits.max_cores)
    if per_core_mb and limits.max_memory_mb:
        cores = min(cores, limits.max_memory_mb // per_core_mb)
    return max(1, cores)


def _within(value: int, limit: int) -> int:
    """Return a value, or the limit where there is one (not 0) and the value exceeds it."""
    return min(value, limit) if limit else value
