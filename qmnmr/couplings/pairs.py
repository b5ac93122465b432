"""Which hydrogens couple with each other, over how many bonds, and of which class that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qmnmr.datatypes.coupling import MOST_BONDS, AtomPair, CouplingClass
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol

Path = tuple[int, ...]  # atoms from one nucleus to the other, both included


@dataclass(frozen=True, slots=True, kw_only=True)
class CoupledPair:
    """Two hydrogens of a molecule's graph that are near enough to couple."""

    atom_indices: AtomPair
    paths: tuple[Path, ...]  # the shortest ones, from the first atom to the second
    coupling_class: CouplingClass

    @property
    def n_bonds(self) -> int:
        """The number of bonds between them."""
        return len(self.paths[0]) - 1


def coupled_pairs(molecule: Molecule, *, most_bonds: int = MOST_BONDS) -> tuple[CoupledPair, ...]:
    """Return the pairs of hydrogens that are at most so many bonds apart, ascending by pair."""
    mol = rdkit_mol(molecule)
    found = []
    for atom in mol.GetAtoms():
        if atom.GetSymbol() != "H":
            continue
        for other, paths in _shortest_paths(mol, atom.GetIdx(), most_bonds).items():
            if other > atom.GetIdx() and mol.GetAtomWithIdx(other).GetSymbol() == "H" and len(paths[0]) > 2:
                pair = (atom.GetIdx(), other)
                found.append(CoupledPair(atom_indices=pair, paths=tuple(paths), coupling_class=_class_of(mol, paths)))
    return tuple(sorted(found, key=lambda pair: pair.atom_indices))


def _shortest_paths(mol: Any, start: int, most_bonds: int) -> dict[int, list[Path]]:  # noqa: ANN401
    """Return by atom all shortest paths from one atom, of atoms that are so many bonds away at most."""
    found: dict[int, list[Path]] = {start: [(start,)]}
    front = [start]
    for _ in range(most_bonds):
        reached: dict[int, list[Path]] = {}
        for atom in front:
            for near in mol.GetAtomWithIdx(atom).GetNeighbors():
                if near.GetIdx() not in found:
                    ways = [(*path, near.GetIdx()) for path in found[atom]]
                    reached.setdefault(near.GetIdx(), []).extend(ways)
        found |= reached
        front = list(reached)
    return found


def _class_of(mol: Any, paths: list[Path]) -> CouplingClass:  # noqa: ANN401
    """Return the class of a pair with these shortest paths."""
    inner = paths[0][1:-1]
    if len(inner) == 1:
        return CouplingClass.GEMINAL
    if _are_on_one_aromatic_ring(mol, inner[0], inner[-1]):
        return CouplingClass.AROMATIC
    if len(inner) > 2:
        return CouplingClass.LONG_RANGE
    ends = [mol.GetAtomWithIdx(atom) for atom in inner]
    if all(_is_sp3_carbon(end) for end in ends):
        return CouplingClass.VICINAL_SP3
    if all(end.GetSymbol() == "C" for end in ends) and mol.GetBondBetweenAtoms(*inner).GetBondTypeAsDouble() == 2.0:
        return CouplingClass.ALKENE
    return CouplingClass.VICINAL_OTHER


def _are_on_one_aromatic_ring(mol: Any, first: int, second: int) -> bool:  # noqa: ANN401
    rings = mol.GetRingInfo().AtomRings()
    return any(
        {first, second} <= set(ring) and all(mol.GetAtomWithIdx(atom).GetIsAromatic() for atom in ring)
        for ring in rings
    )


def _is_sp3_carbon(atom: Any) -> bool:  # noqa: ANN401
    return bool(atom.GetSymbol() == "C" and atom.GetDegree() == 4)
