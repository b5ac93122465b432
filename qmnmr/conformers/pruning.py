"""Duplicates among conformers, and the statistical weight of those that stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmnmr.conformers.configuration import read_configuration, stereo_frame
from qmnmr.conformers.graph import BareGraph, bare_graph
from qmnmr.conformers.rotation import principal_moments, rotates_alike
from qmnmr.conformers.symmetry import find_permutation
from qmnmr.datatypes.molecule import Conformer, Ensemble, Geometry, Molecule, tautomer_of
from qmnmr.datatypes.rdkit_molecule import Coordinates, coordinates_of, rdkit_mol
from qmnmr.units import HARTREE_KCAL_PER_MOL

RMSD_ANGSTROM = 0.125
ENERGY_KCAL_PER_MOL = 0.1

_VALLEY_KCAL_PER_MOL = 0.3
_VALLEY_DEGREES = 30.0
_VALLEY_ANGSTROM = 0.5
_ONE_BOND = 0.03  # relative difference of lengths
_LINEAR_COSINE = -0.96  # of 164°: no torsion about such a chain

_MAX_MATCHES = 5000
_MAX_SLACK_ANGSTROM = 0.8


def prune(
    ensemble: Ensemble, *, rmsd_angstrom: float = RMSD_ANGSTROM, energy_kcal_per_mol: float = ENERGY_KCAL_PER_MOL
) -> Ensemble:
    """Return the ensemble without duplicates, lowest energy first, each conformer with its degeneracy.

    Duplicates have an RMSD and an energy difference below the limits and the same rotational constants, or lie in one
    valley (`Skeleton.in_one_valley`); the lower one stays. 0.125 Å is CREST's RTHR (Pracht, Bohle, Grimme, PCCP 2020,
    22, 7169). Measured here on six molecules, MMFF94s: two runs into one minimum end within 0.0001 Å and 0.0001
    kcal/mol, the nearest different minima are 0.25 Å apart (cyclohexanol). The limits leave room for looser optimisers.
    Different minima may have equal energies, so the energy alone decides nothing; where it is unknown, geometry decides
    alone.

    The RMSD is the least over all numberings of equal atoms, over heavy atoms and the H of OH, NH and SH (methyl H
    follow the skeleton), and over the mirror image if the compound is its own mirror image. No weight is lost by
    that: see `degeneracy`. Conformers of different tautomers are never duplicates. A minimum that several drawn
    conformers lead to was drawn if one of them was.
    """
    skeletons: dict[str, Skeleton] = {}
    kept: list[tuple[Conformer, Place]] = []
    for conformer in sorted(ensemble.conformers, key=_energy):
        if conformer.tautomer not in skeletons:
            tautomer = tautomer_of(ensemble.molecule, conformer)
            skeletons[conformer.tautomer] = Skeleton.of(tautomer, conformer.geometry)
        skeleton = skeletons[conformer.tautomer]
        place = skeleton.place(conformer.geometry, conformer.energy_hartree)
        twin = next(
            (
                number
                for number, (known, near) in enumerate(kept)
                if known.tautomer == conformer.tautomer
                and (
                    skeleton.are_duplicates(
                        place, near, rmsd_angstrom=rmsd_angstrom, energy_kcal_per_mol=energy_kcal_per_mol
                    )
                    or skeleton.in_one_valley(place, near)
                )
            ),
            None,
        )
        if twin is None:
            kept.append((conformer, place))
        else:
            known, near = kept[twin]
            inclusion = 1.0 - (1.0 - known.inclusion) * (1.0 - conformer.inclusion)
            kept[twin] = (replace(known, inclusion=inclusion), near)
    conformers = tuple(
        replace(conformer, degeneracy=skeletons[conformer.tautomer].degeneracy(place.points, rmsd_angstrom))
        for conformer, place in kept
    )
    return replace(ensemble, conformers=conformers)


def degeneracy(molecule: Molecule, geometry: Geometry, *, rmsd_angstrom: float = RMSD_ANGSTROM) -> float:
    """Return the statistical weight of a conformer: mirror images it stands for / rotational symmetry number.

    The number of distinct wells that renumbering equal atoms makes of a conformer is the order of the molecule's
    permutation-inversion group over the order of the conformer's point group (Longuet-Higgins, Mol. Phys. 1963, 6,
    445). The first is the same for all conformers, of all tautomers that exchange fast. So weights go as 2/symmetry
    number for a chiral conformer of an achiral compound, else as 1/symmetry number: n-butane anti 1/2 (C2h), gauche 2/2
    (C2 and its mirror image): 1:2; 4H-1,2,4-triazole 1/2 (C2v), 1H, whose H may be on N2 as well, 1/1: 1:2.
    """
    skeleton = Skeleton.of(molecule, geometry)
    return skeleton.degeneracy(skeleton.points(geometry), rmsd_angstrom)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where a structure lies among the conformers of its molecule."""

    energy_hartree: float | None
    points: Coordinates  # (k, 3) in Å, of the skeleton, centred
    moments: NDArray[np.float64]  # (3,) in u Å², of the whole structure


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The atoms that make a conformer: heavy ones and polar H."""

    atoms: tuple[int, ...]  # their indices in the molecule
    graph: BareGraph  # among themselves
    achiral: bool  # the compound is its own mirror image

    @classmethod
    def of(cls, molecule: Molecule, geometry: Geometry) -> Skeleton:
        """Return the skeleton of a molecule; the geometry tells its configuration."""
        mol = rdkit_mol(molecule)
        atoms = tuple(atom.GetIdx() for atom in mol.GetAtoms() if _counts(atom)) or tuple(range(mol.GetNumAtoms()))
        whole = bare_graph(mol)
        graph = BareGraph(
            neighbours=bare_graph(mol, keep=atoms).neighbours, colours=tuple(whole.colours[atom] for atom in atoms)
        )
        frame = stereo_frame(molecule, moving_protons=True)
        configuration = read_configuration(frame, coordinates_of(geometry))
        mirrored = find_permutation(frame, configuration, configuration, mirror=True, elements=frame.drawn)
        return cls(atoms=atoms, graph=graph, achiral=mirrored is not None)

    def points(self, geometry: Geometry) -> Coordinates:
        """Return the skeleton's coordinates (k, 3) in Å, centred."""
        points = coordinates_of(geometry)[list(self.atoms)]
        return np.asarray(points - points.mean(axis=0))

    def place(self, geometry: Geometry, energy_hartree: float | None) -> Place:
        """Return where a structure lies."""
        return Place(energy_hartree=energy_hartree, points=self.points(geometry), moments=principal_moments(geometry))

    def are_duplicates(self, first: Place, second: Place, *, rmsd_angstrom: float, energy_kcal_per_mol: float) -> bool:
        """Return whether two structures are one by energy, rotational constants and RMSD."""
        return (
            _close(first, second, energy_kcal_per_mol)
            and rotates_alike(first.moments, second.moments)
            and self.same(first.points, second.points, rmsd_angstrom)
        )

    def in_one_valley(self, first: Place, second: Place) -> bool:
        """Return whether two structures are ends in one flat valley: one conformer, and never two.

        No torsion of the skeleton differs by more than 30°, half of what lies between the wells of a sixfold rotor, no
        bond by more than 3 %, the RMSD is below 0.5 Å and the energies are within 0.3 kcal/mol. An RMSD alone grows
        with the molecule for the same torsion. Such ends differ by methyl groups, which turn the skeleton a little
        with them: methyl propanoate's C-C-C=O has minima at 0, 22, 83 and 92° on GFN2-xTB's surface, within 0.11
        kcal/mol. Which of them an optimiser reaches depends on the order of the atoms.
        """
        if not _close(first, second, _VALLEY_KCAL_PER_MOL):
            return False
        matches = self._numberings(first.points, second.points, _VALLEY_ANGSTROM)
        if not len(matches):
            return False
        others = second.points[matches]
        pairs = [(i, j) for i, near in enumerate(self.graph.neighbours) for j in near if i < j]
        bonds = np.array(pairs, dtype=int).reshape(-1, 2)  # a skeleton of one atom has none
        lengths = np.linalg.norm(first.points[bonds[:, 0]] - first.points[bonds[:, 1]], axis=-1)
        stretched = np.linalg.norm(others[:, bonds[:, 0]] - others[:, bonds[:, 1]], axis=-1)
        alike = (np.abs(stretched - lengths) < _ONE_BOND * lengths).all(axis=1)
        here, there = _torsions(self.graph, first.points[None]), _torsions(self.graph, others)
        proper, mirrored = _superpose(first.points, others)
        images = [(1.0, proper), (-1.0, mirrored)] if self.achiral else [(1.0, proper)]
        return any(
            bool((alike & (rmsds < _VALLEY_ANGSTROM) & _turned_little(here, sign * there)).any())
            for sign, rmsds in images
        )

    def same(self, first: Coordinates, second: Coordinates, limit: float) -> bool:
        """Return whether two conformers are one, numbering (and mirror image, if the compound is achiral) left out."""
        proper, mirrored = self.rmsds(first, second, limit)
        return bool((proper < limit).any() or (self.achiral and (mirrored < limit).any()))

    def degeneracy(self, points: Coordinates, limit: float) -> float:
        """Return the statistical weight of a conformer."""
        proper, mirrored = self.rmsds(points, points, limit)
        images = 2 if self.achiral and not (mirrored < limit).any() else 1
        return images / int((proper < limit).sum())

    def rmsds(
        self, first: Coordinates, second: Coordinates, limit: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the RMSD (m,) of each promising numbering by best rotation, and by best rotation with reflection."""
        return _superpose(first, second[self._numberings(first, second, limit)])

    def _numberings(self, first: Coordinates, second: Coordinates, limit: float) -> NDArray[np.int_]:
        """Return the numberings (m, k) under which the RMSD, mirrored or not, may be below the limit."""
        # Singular values of two point sets with that RMSD can't differ more (Hoffman and Wielandt).
        spread = np.linalg.svd(first, compute_uv=False) - np.linalg.svd(second, compute_uv=False)
        if float((spread**2).sum()) > len(first) * limit**2:
            return np.empty((0, len(first)), dtype=int)
        matches = list(_matches(self.graph, first, second, limit))
        return np.array(matches, dtype=int).reshape(len(matches), len(first))


def proper_numberings(
    graph: BareGraph, first: Coordinates, second: Coordinates, limit: float
) -> tuple[tuple[int, ...], ...]:
    """Return the numberings i -> match[i] of equal atoms under which two centred structures are one, unreflected."""
    matches = list(_matches(graph, first, second, limit))
    proper, _ = _superpose(first, second[np.array(matches, dtype=int).reshape(len(matches), len(first))])
    return tuple(match for match, rmsd in zip(matches, proper, strict=True) if rmsd < limit)


def _counts(atom: Any) -> bool:  # noqa: ANN401
    """Return whether an atom makes a difference between conformers: all but H on carbon and on XH3 groups."""
    if atom.GetSymbol() != "H":
        return True
    (parent,) = atom.GetNeighbors()
    hydrogens = sum(near.GetSymbol() == "H" for near in parent.GetNeighbors())
    rotor = hydrogens >= 3 and parent.GetDegree() == hydrogens + 1
    return parent.GetSymbol() != "C" and not rotor


def _matches(graph: BareGraph, first: Coordinates, second: Coordinates, limit: float) -> Iterator[tuple[int, ...]]:
    """Yield the numberings i -> match[i] of equal atoms under which all distances nearly agree, at most 5000.

    Distances don't notice reflection, so these are the only numberings whose RMSD, mirrored or not, can be below the
    limit.
    """
    slack = min(np.sqrt(2 * len(first)) * limit, _MAX_SLACK_ANGSTROM) + 1e-6
    here, there = _distances(first), _distances(second)
    order = _connected_order(graph.neighbours)
    colours = np.array(graph.colours)
    image = np.zeros(len(order), dtype=int)  # by level
    found = 0
    stack = [iter(np.flatnonzero(colours == colours[order[0]]))]
    while stack and found < _MAX_MATCHES:
        level = len(stack) - 1
        candidate = next(stack[-1], None)
        if candidate is None:
            stack.pop()
            continue
        image[level] = candidate
        if level + 1 == len(order):
            found += 1
            yield tuple(int(w) for w in image[np.argsort(order)])
            continue
        atom = order[level + 1]
        gaps = np.abs(there[:, image[: level + 1]] - here[atom, order[: level + 1]]).max(axis=1)
        fits = (gaps < slack) & (colours == colours[atom])
        fits[image[: level + 1]] = False
        stack.append(iter(np.flatnonzero(fits)))


def _connected_order(neighbours: Sequence[Sequence[int]]) -> list[int]:
    """Return the atoms in an order in which each but the first touches an earlier one, as far as they are connected."""
    order: list[int] = []
    for start in range(len(neighbours)):
        queue = [start]
        while queue:
            atom = queue.pop(0)
            if atom not in order:
                order.append(atom)
                queue.extend(neighbours[atom])
    return order


def _distances(points: Coordinates) -> Coordinates:
    """Return the distance matrix (k, k) in Å."""
    return np.asarray(np.linalg.norm(points[:, None] - points[None], axis=2))


def _superpose(first: Coordinates, others: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return RMSDs (m,) of centred points (k, 3) with each of (m, k, 3), by rotation and by rotation with reflection.

    Kabsch's method for all at once; only singular values and the determinant's sign are needed.
    """
    covariance = np.einsum("ki,mkj->mij", first, others)
    singular = np.linalg.svd(covariance, compute_uv=False)
    sign = np.where(np.linalg.det(covariance) < 0, -1.0, 1.0)
    total = float((first**2).sum()) + (others**2).sum(axis=(1, 2))
    in_plane = singular[:, 0] + singular[:, 1]

    def rmsd(third: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.sqrt(np.maximum(total - 2 * (in_plane + third), 0.0) / len(first)))

    return rmsd(sign * singular[:, 2]), rmsd(-sign * singular[:, 2])


def _energy(conformer: Conformer) -> float:
    """Return the energy in hartree for sorting; unknown ones last, in their order."""
    return np.inf if conformer.energy_hartree is None else conformer.energy_hartree


def _close(first: Place, second: Place, limit_kcal_per_mol: float) -> bool:
    """Return whether two energies are within the limit, or one of them unknown."""
    if first.energy_hartree is None or second.energy_hartree is None:
        return True
    return abs(first.energy_hartree - second.energy_hartree) * HARTREE_KCAL_PER_MOL <= limit_kcal_per_mol


def _torsions(graph: BareGraph, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the torsions (m, t) in degrees along the bonds of structures (m, k, 3); nan about linear chains."""
    near = graph.neighbours
    quads = [
        (i, j, k, m)
        for j in range(len(near))
        for k in near[j]
        if j < k
        for i in near[j]
        for m in near[k]
        if len({i, j, k, m}) == 4
    ]
    i, j, k, m = (points[:, [quad[place] for quad in quads]] for place in range(4))
    first, axis, last = j - i, k - j, m - k
    one, other = np.cross(first, axis), np.cross(axis, last)
    length = np.linalg.norm(axis, axis=-1)
    angles = np.degrees(
        np.arctan2(length * np.einsum("mtx,mtx->mt", first, other), np.einsum("mtx,mtx->mt", one, other))
    )
    linear = np.zeros(angles.shape, dtype=bool)
    for arm in (first, last):
        cosines = -np.einsum("mtx,mtx->mt", arm, axis) / (np.linalg.norm(arm, axis=-1) * length)
        linear |= cosines < _LINEAR_COSINE
    return np.asarray(np.where(linear, np.nan, angles))


def _turned_little(first: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return of each of many sets of torsions (m, t) whether all are near the first (1, t); nan counts as near."""
    turned = np.abs((others - first + 180.0) % 360.0 - 180.0)
    return np.asarray(~(turned > _VALLEY_DEGREES).any(axis=1))
