"""What a molecule keeps while it moves: handedness of centres, sides of rigid bonds.

Both are read from 3D coordinates. Unlike CIP labels they are defined for every centre with four neighbours,
stereogenic or not, which is what symmetry needs: the two H of a CH2 are told apart by the handedness of its carbon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qmnmr.conformers.graph import BareGraph, bare_graph
from qmnmr.conformers.slow_bonds import Bond, rigid_bonds, slow_bonds
from qmnmr.datatypes.molecule import Molecule, StereoAxis
from qmnmr.datatypes.rdkit_molecule import Coordinates, rdkit_mol

Quad = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class StereoFrame:
    """A molecule's graph with the places where configuration can differ."""

    graph: BareGraph
    centres: tuple[Quad, ...]  # four atoms whose handedness is kept, ascending; see `_centres`
    rigid: tuple[Bond, ...]  # double bonds
    slow: tuple[Bond, ...]  # amides and their like, whose two sides rotate slowly into each other


@dataclass(frozen=True, slots=True)
class Configuration:
    """The handedness and the sides in one geometry of a frame."""

    hands: dict[Quad, int]  # +1 or -1 for the atoms in ascending order
    cis: dict[Bond, frozenset[Bond]]  # by bond (x, y), both ways round: pairs (a on x, b on y) on one side


def stereo_frame(molecule: Molecule) -> StereoFrame:
    """Return the graph of a molecule and the places where its configuration is held."""
    mol = rdkit_mol(molecule)
    graph = bare_graph(mol)
    axes = (_around(graph, axis) for axis in molecule.axes)
    centres = tuple(sorted({*_centres(mol), *(_quad(atoms) for atoms in axes if len(atoms) == 4)}))
    return StereoFrame(graph=graph, centres=centres, rigid=rigid_bonds(mol, graph), slow=slow_bonds(mol))


def read_configuration(frame: StereoFrame, coordinates: Coordinates) -> Configuration:
    """Return the configuration that coordinates (n, 3) in Å show."""
    cis: dict[Bond, frozenset[Bond]] = {}
    for bond in (*frame.rigid, *frame.slow):
        pairs = _cis_pairs(frame.graph, bond, coordinates)
        cis[bond] = pairs
        cis[bond[1], bond[0]] = frozenset((b, a) for a, b in pairs)
    return Configuration(hands={centre: _hand(coordinates[list(centre)]) for centre in frame.centres}, cis=cis)


def permutation_sign(values: Sequence[int]) -> int:
    """Return +1 if sorting takes an even number of exchanges, else -1."""
    inversions = sum(values[i] > values[j] for i in range(len(values)) for j in range(i + 1, len(values)))
    return -1 if inversions % 2 else 1


def _centres(mol: Any) -> tuple[Quad, ...]:  # noqa: ANN401
    """Return the four atoms around every point that keeps its handedness.

    An atom with four neighbours: these. With three: these and the atom itself, for P, S, Se, and for N in a
    three-membered ring; other N inverts in less than a microsecond. An allene: its four end groups.
    """
    found = set(_allenes(mol))
    for atom in mol.GetAtoms():
        if _keeps_hand(atom):
            around = [near.GetIdx() for near in atom.GetNeighbors()]
            found.add(_quad(around if len(around) == 4 else [*around, atom.GetIdx()]))
    return tuple(sorted(found))


def _around(graph: BareGraph, axis: StereoAxis) -> list[int]:
    """Return the end groups of an axis that can't turn."""
    _, x, y, _ = axis.atoms
    inner = {x, y, *(set(graph.neighbours[x]) & set(graph.neighbours[y]))}
    return [atom for end in (x, y) for atom in graph.neighbours[end] if atom not in inner]


def _quad(atoms: Sequence[int]) -> Quad:
    """Return four atoms in ascending order."""
    first, second, third, fourth = sorted(atoms)
    return first, second, third, fourth


def _keeps_hand(atom: Any) -> bool:  # noqa: ANN401
    """Return whether the handedness around this atom is fixed."""
    if atom.GetDegree() == 4:
        return True
    if atom.GetDegree() != 3:
        return False
    if atom.GetSymbol() in ("P", "S", "Se"):
        return not any(bond.GetIsAromatic() for bond in atom.GetBonds())
    return atom.GetSymbol() == "N" and _is_small_ring_amine(atom)


def _is_small_ring_amine(atom: Any) -> bool:  # noqa: ANN401
    """Return whether N sits in a three-membered ring and carries no H (N-H exchanges its proton)."""
    ring = atom.GetOwningMol().GetRingInfo().IsAtomInRingOfSize(atom.GetIdx(), 3)
    return bool(ring) and all(near.GetSymbol() != "H" for near in atom.GetNeighbors())


def _allenes(mol: Any) -> list[Quad]:  # noqa: ANN401
    """Return the four end groups of every C=C=C."""
    from rdkit import Chem

    found = []
    for first, middle, last in mol.GetSubstructMatches(Chem.MolFromSmarts("[CX3]=[CX2]=[CX3]")):
        ends = (mol.GetAtomWithIdx(first), mol.GetAtomWithIdx(last))
        found.append(_quad([n.GetIdx() for end in ends for n in end.GetNeighbors() if n.GetIdx() != middle]))
    return found


def _hand(points: Coordinates) -> int:
    """Return the sign of the volume that four points (4, 3) span."""
    return 1 if float(np.linalg.det(points[1:] - points[0])) > 0 else -1


def _cis_pairs(graph: BareGraph, bond: Bond, coordinates: Coordinates) -> frozenset[Bond]:
    """Return the pairs of substituents on one side of a bond (dihedral angle below 90 degrees)."""
    x, y = bond
    axis = coordinates[y] - coordinates[x]
    axis = axis / np.linalg.norm(axis)

    def across(atom: int, end: int) -> Coordinates:
        arm = coordinates[atom] - coordinates[end]
        return np.asarray(arm - axis * np.dot(arm, axis))

    return frozenset(
        (a, b)
        for a in graph.neighbours[x]
        for b in graph.neighbours[y]
        if a != y and b != x and float(np.dot(across(a, x), across(b, y))) > 0
    )
