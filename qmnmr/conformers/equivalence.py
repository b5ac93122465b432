"""Which nuclei share one shift."""

from __future__ import annotations

from qmnmr.conformers.alignment import align_slow_rotamers
from qmnmr.conformers.configuration import Configuration, StereoFrame, read_configuration, stereo_frame
from qmnmr.conformers.symmetry import Permutation, find_permutation
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.rdkit_molecule import coordinates_of

__all__ = ["align_slow_rotamers", "equivalent_sets"]


def equivalent_sets(molecule: Molecule, ensemble: Ensemble) -> tuple[tuple[int, ...], ...]:
    """Return the sets of nuclei with one shift, every atom in exactly one, ascending by first atom.

    Homotopic and enantiotopic nuclei are together, diastereotopic ones apart (achiral solvent, conformers in fast
    exchange). The configuration is read from the lowest conformer; which conformer that is makes no difference but
    for slow bonds (see `slow_bonds`), whose two sides are told apart as they lie there.
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
