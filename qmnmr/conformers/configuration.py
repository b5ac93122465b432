"""What a molecule keeps while it moves: handedness of centres, sides of rigid bonds.

Both are read from 3D coordinates. Unlike CIP labels they are defined for every centre with four neighbours,
stereogenic or not, which is what symmetry needs: the two H of a CH2 are told apart by the handedness of its carbon.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qmnmr.conformers.double_bonds import rigid_bonds, twisted_chains
from qmnmr.conformers.graph import BareGraph, bare_graph
from qmnmr.datatypes.molecule import Molecule, StereoAxis
from qmnmr.datatypes.rdkit_molecule import Coordinates, rdkit_mol
from qmnmr.exchange.averaged_centres import is_averaged_acid
from qmnmr.exchange.find_sites import exchange_sites
from qmnmr.exchange.sites import Bond, Element, Quad, Site, quad
from qmnmr.exchange.table import Verdict
from qmnmr.exchange.turning_bonds import turning_double_bonds

_IN_LINE_ANGSTROM = 0.3
"""A neighbour nearer to the line through a bond than this lies on neither side of it (0.9 for H on sp2 carbon)."""

_FLAT_CUBIC_ANGSTROM = 0.15
"""Six times the volume below which four atoms are in one plane (N 0.03 Å above its neighbours; trimethylamine 2)."""

_AROMATIC_RING = 6  # RDKit calls dioxaphosphepines aromatic too, whose P is pyramidal

_OPPOSITE = -0.7
"""Two ligands with a smaller cosine of their angle lie across from each other (octahedron: -1 or 0)."""

_DRAWN = ("inversion", "bridgehead", "double_bond")
"""Kinds of processes whose stereo a SMILES carries."""


@dataclass(frozen=True, slots=True)
class StereoFrame:
    """A molecule's graph with the places where configuration can differ."""

    graph: BareGraph
    centres: tuple[Quad, ...]  # four atoms whose handedness is kept for ever; see `_centres`
    rigid: tuple[Bond, ...]  # double bonds
    sites: tuple[Site, ...]  # what exchanges, slow or fast

    @property
    def turning_bonds(self) -> tuple[tuple[Bond, Verdict], ...]:
        """Amides and their like with their verdict; N is the second atom."""
        sites = [site for site in self.sites if site.process.kind == "rotation"]
        return tuple((bond, site.process.verdict) for site in sites for bond in site.elements if len(bond) == 2)

    @property
    def slow(self) -> tuple[Bond, ...]:
        """Those of them whose two sides rotate slowly into each other, or perhaps so."""
        return tuple(bond for bond, verdict in self.turning_bonds if verdict is not Verdict.FAST)

    @property
    def drawn(self) -> tuple[Element, ...]:
        """What is kept and a drawing shows: stereocentres, N that keep their side, double bonds."""
        held = [site for site in self.sites if site.process.is_held and site.process.kind in _DRAWN]
        return (*self.centres, *self.rigid, *elements_of(held))

    @property
    def held(self) -> tuple[Element, ...]:
        """All that is kept on the time scale of NMR, or perhaps so."""
        return (*self.centres, *self.rigid, *elements_of(site for site in self.sites if site.process.is_held))

    @property
    def all_elements(self) -> tuple[Element, ...]:
        """All that a configuration tells, kept or not."""
        return (*self.centres, *self.rigid, *elements_of(self.sites))


def elements_of(sites: Iterable[Site]) -> tuple[Element, ...]:
    """Return the elements of sites, each once."""
    return tuple(dict.fromkeys(element for site in sites for element in site.elements))


@dataclass(frozen=True, slots=True)
class Configuration:
    """The handedness and the sides in one geometry of a frame."""

    hands: dict[Quad, int]  # +1 or -1 for the atoms in ascending order, 0 where they lie in one plane
    cis: dict[Bond, frozenset[Bond]]  # by bond (x, y), both ways round: pairs (a on x, b on y) on one side; by centre
    # (x, x): pairs of ligands across from each other

    def agrees_with(self, other: Configuration, elements: Iterable[Element]) -> bool:
        """Return whether two configurations of one frame and numbering are the same in these elements."""
        return all(self.hands[e] == other.hands[e] if len(e) == 4 else self.cis[e] == other.cis[e] for e in elements)


def stereo_frame(molecule: Molecule, *, moving_protons: bool = False) -> StereoFrame:
    """Return the graph of a molecule and the places where its configuration is held.

    With `moving_protons` the protons that the table lets move are bonded to nothing, and bonds whose order changes on
    their way hold no sides: atoms that tautomers exchange are alike.
    """
    mol = rdkit_mol(molecule)
    sites = exchange_sites(mol)
    protons = [site for site in sites if site.process.kind == "proton"] if moving_protons else []
    loose = {hydrogen for site in protons for hydrogen in site.hydrogens}
    graph = bare_graph(mol, without=loose)
    rigid = rigid_bonds(mol, graph, turning_double_bonds(sites))
    axes = [_around(graph, axis) for axis in molecule.axes]
    centres = sorted({*_centres(mol), *(quad(atoms) for atoms in axes if len(atoms) == 4)})
    paths = [set(site.path) for site in protons]

    def is_free(element: Element) -> bool:
        return bool(loose & set(element)) or (len(element) == 2 and any(set(element) <= path for path in paths))

    return StereoFrame(
        graph=graph,
        centres=tuple(centre for centre in centres if not is_free(centre)),
        rigid=tuple(bond for bond in rigid if not is_free(bond)),
        sites=tuple(
            replace(site, elements=tuple(element for element in site.elements if not is_free(element)))
            for site in sites
        ),
    )


