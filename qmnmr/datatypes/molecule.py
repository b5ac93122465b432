"""Structures: geometry, molecule, conformer, ensemble."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

Position = tuple[float, float, float]

_SIGNS = re.compile(r"\[[^\]]*:(\d+)\]|([().])|(%\(\d+\)|%\d\d|\d)")
"""Of a mapped SMILES: an atom's number, a branch or an end, a ring's number; bonds are not looked at."""

CLOSEST_ATOMS_ANGSTROM = 0.4
"""No two nuclei are nearer in any molecule (H2 0.74)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """Element symbols and Cartesian coordinates of n atoms."""

    symbols: tuple[str, ...]  # (n,)
    coordinates_angstrom: tuple[Position, ...]  # (n, 3)

    def __post_init__(self) -> None:
        if len(self.symbols) != len(self.coordinates_angstrom):
            raise ValueError(f"{len(self.symbols)} symbols but {len(self.coordinates_angstrom)} positions")


@dataclass(frozen=True, slots=True, kw_only=True)
class StereoAxis:
    """The configuration of an axis that no SMILES of RDKit carries: of a cumulene, of a biaryl that can't turn.

    Four heavy atoms a-x-y-b: x and y are its ends, a and b their substituents with the lowest numbers.
    """

    atoms: tuple[int, int, int, int]
    is_positive: bool  # the dihedral angle a-x-y-b; of a flat axis: a and b lie on one side
    is_flat: bool = False  # a butatriene's, which has two sides and no hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Molecule:
    """One closed-shell compound: its graph with all hydrogens, and 3D coordinates where they were given.

    `mapped_smiles` carries every atom, hydrogens too, with the atom map number `index + 1`: it fixes the
    numbering that all results use. `smiles` is the ordinary canonical isomeric SMILES.
    """

    id: str  # made of [A-Za-z0-9._-]; unique in a run; names the folder
    name: str  # as the user wrote it
    smiles: str
    mapped_smiles: str
    charge: int
    multiplicity: int
    symbols: tuple[str, ...]
    geometry: Geometry | None  # coordinates that the input carried, in the same atom order
    source: str  # where it was read: "a.smi, line 3"
    notes: tuple[str, ...] = ()  # choices made on reading that the user should know
    axes: tuple[StereoAxis, ...] = ()  # whose configuration is kept, beside what the SMILES says
    other_geometries: tuple[Geometry, ...] = ()  # further conformers that the input carried, in its order


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformer:
    """One minimum of a molecule.

    `degeneracy` is its statistical weight beside the Boltzmann factor: the number of mirror images it stands
    for (2 if it is chiral and the compound is not, else 1) divided by its rotational symmetry number.
    """

    label: str
    geometry: Geometry
    energy_hartree: float | None  # None: not yet computed at the level of the run
    degeneracy: float = 1.0
    free_energy_correction_hartree: float | None = None  # None: weights are of energies alone
    tautomer: str = ""  # its graph as a mapped SMILES, where this is another tautomer than the molecule as drawn
    inclusion: float = 1.0  # the probability with which a sample took it: it stands for 1/inclusion of its like

    @property
    def weight(self) -> float:
        """The statistical weight beside the Boltzmann factor."""
        return self.degeneracy / self.inclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """The conformers of one molecule, lowest energy first."""

    molecule: Molecule
    conformers: tuple[Conformer, ...]
    notes: tuple[str, ...] = ()
    starts: int = 0  # structures that the search began with; 0 where nothing was searched
    gradients: int = 0  # at the ranking's level, that the search took
    cpu_seconds: float = 0.0  # of the search
    method: str = ""  # of its energies and geometries, where these are the ranking's already
    missed_population: float | None = None  # estimated share of what the search did not find; None: not estimated


def neighbours(molecule: Molecule) -> tuple[tuple[int, ...], ...]:
    """Return for each atom its neighbours, ascending, by 0-based indices.

    `mapped_smiles` has every atom in brackets with its number, so that its signs alone tell who is bound to whom: a
    tenth of the time that RDKit takes, which tables of ten thousand molecules need not load.
    """
    near: list[list[int]] = [[] for _ in molecule.symbols]
    rings: dict[str, int] = {}
    branches: list[int] = []
    last = -1
    for number, sign, ring in _SIGNS.findall(molecule.mapped_smiles):
        if number:
            other, last = last, int(number) - 1
        elif ring:
            other = rings.pop(ring, -1)
            if other < 0:
                rings[ring] = last
        else:
            other = -1
            if sign == "(":
                branches.append(last)
            else:
                last = branches.pop() if sign == ")" else -1
        if other >= 0:
            near[last].append(other)
            near[other].append(last)
    return tuple(tuple(sorted(atoms)) for atoms in near)


def tautomer_of(molecule: Molecule, conformer: Conformer) -> Molecule:
    """Return the molecule with the graph that its conformer has."""
    return replace(molecule, mapped_smiles=conformer.tautomer) if conformer.tautomer else molecule


def by_tautomer(conformers: Sequence[Conformer]) -> dict[str, tuple[Conformer, ...]]:
    """Return the conformers of each tautomer, all in their order."""
    found: dict[str, list[Conformer]] = {}
    for conformer in conformers:
        found.setdefault(conformer.tautomer, []).append(conformer)
    return {tautomer: tuple(members) for tautomer, members in found.items()}
