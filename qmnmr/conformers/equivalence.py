"""Which nuclei share one shift, and rotamers that the averaging must not mix."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from qmnmr.conformers.configuration import Configuration, StereoFrame, read_configuration, stereo_frame
from qmnmr.conformers.graph import Coordinates, coordinates_of, label, rdkit_mol
from qmnmr.conformers.slow_bonds import Bond
from qmnmr.conformers.symmetry import Permutation, find_permutation
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule


def equivalent_sets(molecule: Molecule, ensemble: Ensemble) -> tuple[tuple[int, ...], ...]:
    """Return the sets of nuclei with one shift, every atom in exactly one, ascending by first atom.

    Homotopic and enantiotopic nuclei are together, diastereotopic ones apart (achiral solvent, conformers in fast exchange).
    The configuration is read from the lowest conformer; which conformer that is makes no difference but for slow bonds
    (see `slow_bonds`), whose two sides are told apart as they lie there.
    """
    frame = stereo_frame(molecule)
    configuration = read_configuration(frame, coordinates_of(ensemble.conformers[0].geometry))
    return _orbits(frame, configuration)


def _orbits(frame: StereoFrame, configuration: Configuration) -> tuple[tuple[int, ...], ...]:
    """Return the sets that the permutations of a configuration, proper and mirroring, carry into each other."""
    colours = frame.graph.colours
    leader = list(range(len(colours)))
    for atom in range(len(colours)):
        for other in sorted({leader[i] for i in range(atom) if colours[i] == colours[atom]}):
            if leader[atom] != atom:
                break
            found = _carry(frame, configuration, atom, other)
            if found:
                _merge(leader, found)
    sets: dict[int, list[int]] = {}
    for atom, first in enumerate(leader):
        sets.setdefault(first, []).append(atom)
    return tuple(sorted(tuple(members) for members in sets.values()))


def _carry(frame: StereoFrame, configuration: Configuration, atom: int, other: int) -> Permutation | None:
    """Return a permutation of the configuration, proper or mirroring, that carries one atom to the other."""
    proper = find_permutation(frame, configuration, configuration, fixed=(atom, other))
    if proper:
        return proper
    return find_permutation(frame, configuration, configuration, mirror=True, fixed=(atom, other))


def _merge(leader: list[int], permutation: Permutation) -> None:
    """Join every atom with its image; the leader of a set is its lowest atom."""
    for atom, image in enumerate(permutation):
        first, second = sorted((leader[atom], leader[image]))
        if first != second:
            leader[:] = [first if value == second else value for value in leader]


def align_slow_rotamers(molecule: Molecule, ensemble: Ensemble) -> Ensemble:
    """Return the ensemble with equal N-substituents numbered alike: what is cis to X in one conformer is so in all.

    A conformer of DMF in which the methyl groups have changed places is the same species with other numbers: it's
    renumbered like the lowest conformer (and mirrored if only that does it: shieldings don't notice). Rotamers that differ
    really (cis- and trans-N-methylacetamide) stay, and a note says that they were averaged.
    """
    frame = stereo_frame(molecule)
    if not frame.slow or len(ensemble.conformers) < 2:
        return ensemble
    equal = tuple(bond for bond in frame.slow if _has_equal_arms(frame, bond))
    reference = read_configuration(frame, coordinates_of(ensemble.conformers[0].geometry))
    aligned = tuple(_aligned(frame, conformer, reference, equal) for conformer in ensemble.conformers)
    differing = _differing(frame, reference, aligned)
    if not differing:
        return replace(ensemble, conformers=aligned)
    mol = rdkit_mol(molecule)
    note = (
        f"rotamers about {', '.join(_name(mol, bond) for bond in differing)} exchange slowly but were averaged as if fast: "
        "the real spectrum shows a set of signals for each"
    )
    return replace(ensemble, conformers=aligned, notes=(*ensemble.notes, note))


def _has_equal_arms(frame: StereoFrame, bond: Bond) -> bool:
    """Return whether the two substituents of N can't be told apart by constitution."""
    arms = [frame.graph.colours[atom] for atom in frame.graph.neighbours[bond[1]] if atom != bond[0]]
    return len(arms) == 2 and arms[0] == arms[1]


def _aligned(frame: StereoFrame, conformer: Conformer, reference: Configuration, equal: tuple[Bond, ...]) -> Conformer:
    """Return a conformer numbered such that the sides of the given bonds are the reference's."""
    coordinates = coordinates_of(conformer.geometry)
    own = read_configuration(frame, coordinates)
    if all(own.cis[bond] == reference.cis[bond] for bond in equal):
        return conformer
    bonds = (*frame.rigid, *equal)
    for mirror in (False, True):
        permutation = find_permutation(frame, own, reference, mirror=mirror, bonds=bonds)
        if permutation:
            return replace(conformer, geometry=_renumbered(conformer.geometry, coordinates, permutation, mirror))
    return conformer


def _renumbered(geometry: Geometry, coordinates: Coordinates, permutation: Permutation, mirror: bool) -> Geometry:
    """Return the geometry with atom i in the place of permutation[i]."""
    moved = np.empty_like(coordinates)
    moved[list(permutation)] = coordinates * np.array([-1.0 if mirror else 1.0, 1.0, 1.0])
    return replace(geometry, coordinates_angstrom=tuple((x, y, z) for x, y, z in moved.tolist()))


def _differing(frame: StereoFrame, reference: Configuration, conformers: tuple[Conformer, ...]) -> list[Bond]:
    """Return the slow bonds whose sides are not the same in all conformers."""
    found = set()
    for conformer in conformers:
        own = read_configuration(frame, coordinates_of(conformer.geometry))
        found |= {bond for bond in frame.slow if own.cis[bond] != reference.cis[bond]}
    return sorted(found)


def _name(mol: Any, bond: Bond) -> str:  # noqa: ANN401
    """Return a bond as people write it: C1-N2."""
    return f"{label(mol, bond[0])}-{label(mol, bond[1])}"