def read_configuration(frame: StereoFrame, coordinates: Coordinates) -> Configuration:
    """Return the configuration that coordinates (n, 3) in Å show."""
    hands: dict[Quad, int] = {}
    cis: dict[Bond, frozenset[Bond]] = {}
    for element in frame.all_elements:
        if len(element) == 4:
            hands[element] = _hand(coordinates[list(element)])
        elif element[0] == element[1]:
            cis[element] = _opposite_pairs(frame.graph, element[0], coordinates)
        else:
            pairs = _cis_pairs(frame.graph, element, coordinates)
            cis[element] = pairs
            cis[element[1], element[0]] = frozenset((b, a) for a, b in pairs)
    return Configuration(hands=hands, cis=cis)


def permutation_sign(values: Sequence[int]) -> int:
    """Return +1 if sorting takes an even number of exchanges, else -1."""
    inversions = sum(values[i] > values[j] for i in range(len(values)) for j in range(i + 1, len(values)))
    return -1 if inversions % 2 else 1


def _centres(mol: Any) -> tuple[Quad, ...]:  # noqa: ANN401
    """Return the four atoms around every point that keeps its handedness for ever.

    An atom with four neighbours: these; but not ammonium N that a proton can leave (exchange.inversion), and not P of
    an acid. With three: these and the atom itself, for P, S, Se. An allene: its four end groups.
    """
    found = set(twisted_chains(mol))
    for atom in mol.GetAtoms():
        if _keeps_hand(atom) and not is_averaged_acid(atom):
            around = [near.GetIdx() for near in atom.GetNeighbors()]
            found.add(quad(around if len(around) == 4 else [*around, atom.GetIdx()]))
    return tuple(sorted(found))


def _around(graph: BareGraph, axis: StereoAxis) -> list[int]:
    """Return the end groups of an axis that can't turn."""
    _, x, y, _ = axis.atoms
    inner = {x, y, *(set(graph.neighbours[x]) & set(graph.neighbours[y]))}
    return [atom for end in (x, y) for atom in graph.neighbours[end] if atom not in inner]


def _keeps_hand(atom: Any) -> bool:  # noqa: ANN401
    """Return whether the handedness around this atom is fixed."""
    if atom.GetDegree() == 4:
        hydrogens = sum(near.GetSymbol() == "H" for near in atom.GetNeighbors())
        return bool(atom.GetSymbol() != "N" or hydrogens != 1)
    if atom.GetDegree() != 3 or atom.GetSymbol() not in ("P", "S", "Se"):
        return False
    rings = atom.GetOwningMol().GetRingInfo()
    is_aromatic = atom.GetIsAromatic() and min(rings.AtomRingSizes(atom.GetIdx())) <= _AROMATIC_RING
    return not bool(is_aromatic)


def _hand(points: Coordinates) -> int:
    """Return the sign of the volume that four points (4, 3) span, 0 if they lie in one plane."""
    volume = float(np.linalg.det(points[1:] - points[0]))
    return 0 if abs(volume) < _FLAT_CUBIC_ANGSTROM else 1 if volume > 0 else -1


def _cis_pairs(graph: BareGraph, bond: Bond, coordinates: Coordinates) -> frozenset[Bond]:
    """Return the pairs of substituents on one side of a bond.

    A twisted geometry counts as the flat one that it is nearest to: a force field may turn what is flat.
    """
    x, y = bond
    axis = coordinates[y] - coordinates[x]
    axis = axis / np.linalg.norm(axis)

    def arms(end: int, other: int) -> dict[int, Coordinates]:
        found = {atom: coordinates[atom] - coordinates[end] for atom in graph.neighbours[end] if atom != other}
        across = {atom: arm - axis * np.dot(arm, axis) for atom, arm in found.items()}
        return {atom: arm for atom, arm in across.items() if _is_beside(arm)}

    here, there = arms(x, y), arms(y, x)
    nearness = {(a, b): float(np.dot(here[a], there[b])) for a in here for b in there}
    if len(here) == 2 and len(there) == 2:
        (a, b), (c, d) = here, there
        straight = nearness[a, c] + nearness[b, d] >= nearness[a, d] + nearness[b, c]
        return frozenset({(a, c), (b, d)} if straight else {(a, d), (b, c)})
    if len(nearness) == 2:
        return frozenset({max(nearness, key=lambda pair: nearness[pair])})
    return frozenset(pair for pair, dot in nearness.items() if dot > 0)


def _is_beside(arm: Coordinates) -> bool:
    """Return whether an arm across a bond is off its line; the inner atoms of a cumulene are on it."""
    return bool(np.linalg.norm(arm) > _IN_LINE_ANGSTROM)


def _opposite_pairs(graph: BareGraph, centre: int, coordinates: Coordinates) -> frozenset[Bond]:
    """Return the pairs of ligands, both ways round, that lie across from each other."""
    near = graph.neighbours[centre]
    arms = coordinates[list(near)] - coordinates[centre]
    arms = arms / np.linalg.norm(arms, axis=1)[:, None]
    cosines = arms @ arms.T
    return frozenset((near[i], near[j]) for i, j in np.argwhere(cosines < _OPPOSITE).tolist())
