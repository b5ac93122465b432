"""Which nuclei share one shift, and which pairs of them one coupling."""

from __future__ import annotations

from collections.abc import Iterable

from qmnmr.conformers.configuration import Configuration, StereoFrame, read_configuration, stereo_frame
from qmnmr.conformers.symmetry import Permutation, find_permutation
from qmnmr.datatypes.coupling import AtomPair
from qmnmr.datatypes.molecule import Ensemble, Molecule
from qmnmr.datatypes.rdkit_molecule import coordinates_of
from qmnmr.exchange.sites import Element, Site

Sets = tuple[tuple[int, ...], ...]


def equivalent_sets(molecule: Molecule, ensemble: Ensemble) -> Sets:
    """Return the sets of nuclei with one shift, every atom in exactly one, ascending by first atom.

    Homotopic and enantiotopic nuclei are together, diastereotopic ones apart (achiral solvent, conformers in fast
    exchange, processes of qmnmr.exchange as fast or slow as they are). The configuration is read from the lowest
    conformer; which conformer that is makes no difference but for what is held slowly (see `align_slow_rotamers`).
    """
    frame = stereo_frame(molecule, moving_protons=True)
    return orbits(frame, read_configuration(frame, coordinates_of(ensemble.conformers[0].geometry)))


def orbits(frame: StereoFrame, configuration: Configuration, *, elements: tuple[Element, ...] | None = None) -> Sets:
    """Return the sets that the permutations of a configuration, proper and mirroring, carry into each other.

    `elements` are those that the permutations keep (all that are held if None).
    """
    colours = frame.graph.colours
    kept = frame.held if elements is None else elements
    leader = list(range(len(colours)))
    for atom in range(len(colours)):
        if not frame.graph.neighbours[atom]:
            continue
        for other in sorted({leader[i] for i in range(atom) if colours[i] == colours[atom]}):
            if leader[atom] != atom:
                break
            found = _carry(frame, configuration, ((atom, other),), kept)
            if found:
                _merge(leader, found)
    _join_moving_protons(leader, [site for site in frame.sites if site.process.kind == "proton"], frame)
    sets: dict[int, list[int]] = {}
    for atom, first in enumerate(leader):
        sets.setdefault(first, []).append(atom)
    return tuple(sorted(tuple(members) for members in sets.values()))


def equivalent_pairs(
    molecule: Molecule, ensemble: Ensemble, pairs: Iterable[AtomPair]
) -> tuple[tuple[AtomPair, ...], ...]:
    """Return the pairs in sets with one coupling, ascending by first pair; read as `equivalent_sets` does.

    Two pairs are together if one permutation carries both nuclei of one to those of the other: the pairs of two sets
    of nuclei may be several sets of pairs. Pairs with a proton that moves between atoms are left out: it has no one
    partner, and moving takes its splitting away.
    """
    frame = stereo_frame(molecule, moving_protons=True)
    configuration = read_configuration(frame, coordinates_of(ensemble.conformers[0].geometry))
    set_of = {atom: members for members in orbits(frame, configuration) for atom in members}
    stays = frame.graph.neighbours  # none of a proton that moves
    joined = {(a, b): {(a, b)} for a, b in sorted(pairs) if stays[a] and stays[b]}
    firsts: dict[tuple[tuple[int, ...], ...], list[AtomPair]] = {}  # of what is apart, by the sets of its nuclei
    for pair in list(joined):
        apart = firsts.setdefault(tuple(sorted(set_of[atom] for atom in pair)), [])
        if any(joined[first] is joined[pair] for first in apart):
            continue
        for first in apart:
            ways = [tuple(zip(pair, images, strict=True)) for images in (first, first[::-1])]
            found = next(filter(None, (_carry(frame, configuration, way, frame.held) for way in ways)), None)
            if found:
                _join_images(joined, found)
                break
        else:
            apart.append(pair)
    distinct = {min(members): members for members in joined.values()}
    return tuple(tuple(sorted(members)) for _, members in sorted(distinct.items()))


def _join_images(joined: dict[AtomPair, set[AtomPair]], permutation: Permutation) -> None:
    """Join every pair with its image."""
    for pair in joined:
        first, second = sorted(permutation[atom] for atom in pair)
        if (first, second) in joined:
            _join_pairs(joined, pair, (first, second))


def _join_pairs(joined: dict[AtomPair, set[AtomPair]], one: AtomPair, other: AtomPair) -> None:
    if joined[one] is not joined[other]:
        members = joined[one] | joined[other]
        for pair in members:
            joined[pair] = members


def _carry(
    frame: StereoFrame,
    configuration: Configuration,
    fixed: tuple[tuple[int, int], ...],
    elements: tuple[Element, ...],
) -> Permutation | None:
    """Return a permutation of the configuration, proper or mirroring, that carries atoms to others as demanded."""
    for mirror in (False, True):
        found = find_permutation(frame, configuration, configuration, mirror=mirror, fixed=fixed, elements=elements)
        if found:
            return found
    return None


def _join_moving_protons(leader: list[int], sites: list[Site], frame: StereoFrame) -> None:
    """Join the protons that a group of atoms shares, and those of groups that are alike."""
    by_group: dict[int, int] = {}
    for site in sites:
        if any(frame.graph.neighbours[hydrogen] for hydrogen in site.hydrogens):
            continue
        for hydrogen in site.hydrogens:
            first = by_group.setdefault(leader[site.atoms[0]], hydrogen)
            leader[hydrogen] = leader[first]


def _merge(leader: list[int], permutation: Permutation) -> None:
    """Join every atom with its image; the leader of a set is its lowest atom."""
    for atom, image in enumerate(permutation):
        first, second = sorted((leader[atom], leader[image]))
        if first != second:
            leader[:] = [first if value == second else value for value in leader]
