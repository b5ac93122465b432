"""Permutations of a molecule's atoms that keep, or mirror, its configuration.

Two nuclei are equivalent by the substitution test (label one, then the other, and compare the two compounds) exactly
if such a permutation carries one into the other: identical compounds for a permutation that keeps all handedness,
enantiomers for one that inverts all. Searching the permutation needs no labels and no canonical SMILES.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations, product

from qmnmr.conformers.configuration import Configuration, StereoFrame, permutation_sign
from qmnmr.exchange.sites import Element

MAX_NODES = 200_000
"""Steps of one search. Real molecules need a few per atom; the bound only guards against the unforeseen."""

Permutation = tuple[int, ...]  # atom i goes to permutation[i]


def find_permutation(
    frame: StereoFrame,
    start: Configuration,
    target: Configuration,
    *,
    mirror: bool = False,
    fixed: tuple[tuple[int, int], ...] = (),
    elements: tuple[Element, ...] | None = None,
) -> Permutation | None:
    """Return a permutation that carries one configuration into the other, None if there is none.

    `mirror` asks for the mirror image of the target instead; each (a, b) of `fixed` demands that a goes to b;
    `elements` are those that must agree (all that are held if None). Atoms without bonds stay where they are.
    """
    chosen = frame.held if elements is None else elements
    hand = -1 if mirror else 1
    return _Search(frame=frame, start=start, target=target, hand=hand, fixed=fixed, elements=chosen).run()


@dataclass(slots=True)
class _Search:
    """Backtracking over atoms with two or more neighbours; leaves (H, F, =O) follow from their parents.

    After a dead end it jumps back to the last atom that had a part in it (conflict-directed backjumping), so that
    free choices elsewhere (phenyl flips, methyl groups of tert-butyl) are not tried in all combinations.
    """

    frame: StereoFrame
    start: Configuration
    target: Configuration
    hand: int
    fixed: tuple[tuple[int, int], ...]
    elements: tuple[Element, ...]
    parent: dict[int, int] = field(default_factory=dict)  # of leaves
    order: list[int] = field(default_factory=list)
    level: dict[int, int] = field(default_factory=dict)
    due: dict[int, list[Element]] = field(default_factory=dict)  # what can be checked once a level is assigned
    image: dict[int, int] = field(default_factory=dict)
    taken: dict[int, int] = field(default_factory=dict)
    nodes: int = 0

    def run(self) -> Permutation | None:
        """Return the first permutation found."""
        near, colours = self.frame.graph.neighbours, self.frame.graph.colours
        if any(colours[atom] != colours[image] for atom, image in self.fixed):
            return None
        if len(near) > 2:
            self.parent = {atom: around[0] for atom, around in enumerate(near) if len(around) == 1}
        self._plan()
        if self._extend(0) is not None:
            return None
        return self._complete()

    def _inner(self, atom: int) -> int:
        """Return the atom itself, or the parent of a leaf."""
        return self.parent.get(atom, atom)

    def _plan(self) -> None:
        """Fix the order of atoms, depth first from the fixed one, and note when each stereo element is complete."""
        near, colours = self.frame.graph.neighbours, self.frame.graph.colours
        inner = [atom for atom in range(len(near)) if atom not in self.parent and (near[atom] or len(near) == 1)]
        root = (
            self._inner(self.fixed[0][0])
            if self.fixed
            else min(inner, key=lambda atom: (colours.count(colours[atom]), atom))
        )
        stack = [root]
        while stack:
            atom = stack.pop()
            if atom in self.level:
                continue
            self.level[atom] = len(self.order)
            self.order.append(atom)
            stack.extend(other for other in near[atom] if other not in self.level and other not in self.parent)
        for element in self.elements:
            self.due.setdefault(max(self.level[atom] for atom in self._involved(element)), []).append(element)

    def _involved(self, element: Element) -> set[int]:
        """Return the inner atoms whose images decide about a stereo element."""
        atoms = set(element)
        if len(element) == 2:
            atoms |= {atom for end in element for atom in self.frame.graph.neighbours[end]}
        return {self._inner(atom) for atom in atoms}

    def _candidates(self, level: int) -> tuple[list[int], set[int]]:
        """Return the possible images of the atom at this level, and the levels that decided about them."""
        near, colours = self.frame.graph.neighbours, self.frame.graph.colours
        atom = self.order[level]
        demanded = {self._inner(image) for other, image in self.fixed if self._inner(other) == atom}
        if level == 0:
            possible = {other for other in range(len(near)) if other not in self.parent}
            placed = []
        else:
            placed = [other for other in near[atom] if other in self.image]
            possible = set.intersection(*(set(near[self.image[other]]) for other in placed))
        fits = sorted(w for w in possible if colours[w] == colours[atom] and (not demanded or {w} == demanded))
        return fits, {self.level[other] for other in placed}

    def _extend(self, level: int) -> set[int] | None:
        """Assign the atoms from this level on; None for success, else the earlier levels that stand in the way."""
        if level == len(self.order):
            return None
        self.nodes += 1
        if self.nodes > MAX_NODES:
            return set()
        atom = self.order[level]
        candidates, conflicts = self._candidates(level)
        for candidate in candidates:
            if candidate in self.taken:
                conflicts.add(self.taken[candidate])
                continue
            self.image[atom], self.taken[candidate] = candidate, level
            culprits = self._fault(level)
            if culprits is None:
                culprits = self._extend(level + 1)
                if culprits is None:
                    return None
            del self.image[atom], self.taken[candidate]
            if level not in culprits:
                return culprits
            conflicts |= culprits
        return conflicts - {level}

    def _fault(self, level: int) -> set[int] | None:
        """Return the levels that take part in a stereo element which can't agree; None if all that are due can."""
        for element in self.due.get(level, ()):
            if next(self._leaf_choices(element), None) is None:
                return {self.level[atom] for atom in self._involved(element)}
        return None

    def _leaf_choices(self, element: Element) -> Iterator[dict[int, int]]:
        """Yield the ways to place the leaves around an element such that it agrees."""
        parents = sorted({self.parent[atom] for atom in self._members(element) if atom in self.parent})
        for parts in product(*(self._leaf_maps(parent) for parent in parents)):
            leaves = {atom: where for part in parts for atom, where in part.items()}
            if self._agrees(element, {**self.image, **leaves}):
                yield leaves

    def _members(self, element: Element) -> set[int]:
        """Return the atoms that an element is about."""
        if len(element) == 4:
            return set(element)
        return {atom for end in element for atom in self.frame.graph.neighbours[end]} | set(element)

    def _leaf_maps(self, parent: int) -> list[dict[int, int]]:
        """Return the ways to place the leaves of one atom."""
        near, colours = self.frame.graph.neighbours, self.frame.graph.colours
        leaves = [atom for atom in near[parent] if atom in self.parent]
        places = [atom for atom in near[self.image[parent]] if atom in self.parent]
        maps = []
        for arrangement in permutations(places, len(leaves)):
            mapping = dict(zip(leaves, arrangement, strict=True))
            alike = all(colours[atom] == colours[where] for atom, where in mapping.items())
            if alike and all(mapping.get(atom, image) == image for atom, image in self.fixed):
                maps.append(mapping)
        return maps

    def _agrees(self, element: Element, image: dict[int, int]) -> bool:
        """Return whether a stereo element looks the same (or mirrored) at its image."""
        if len(element) == 4:
            moved = [image[atom] for atom in element]
            first, second, third, fourth = sorted(moved)
            there = self.target.hands.get((first, second, third, fourth))
            return there is not None and there * permutation_sign(moved) == self.hand * self.start.hands[element]
        x, y = element
        there_cis = self.target.cis.get((image[x], image[y]))
        here = self.start.cis[x, y]
        return there_cis is not None and {(image[a], image[b]) for a, b in here} == there_cis

    def _complete(self) -> Permutation | None:
        """Return the permutation of all atoms, leaves included."""
        image = dict(self.image)
        for element in self.elements:
            choices = [
                leaves for leaves in self._leaf_choices(element) if all(image.get(a, w) == w for a, w in leaves.items())
            ]
            if not choices:
                return None
            image.update(choices[0])
        for parent in set(self.parent.values()):
            if not any(leaf in image for leaf, above in self.parent.items() if above == parent):
                image.update(self._leaf_maps(parent)[0])
        return tuple(image.get(atom, atom) for atom in range(len(self.frame.graph.neighbours)))
