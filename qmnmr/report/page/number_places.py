"""Where the numbers of atoms and of their hydrogens stand in a drawing: near the atom, over as little as can be.

RDKit's own notes lie over bonds and over each other when they are as long as these.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qmnmr.report.page.skeleton import Points, Skeleton, neighbours

NUMBER_SIZE = 12.5
HYDROGENS_SIZE = 10.5
_CHARACTER_WIDTH = 0.58  # of the size of the letters, of digits in a sans-serif font
_DIRECTIONS = 32
_DISTANCES = (7.0, 11.0, 17.0)  # from the atom to the nearest edge of its numbers

_POINT = re.compile(r"([-\d.]+),([-\d.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """The numbers at one drawn atom."""

    number: int
    hydrogens: tuple[tuple[int, ...], ...]  # 1-based; one entry for each signal

    @property
    def hydrogens_text(self) -> str:
        """The second line: "4-6" is one signal, "14/15" are two."""
        return "/".join(number_range(numbers) for numbers in self.hydrogens)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels."""
        first = len(str(self.number)) * NUMBER_SIZE
        second = len(self.hydrogens_text) * HYDROGENS_SIZE
        height = NUMBER_SIZE + (HYDROGENS_SIZE if second else 0.0)
        return max(first, second) * _CHARACTER_WIDTH + 1.0, height * 0.86


def number_range(numbers: Sequence[int]) -> str:
    """Return numbers as people write them, runs of three and more as ranges: "4-6", "12,14"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = [f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs]
    return ",".join(words)


def atom_notes(mol: Any, skeleton: Skeleton, hydrogen_sets: Sequence[tuple[int, ...]]) -> list[Note]:  # noqa: ANN401
    """Return the numbers of each drawn atom and of its hydrogens that are not drawn."""
    drawn = set(skeleton.numbers)
    set_of = {index: place for place, indices in enumerate(hydrogen_sets) for index in indices}
    notes = []
    for number in skeleton.numbers:
        bonded = mol.GetAtomWithIdx(number - 1).GetNeighbors()
        hydrogens = sorted(n.GetIdx() for n in bonded if n.GetSymbol() == "H" and n.GetIdx() + 1 not in drawn)
        by_set: dict[int, list[int]] = {}
        for index in hydrogens:
            by_set.setdefault(set_of.get(index, -1), []).append(index + 1)
        notes.append(Note(number=number, hydrogens=tuple(map(tuple, by_set.values()))))
    return notes


def note_places(skeleton: Skeleton, notes: Sequence[Note]) -> list[tuple[float, float]]:
    """Return the upper left corner of each note: near its atom, over as little as can be of what is drawn."""
    obstacles = [_along_lines(skeleton), *(_letter_points(letter) for letter in skeleton.letters)]
    found: dict[int, tuple[float, float]] = {}
    near = neighbours(skeleton)
    for atom in sorted(range(len(notes)), key=lambda k: (-len(near[k]), k)):  # the crowded ones first
        width, height = notes[atom].size
        x, y = _best_place(
            skeleton.places[atom],
            [skeleton.places[n] for n in near[atom]],
            width=width,
            height=height,
            obstacles=np.concatenate(obstacles),
        )
        found[atom] = (x, y)
        obstacles.append(_grid(x, y, width, height))
    return [found[atom] for atom in range(len(notes))]


def _best_place(
    atom: Points, bonded: Sequence[Points], *, width: float, height: float, obstacles: Points
) -> tuple[float, float]:
    """Return the corner of a box beside an atom that covers the fewest obstacles and lies opposite to its bonds."""
    angles = np.arange(_DIRECTIONS) * (2 * math.pi / _DIRECTIONS)
    ways = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    half = np.array([width, height]) / 2
    # Where a ray from the box's centre leaves it: the nearest edge then has the same distance in all directions.
    reach = np.min(half / np.maximum(np.abs(ways), 1e-9), axis=1)
    obstacles = obstacles[np.abs(obstacles - atom).max(axis=1) < _DISTANCES[-1] + 2 * (width + height)]
    centres = np.concatenate([atom + ways * (reach + distance)[:, None] for distance in _DISTANCES])
    inside = np.all(np.abs(obstacles[None] - centres[:, None]) < half + 1.0, axis=2).sum(axis=1)
    bonds = np.array([(n - atom) / max(float(np.linalg.norm(n - atom)), 1e-9) for n in bonded]).reshape(-1, 2)
    towards = np.tile((ways @ bonds.T).max(axis=1) if len(bonds) else -ways[:, 1], len(_DISTANCES))
    far = np.repeat(np.arange(len(_DISTANCES)), _DIRECTIONS)
    score = 3.0 * inside + towards + 1.5 * far
    x, y = centres[int(np.argmin(np.round(score, 6)))] - half
    return float(x), float(y)


def _along_lines(skeleton: Skeleton) -> Points:
    """Return points on all atoms and along all lines, those of double bonds, wedges and stereo hydrogens too."""
    parts = [skeleton.places]
    for d, _, _ in skeleton.paths:
        corners = np.array([[float(x), float(y)] for x, y in _POINT.findall(d)]).reshape(-1, 2)
        parts += [a + (b - a) * np.linspace(0.0, 1.0, 9)[:, None] for a, b in itertools.pairwise(corners)]
    return np.concatenate(parts)


def _letter_points(letter: tuple[float, float, str, str]) -> Points:
    x, y, size, _ = letter
    return _grid(x, y - 0.75 * float(size), 0.7 * float(size), 0.75 * float(size))


def _grid(x: float, y: float, width: float, height: float) -> Points:
    columns, rows = np.linspace(x, x + width, max(3, int(width / 5))), np.linspace(y, y + height, 4)
    return np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
