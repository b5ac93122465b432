"""Molecules of like cost share an array, since all tasks of an array ask for the same.

The estimate is coarse on purpose: number of basis functions to the power 2.5 for one energy and gradient, steps of an
optimisation by the number of atoms, conformers by rotatable bonds. Calibrated on NWChem 7.0.2, B3LYP/6-31G* in COSMO,
one core: methanol (36 functions) 1.5 s for an energy and gradient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.datatypes.job import Resources
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.theory import LevelOfTheory, Protocol

_SECONDS = 1.5 / 36**2.5
_SHIELDING_STEPS = 4  # a shielding calculation costs about as much as four optimisation steps
_SAFETY = 4  # limits are for the slowest node and the slowest molecule of a class
_MIN_MINUTES, _MAX_MINUTES = 30, 7 * 24 * 60
_MEMORY_MB_PER_CORE = 2000

# Functions of hydrogen and of the heavy atoms up to neon; heavier ones have about half as many again.
_FUNCTIONS = {
    "6-31g*": (2, 14),
    "6-31g(d,p)": (5, 14),
    "6-31+g(d,p)": (5, 18),
    "6-311g(d,p)": (6, 18),
    "6-311+g(2d,p)": (6, 27),
    "def2-svp": (5, 14),
    "def2-tzvp": (6, 31),
    "cc-pvdz": (5, 14),
    "cc-pvtz": (14, 30),
    "pcsseg-1": (5, 14),
    "pcsseg-2": (14, 30),
}
_LARGE_BASIS = (14, 31)

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


def size_classes(
    molecules: Sequence[Molecule],
    protocol: Protocol,
    *,
    cores: int | None,
    memory_mb: int | None,
    minutes: int | None,
    max_cores: int | None = None,
) -> tuple[SizeClass, ...]:
    """Return the classes that have molecules, small ones first, molecules in their order; what is given overrides."""
    found: dict[str, list[tuple[Molecule, float]]] = {}
    for molecule in molecules:
        hours = cpu_hours(molecule, protocol)
        name = next(name for name, limit, _ in _CLASSES if hours <= limit)
        found.setdefault(name, []).append((molecule, hours))
    classes = []
    for name, _, usual_cores in _CLASSES:
        members = found.get(name)
        if not members:
            continue
        n_cores = cores or min(usual_cores, max_cores or usual_cores)
        longest = max(hours for _, hours in members)
        estimate = int(_SAFETY * 60 * longest / n_cores)
        largest = max((m for m, _ in members), key=lambda m: basis_functions(m, protocol.shieldings[0][1]))
        classes.append(
            SizeClass(
                name=name,
                molecules=tuple(m for m, _ in members),
                resources=Resources(cores=n_cores, memory_mb=memory_mb or n_cores * _MEMORY_MB_PER_CORE),
                minutes=minutes or min(max(estimate, _MIN_MINUTES), _MAX_MINUTES),
                scratch_mb=scratch_mb(largest, protocol, cores=n_cores),
            )
        )
    return tuple(classes)


def cpu_hours(molecule: Molecule, protocol: Protocol) -> float:
    """Return what a molecule costs, in hours of one core."""
    atoms = len(molecule.symbols)
    steps = 8 + atoms
    conformers = 1 if protocol.search.method == "none" else min(protocol.ranking.max_conformers, 2 ** _rotors(molecule))
    seconds = steps * _step_seconds(molecule, protocol.optimization)
    seconds += 0.5 * _step_seconds(molecule, protocol.energy) if protocol.energy is not None else 0.0
    for level in dict.fromkeys(protocol.shielding_level(element) for element in molecule.symbols):
        seconds += _SHIELDING_STEPS * _step_seconds(molecule, level)
    return conformers * seconds / 3600


def scratch_mb(molecule: Molecule, protocol: Protocol, *, cores: int) -> int:
    """Return how much scratch a task needs: orbitals, grid points, response vectors of all that runs side by side."""
    functions = max(basis_functions(molecule, level) for _, level in protocol.shieldings)
    one_mb = 50 + 60 * functions**2 * 8 / 1e6 + 3 * len(molecule.symbols)
    return int(200 + cores * one_mb)


def basis_functions(molecule: Molecule, level: LevelOfTheory) -> int:
    """Return about how many basis functions a molecule has."""
    hydrogen, heavy = _FUNCTIONS.get(level.basis, _LARGE_BASIS)
    first_rows = frozenset({"He", "Li", "Be", "B", "C", "N", "O", "F", "Ne"})
    return sum(hydrogen if s == "H" else heavy if s in first_rows else heavy * 3 // 2 for s in molecule.symbols)


def _step_seconds(molecule: Molecule, level: LevelOfTheory) -> float:
    functions = float(basis_functions(molecule, level))
    return _SECONDS * functions**2 * math.sqrt(functions)


def _rotors(molecule: Molecule) -> int:
    from rdkit import Chem
    from rdkit.Chem import rdMolDescriptors

    graph = Chem.MolFromSmiles(molecule.smiles)
    return 0 if graph is None else min(int(rdMolDescriptors.CalcNumRotatableBonds(graph)), 10)
