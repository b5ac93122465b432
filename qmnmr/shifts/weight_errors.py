"""By how much a conformer's energy is off: what sets of known conformers say, by level and by kind of molecule."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

import msgspec

from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.datatypes.theory import LevelOfTheory

_DONORS = frozenset({"N", "O", "S"})
_ACCEPTORS = frozenset({"N", "O", "F", "S", "Cl"})


class MoleculeKind(StrEnum):
    """What decides how difficult relative energies of conformers are."""

    HYDROCARBON = "hydrocarbon"
    POLAR = "polar"
    HYDROGEN_BONDS = "hydrogen_bonds"  # a donor and another atom that accepts: not all conformers have the bond


@dataclass(frozen=True, slots=True, kw_only=True)
class _LevelErrors:
    functional: str
    dispersion: str
    basis: str
    hydrocarbon: float
    polar: float
    hydrogen_bonds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errors:
    energies: dict[MoleculeKind, float]
    free_energies: dict[MoleculeKind, float]
    level: tuple[_LevelErrors, ...]


def energy_error_kcal_per_mol(level: LevelOfTheory, molecule: Molecule, *, has_free_energies: bool) -> float:
    """Return the standard error of a conformer's weighing energy, kcal/mol.

    It holds what energies lack of free energies, or what is left of that where vibrations and rotation were added. A
    level that no set was computed at has the largest error of all: nobody knows it.
    """
    errors, kind = _errors(), molecule_kind(molecule)
    own = [e for e in errors.level if (e.functional, e.dispersion, e.basis) == _key(level)]
    of_level = max(getattr(e, kind.value) for e in own or errors.level)
    return math.hypot(of_level, (errors.free_energies if has_free_energies else errors.energies)[kind])


def molecule_kind(molecule: Molecule) -> MoleculeKind:
    """Return the kind of a molecule by its graph."""
    if set(molecule.symbols) <= {"C", "H"}:
        return MoleculeKind.HYDROCARBON
    donors, acceptors = set(), set()
    for atom in rdkit_mol(molecule).GetAtoms():
        if atom.GetSymbol() in _DONORS and any(n.GetSymbol() == "H" for n in atom.GetNeighbors()):
            donors.add(atom.GetIdx())
        if atom.GetSymbol() in _ACCEPTORS:
            acceptors.add(atom.GetIdx())
    has_pair = any(acceptors - {donor} for donor in donors)
    return MoleculeKind.HYDROGEN_BONDS if has_pair else MoleculeKind.POLAR


def _key(level: LevelOfTheory) -> tuple[str, str, str]:
    return level.functional, level.dispersion, level.basis


@cache
def _errors() -> _Errors:
    text = resources.files("qmnmr.shifts").joinpath("data/weight_errors.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _Errors)
