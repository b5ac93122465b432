"""The spin system of a molecule's hydrogens, from its shifts and couplings."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from qmnmr.datatypes.coupling import Coupling
from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.spectra.spin_system import Floats, SpinSystem

SPLITTING_ELEMENTS = ("F", "P")
"""Elements whose nuclei have spin 1/2 and couple with hydrogens by what no method here computes."""

_EXCHANGING = frozenset({"N", "O", "S"})
_FAR_BONDS = 4


def exchanging_hydrogens(molecule: Molecule) -> frozenset[int]:
    """Return the hydrogens on N, O and S by their indices: traces of acid or water exchange them in most samples."""
    return frozenset(
        atom.GetIdx()
        for atom in rdkit_mol(molecule).GetAtoms()
        if atom.GetSymbol() == "H" and any(near.GetSymbol() in _EXCHANGING for near in atom.GetNeighbors())
    )


def split_by_others(molecule: Molecule, *, without: Collection[int]) -> dict[int, str]:
    """Return the hydrogens within four bonds of an element of SPLITTING_ELEMENTS, and which: "F", "F and P".

    Those of `without` are left out.
    """
    from rdkit import Chem

    mol = rdkit_mol(molecule)
    distances = Chem.GetDistanceMatrix(mol)
    found = {}
    hydrogens = {number for number, symbol in enumerate(molecule.symbols) if symbol == "H"}
    for hydrogen in sorted(hydrogens - set(without)):
        near = {molecule.symbols[int(other)] for other in np.flatnonzero(distances[hydrogen] <= _FAR_BONDS)}
        if elements := [element for element in SPLITTING_ELEMENTS if element in near]:
            found[hydrogen] = " and ".join(elements)
    return found


def proton_system(
    sets: Sequence[tuple[int, ...]],
    frequencies_hz: Sequence[float],
    couplings: Sequence[Coupling],
    *,
    decoupled: Collection[int],
    alike_hz: float,
) -> tuple[SpinSystem, tuple[tuple[int, ...], ...]]:
    """Return the spin system of sets of equivalent hydrogens, and the atoms of each of its groups.

    A set stays one group if its nuclei couple alike with every nucleus outside, within `alike_hz`, and falls into
    several if not: the two H beside a substituent of a benzene ring are one set, and two groups. What couples with a
    nucleus that is `decoupled` is left out.
    """
    atoms = [atom for members in sets for atom in members]
    place = {atom: number for number, atom in enumerate(atoms)}
    by_atom = np.zeros((len(atoms), len(atoms)))
    for coupling in couplings:
        for first, second in coupling.atom_pairs:
            if first in place and second in place and not {first, second} & set(decoupled):
                by_atom[place[first], place[second]] = by_atom[place[second], place[first]] = coupling.coupling_hz
    blocks = _alike([[place[atom] for atom in members] for members in sets], by_atom, alike_hz=alike_hz)
    frequency = {place[atom]: hz for members, hz in zip(sets, frequencies_hz, strict=True) for atom in members}
    means = np.array([[0.0 if a is b else by_atom[np.ix_(a, b)].mean() for b in blocks] for a in blocks])
    system = SpinSystem(
        counts=tuple(len(block) for block in blocks),
        frequencies_hz=np.array([frequency[block[0]] for block in blocks]),
        couplings_hz=means.reshape(len(blocks), len(blocks)),
    )
    return system, tuple(tuple(atoms[number] for number in block) for block in blocks)


def _alike(blocks: list[list[int]], couplings_hz: Floats, *, alike_hz: float) -> list[list[int]]:
    """Return the blocks split until the members of each couple alike with all others."""
    while True:
        split = [part for block in blocks for part in _parts(block, couplings_hz, alike_hz=alike_hz)]
        if len(split) == len(blocks):
            return split
        blocks = split


def _parts(block: list[int], couplings_hz: Floats, *, alike_hz: float) -> list[list[int]]:
    outside = np.delete(couplings_hz[block], block, axis=1)
    parts: list[list[int]] = []
    firsts: list[Floats] = []
    for member, row in zip(block, outside, strict=True):
        for part, first in zip(parts, firsts, strict=True):
            if np.all(np.abs(row - first) < alike_hz):
                part.append(member)
                break
        else:
            parts.append([member])
            firsts.append(row)
    return parts
