"""Which of several signals that constitution can't tell apart: pro-R, cis to O4, axial.

pro-R and pro-S name the group whose replacement by a heavier isotope makes its centre R or S (r or s in lower case
where the centre is pseudoasymmetric). They belong to the enantiomer that is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from qmnmr.conformers.configuration import Configuration, StereoFrame
from qmnmr.conformers.equivalence import Sets
from qmnmr.datatypes.molecule import Ensemble
from qmnmr.datatypes.rdkit_molecule import Coordinates, coordinates_of, label, with_coordinates
from qmnmr.exchange.table import matches
from qmnmr.units import HARTREE_KCAL_PER_MOL

_ISOTOPES = {"H": 2, "C": 13, "N": 15, "O": 18, "F": 20, "Si": 30, "P": 33, "S": 34, "Cl": 37, "Br": 81, "B": 12}
_AXIAL_DEGREES = 35.0  # between the bond and the ring's axis; 0 to 15 in a chair, equatorial about 70
_EQUATORIAL_DEGREES = 50.0
_CHAIR_ANGSTROM = 0.17  # ring atoms of a chair lie 0.2 to 0.25 Å above and below their mean plane, by turns
_LOW_KCAL_PER_MOL = 3.0  # conformers that must agree before a ring counts as frozen
_LARGEST_FACED_RING = 8
_DISTANCE_ANGSTROM = 0.02
_STEPS = 4  # from a nucleus to the centre that tells it from its twin


def set_labels(
    mol: Any,  # noqa: ANN401
    frame: StereoFrame,
    configuration: Configuration,
    sets: Sets,
    ensemble: Ensemble,
) -> dict[tuple[int, ...], str]:
    """Return a label for each set, empty where no other set is of the same constitution."""
    labeller = _Labeller(mol, frame, configuration, sets, ensemble)
    by_colour: dict[int, list[tuple[int, ...]]] = {}
    for members in sets:
        if frame.graph.neighbours[members[0]]:
            by_colour.setdefault(frame.graph.colours[members[0]], []).append(members)
    found = dict.fromkeys(sets, "")
    for alike in by_colour.values():
        if len(alike) > 1:
            found |= labeller.labels(alike)
    return found


@dataclass(frozen=True, slots=True)
class _Words:
    """What is said of one centre that tells a nucleus from its twins."""

    centre: str
    prochirality: str
    more: tuple[str, ...]


def _phrases(words: list[_Words]) -> list[str]:
    """Return words as people say them; where several centres are told of, each with its name."""
    several = sum(bool(entry.prochirality) for entry in words) > 1
    parts = []
    for entry in words:
        if entry.prochirality:
            parts.append(f"{entry.prochirality} at {entry.centre}" if several else entry.prochirality)
        parts += entry.more
    return list(dict.fromkeys(parts))


def _common(phrases: list[list[str]]) -> list[str]:
    """Return the phrases that hold for all nuclei of a set."""
    return [phrase for phrase in phrases[0] if all(phrase in other for other in phrases)]


class _Labeller:
    """Labels in one molecule."""

    def __init__(
        self,
        mol: Any,  # noqa: ANN401
        frame: StereoFrame,
        configuration: Configuration,
        sets: Sets,
        ensemble: Ensemble,
    ) -> None:
        self._mol, self._frame, self._configuration = mol, frame, configuration
        self._set_of = {atom: members for members in sets for atom in members}
        low = [c for c in ensemble.conformers if _above_lowest(c.energy_hartree, ensemble) <= _LOW_KCAL_PER_MOL]
        self._points = [coordinates_of(conformer.geometry) for conformer in low]
        self._codes: dict[tuple[int, int], str] = {}
        colours = frame.graph.colours
        self._references = [
            members
            for members in sets
            if mol.GetAtomWithIdx(members[0]).GetSymbol() != "H" and colours.count(colours[members[0]]) == len(members)
        ]

    def labels(self, alike: list[tuple[int, ...]]) -> dict[tuple[int, ...], str]:
        """Return the labels of sets of one constitution: as many words as it takes, then distances."""
        by_set = {members: {atom: list(self._of_atom(atom)) for atom in members} for members in alike}
        found: dict[tuple[int, ...], str] = {}
        for depth in range(1, 1 + max(len(words) for by_atom in by_set.values() for words in by_atom.values())):
            phrases = {m: [_phrases(words[:depth]) for words in by_atom.values()] for m, by_atom in by_set.items()}
            for found in (
                {m: ", ".join(_common(each)) for m, each in phrases.items()},
                {m: self._named(m, each) for m, each in phrases.items()},
            ):
                if "" not in found.values() and len(set(found.values())) == len(alike):
                    return found
        for words in set(found.values()):
            same = [members for members in alike if found[members] == words]
            if len(same) > 1:
                ranked = self._by_distance(same)
                found |= {m: ", ".join(part for part in (words, ranked[m]) if part) for m in same}
        return found or self._by_distance(alike)

    def _named(self, members: tuple[int, ...], phrases: list[list[str]]) -> str:
        """Return what the nuclei of a set are called, each by its own name where they differ."""
        names = [", ".join(each) for each in phrases]
        distinct = list(dict.fromkeys(names))
        if len(distinct) == 1:
            return distinct[0]
        told = [
            (name, [label(self._mol, a) for a, own in zip(members, names, strict=True) if own == name])
            for name in distinct
        ]
        return "; ".join(f"{' '.join(atoms)} {name}".rstrip() for name, atoms in told)

    def _of_atom(self, atom: int) -> Iterator[_Words]:
        """Yield what tells a nucleus from its twins, one entry for each centre on the way."""
        for centre, ligand, twin in self._splits(atom):
            sides = tuple(self._sides(centre, ligand))
            if sides:
                yield _Words(label(self._mol, centre), "", sides)
                continue
            code = self._code(centre, ligand)
            if code:
                bridged = tuple(self._bridge_side(centre, ligand, twin))
                more = bridged or (*self._face(centre, ligand, twin), *self._direction(centre, ligand))
                yield _Words(label(self._mol, centre), f"pro-{code}", more)

    def _splits(self, atom: int) -> Iterator[tuple[int, int, int]]:
        """Yield (centre, ligand, twin): atoms whose two equal ligands differ, of which one leads to the nucleus."""
        ways = [(atom, -1)]
        for _ in range(_STEPS):
            further = []
            for ligand, came_from in ways:
                for centre in self._frame.graph.neighbours[ligand]:
                    if centre == came_from:
                        continue
                    further.append((centre, ligand))
                    twins = [
                        other
                        for other in self._frame.graph.neighbours[centre]
                        if other != ligand and self._frame.graph.colours[other] == self._frame.graph.colours[ligand]
                    ]
                    if any(self._set_of[twin] != self._set_of[ligand] for twin in twins):
                        yield centre, ligand, twins[0]
            ways = further

    def _sides(self, centre: int, ligand: int) -> Iterator[str]:
        """Yield "cis to O4" for a ligand at a bond that holds its sides, "trans to C1" in an octahedron."""
        for element in self._frame.held:
            if len(element) != 2 or centre not in element:
                continue
            if element[0] == element[1]:
                yield from self._across(centre, ligand)
                continue
            other = element[1] if element[0] == centre else element[0]
            references = [near for near in self._frame.graph.neighbours[other] if near != centre]
            pairs = self._configuration.cis[centre, other]
            beside = {b for _, b in pairs} | {b for b in references if len(references) <= 2}
            references = [near for near in references if near in beside]
            if references:
                first = max(references, key=self._priority)
                yield f"{'cis' if (ligand, first) in pairs else 'trans'} to {label(self._mol, first)}"

    def _across(self, centre: int, ligand: int) -> Iterator[str]:
        """Yield "trans to C7" or "cis to C7" for a ligand: to the one ligand of another kind."""
        colours = self._frame.graph.colours
        odd = [near for near in self._frame.graph.neighbours[centre] if colours[near] != colours[ligand]]
        if len(odd) == 1:
            is_trans = (ligand, odd[0]) in self._configuration.cis[centre, centre]
            yield f"{'trans' if is_trans else 'cis'} to {label(self._mol, odd[0])}"

    def _priority(self, atom: int) -> tuple[int, list[int], int]:
        """Return a rank as the sequence rule begins: atomic number, then those of its neighbours."""
        near = sorted((n.GetAtomicNum() for n in self._mol.GetAtomWithIdx(atom).GetNeighbors()), reverse=True)
        return self._mol.GetAtomWithIdx(atom).GetAtomicNum(), near, -atom

    def _code(self, centre: int, ligand: int) -> str:
        """Return R or S of a centre one of whose ligands is a heavier isotope, nothing where it has none."""
        if (centre, ligand) not in self._codes:
            self._codes[centre, ligand] = _cip_code(self._mol, self._points[0], centre, ligand)
        return self._codes[centre, ligand]

    def _face(self, centre: int, ligand: int, twin: int) -> Iterator[str]:
        """Yield "cis to C1" for a ligand of a ring atom: the group on the same face of the nearest stereocentre."""
        rings = [ring for ring in self._mol.GetRingInfo().AtomRings() if centre in ring]
        rings = [ring for ring in rings if ligand not in ring and twin not in ring and len(ring) <= _LARGEST_FACED_RING]
        if not rings:
            return
        ring = min(rings, key=len)
        place = ring.index(centre)
        for step in range(1, len(ring) // 2 + 1):
            for other in {ring[(place + step) % len(ring)], ring[(place - step) % len(ring)]}:
                pair = self._unlike_groups(other, ring)
                if pair:
                    ways = {
                        self._is_above(points, ring, ligand, twin) == self._is_above(points, ring, *pair)
                        for points in self._points
                    }
                    if len(ways) == 1:
                        yield f"{'cis' if ways.pop() else 'trans'} to {label(self._mol, pair[0])}"
                    return

    def _unlike_groups(self, atom: int, ring: tuple[int, ...]) -> tuple[int, int] | None:
        """Return the groups on the two faces of a ring atom, the higher one first; N stands for its lone pair."""
        groups = [near for near in self._frame.graph.neighbours[atom] if near not in ring]
        if len(groups) == 1 and any(set(groups) | {atom} <= set(e) for e in self._frame.held if len(e) == 4):
            return groups[0], atom
        if len(groups) != 2 or self._frame.graph.colours[groups[0]] == self._frame.graph.colours[groups[1]]:
            return None
        first, second = sorted(groups, key=self._priority, reverse=True)
        return first, second

    @staticmethod
    def _is_above(points: Coordinates, ring: tuple[int, ...], first: int, second: int) -> bool:
        """Return on which face of a ring the first of two ligands of one atom lies."""
        return bool((points[first] - points[second]) @ _plane(points, ring)[1] > 0)

    def _bridge_side(self, centre: int, ligand: int, twin: int) -> Iterator[str]:
        """Yield "exo" or "endo" for a ligand on the long bridges of a norbornane: to the short bridge, or away."""
        for match in matches(self._mol, "[*:1]1~[*:2]~[*:3]2~[*:4]~[*:5]~[*:6]1~[*:7]2"):
            one, two, head, three, four, other_head, short = (atoms[0] for atoms in match.named)
            if centre in (one, two, three, four) and not {ligand, twin} & {*match.atoms, head, other_head}:
                near, far = (np.linalg.norm(self._points[0][atom] - self._points[0][short]) for atom in (ligand, twin))
                yield "exo" if near < far else "endo"
                return

    def _direction(self, centre: int, ligand: int) -> Iterator[str]:
        """Yield "axial" or "equatorial" for a ligand of a chair that all low conformers share."""
        for ring in self._mol.GetRingInfo().AtomRings():
            if centre in ring and ligand not in ring and len(ring) == 6:
                found = {_chair_direction(points, ring, centre, ligand) for points in self._points}
                if len(found) == 1 and "" not in found:
                    yield found.pop()
                    return

    def _by_distance(self, alike: list[tuple[int, ...]]) -> dict[tuple[int, ...], str]:
        """Return "syn to O5" and "anti to O5" for two sets, their order of distance for more; nothing if none tells."""
        best: tuple[bool, float, tuple[int, ...], list[float]] | None = None
        for reference in self._references:
            distances = [self._distance(members, reference) for members in alike]
            gap = float(np.diff(sorted(distances)).min())
            rank = (len(reference) == 1, gap)
            if gap > _DISTANCE_ANGSTROM and (best is None or rank > best[:2]):
                best = (*rank, reference, distances)
        if best is None:
            return dict.fromkeys(alike, "")
        _, _, reference, distances = best
        ranks = np.argsort(np.argsort(distances)).tolist()
        name = label(self._mol, reference[0]) + (" and its equals" if len(reference) > 1 else "")
        if len(alike) == 2:
            return {m: f"{('syn', 'anti')[rank]} to {name}" for m, rank in zip(alike, ranks, strict=True)}
        return {m: f"{rank + 1} of {len(alike)} by distance from {name}" for m, rank in zip(alike, ranks, strict=True)}

    def _distance(self, members: tuple[int, ...], reference: tuple[int, ...]) -> float:
        """Return the mean distance in Å of the nuclei of a set from the nearest atom of another, over conformers."""
        return float(
            np.mean(
                [
                    np.linalg.norm(points[list(members)][:, None] - points[list(reference)][None], axis=2).min(axis=1)
                    for points in self._points
                ]
            )
        )


def _above_lowest(energy_hartree: float | None, ensemble: Ensemble) -> float:
    lowest = ensemble.conformers[0].energy_hartree
    return 0.0 if energy_hartree is None or lowest is None else (energy_hartree - lowest) * HARTREE_KCAL_PER_MOL


def _cip_code(mol: Any, points: Coordinates, centre: int, ligand: int) -> str:  # noqa: ANN401
    """Return the CIP descriptor of a centre in 3D with a heavier isotope as one ligand, "" without one."""
    from rdkit import Chem
    from rdkit.Chem import rdCIPLabeler

    marked = with_coordinates(mol, points)
    atom = marked.GetAtomWithIdx(ligand)
    atom.SetIsotope(_ISOTOPES.get(atom.GetSymbol(), 300))
    Chem.AssignStereochemistryFrom3D(marked)
    try:
        rdCIPLabeler.AssignCIPLabels(marked)
    except RuntimeError:  # it gives up on some cages
        return ""
    found = marked.GetAtomWithIdx(centre)
    return str(found.GetProp("_CIPCode")) if found.HasProp("_CIPCode") else ""


def _plane(points: Coordinates, ring: tuple[int, ...]) -> tuple[Coordinates, Coordinates]:
    """Return centre and normal (3,) of the mean plane of a ring."""
    middle = points[list(ring)].mean(axis=0)
    return middle, np.linalg.svd(points[list(ring)] - middle)[2][2]


def _chair_direction(points: Coordinates, ring: tuple[int, ...], centre: int, ligand: int) -> str:
    """Return "axial" or "equatorial" in a chair, "" elsewhere or in between."""
    middle, normal = _plane(points, ring)
    heights = (points[list(ring)] - middle) @ normal
    by_turns = heights * np.resize([1.0, -1.0], 6)
    if not (by_turns > _CHAIR_ANGSTROM).all() and not (by_turns < -_CHAIR_ANGSTROM).all():
        return ""
    bond = points[ligand] - points[centre]
    angle = float(np.degrees(np.arccos(min(1.0, abs(bond @ normal) / np.linalg.norm(bond)))))
    if angle < _AXIAL_DEGREES:
        return "axial"
    return "equatorial" if angle > _EQUATORIAL_DEGREES else ""
