"""The 2D drawing of a molecule as SVG, with the atom numbers that shifts are listed with.

RDKit lays out and draws the skeleton; the numbers are placed here, where its own notes would lie over bonds and each
other. Hydrogens stand at their atom, on a line below its number: "4-6" are one signal, "14/15" are two. All looks are
presentation attributes, so that the SVG needs no style sheet and no policy of a page forbids it.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.datatypes.shift import Prediction

_ENLARGED = 1.25  # on the page
_PIXELS_PER_ANGSTROM = 32.0  # a bond of 1.5 Å is 48 long
_LABEL_SIZE = 17.0
_NUMBER_SIZE = 12.5
_HYDROGENS_SIZE = 10.5
_LETTERS_SMALLER = 0.92  # RDKit sets letters a little closer than fonts are wide
_CHARACTER_WIDTH = 0.58  # of the size of the letters, of digits in a sans-serif font
_DIRECTIONS = 32
_DISTANCES = (7.0, 11.0, 17.0)  # from the atom to the nearest edge of its numbers
_ATOM_RADIUS = 13.0
_MARGIN = 6.0

_INK = "#1a1a1a"
NUMBER_INK = "#0b4f8a"
HYDROGENS_INK = "#8a3d00"
"""Colours of the numbers; they differ in lightness and place too, for whoever does not see colours."""

_Points = NDArray[np.float64]  # (n, 2), pixels

_PATH = re.compile(r"<path class='(?P<classes>[^']*)' d='(?P<d>[^']*)' style='(?P<style>[^']*)'")
_TEXT = re.compile(
    r"<text x='(?P<x>[-\d.]+)' y='(?P<y>[-\d.]+)' class='(?P<classes>[^']*)' "
    r"style='font-size:(?P<size>\d+)px[^']*' ?>(?P<text>[^<]*)</text>"
)
_WIDTH = re.compile(r"stroke-width:([\d.]+)px")
_POINT = re.compile(r"([-\d.]+),([-\d.]+)")
_ATOM = re.compile(r"\batom-(\d+)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Skeleton:
    """What RDKit drew: atoms in its own order, each with its number in the molecule."""

    numbers: tuple[int, ...]  # 1-based, of the drawn atoms
    places: _Points  # of the drawn atoms
    bonds: tuple[tuple[int, int], ...]
    paths: tuple[tuple[str, bool, str], ...]  # d, whether it is filled, width of the line
    letters: tuple[tuple[float, float, str, str], ...]  # x, y, size, text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    """The numbers at one drawn atom."""

    number: int
    hydrogens: tuple[tuple[int, ...], ...]  # 1-based; one entry for each signal

    @property
    def hydrogens_text(self) -> str:
        return "/".join(number_range(numbers) for numbers in self.hydrogens)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in pixels."""
        first = len(str(self.number)) * _NUMBER_SIZE
        second = len(self.hydrogens_text) * _HYDROGENS_SIZE
        height = _NUMBER_SIZE + (_HYDROGENS_SIZE if second else 0.0)
        return max(first, second) * _CHARACTER_WIDTH + 1.0, height * 0.86


def prediction_drawing(prediction: Prediction) -> str:
    """Return the SVG of a prediction's molecule with the numbers that its shifts are listed with.

    Elements that stand for atoms carry `data-a`, the atom's number (of hydrogens, all of one signal). Deterministic.
    """
    sets = [shift.atom_indices for shift in prediction.shifts if shift.element == "H"]
    return molecule_drawing(prediction.molecule, hydrogen_sets=sets)


def molecule_drawing(molecule: Molecule, *, hydrogen_sets: Sequence[tuple[int, ...]] = ()) -> str:
    """Return the SVG of a molecule with its atom numbers; hydrogens of one set (0-based) are one signal."""
    mol = rdkit_mol(molecule)
    skeleton = _skeleton(mol)
    notes = _notes(mol, skeleton, hydrogen_sets)
    boxes = _places(skeleton, notes)
    corners = [_extent(skeleton)]
    corners += [np.array([[x, y], [x + n.size[0], y + n.size[1]]]) for (x, y), n in zip(boxes, notes, strict=True)]
    body = [
        '<g class="hits" fill="#ffffff" fill-opacity="0">',
        *(
            f'<circle class="atom" data-a="{number}" cx="{x:.1f}" cy="{y:.1f}" r="{_ATOM_RADIUS:g}"/>'
            for number, (x, y) in zip(skeleton.numbers, skeleton.places.tolist(), strict=True)
        ),
        "</g>",
        *_drawn(skeleton),
        '<g class="numbers" font-family="sans-serif">',
        *(_note_svg(note, *box) for note, box in zip(notes, boxes, strict=True)),
        "</g>",
    ]
    return _svg(body, np.concatenate(corners), title=f"Structure of {molecule.name} with atom numbers")


def thumbnail(molecule: Molecule) -> str:
    """Return a small SVG of a molecule without numbers, 1 to 2 kB of text."""
    skeleton = _skeleton(rdkit_mol(molecule))
    return _svg(list(_drawn(skeleton)), _extent(skeleton), title="")


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


def _skeleton(mol: Any) -> _Skeleton:  # noqa: ANN401
    """Return what RDKit draws of a molecule whose hydrogens are atoms; those that say nothing are left out."""
    from rdkit import Chem
    from rdkit.Chem import rdDepictor
    from rdkit.Chem.Draw import rdMolDraw2D

    for atom in mol.GetAtoms():
        atom.SetIntProp("number", atom.GetIdx() + 1)
    drawn = Chem.RemoveHs(mol)
    rdDepictor.Compute2DCoords(drawn, canonOrient=True, useRingTemplates=True)
    rdDepictor.StraightenDepiction(drawn)
    drawer = rdMolDraw2D.MolDraw2DSVG(-1, -1, -1, -1, True)  # noqa: FBT003  # sizes as needed; letters stay letters
    options = drawer.drawOptions()
    options.clearBackground = False
    options.scalingFactor = _PIXELS_PER_ANGSTROM
    options.fixedFontSize = int(_LABEL_SIZE)
    options.bondLineWidth = 2
    options.useBWAtomPalette()
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, drawn)
    drawer.FinishDrawing()
    text = drawer.GetDrawingText()
    places = [drawer.GetDrawCoords(k) for k in range(drawn.GetNumAtoms())]
    return _Skeleton(
        numbers=tuple(atom.GetIntProp("number") for atom in drawn.GetAtoms()),
        places=np.array([(p.x, p.y) for p in places], dtype=float).reshape(-1, 2),
        bonds=tuple((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in drawn.GetBonds()),
        paths=tuple(
            (m["d"], not m["style"].startswith("fill:none"), w[1] if (w := _WIDTH.search(m["style"])) else "2.0")
            for m in _PATH.finditer(text)
            if _ATOM.search(m["classes"])
        ),
        letters=tuple((float(m["x"]), float(m["y"]), m["size"], m["text"]) for m in _TEXT.finditer(text)),
    )


def _notes(mol: Any, skeleton: _Skeleton, hydrogen_sets: Sequence[tuple[int, ...]]) -> list[_Note]:  # noqa: ANN401
    """Return the numbers of each drawn atom and of its hydrogens that are not drawn."""
    drawn = set(skeleton.numbers)
    set_of = {index: place for place, indices in enumerate(hydrogen_sets) for index in indices}
    notes = []
    for number in skeleton.numbers:
        neighbours = mol.GetAtomWithIdx(number - 1).GetNeighbors()
        hydrogens = sorted(n.GetIdx() for n in neighbours if n.GetSymbol() == "H" and n.GetIdx() + 1 not in drawn)
        by_set: dict[int, list[int]] = {}
        for index in hydrogens:
            by_set.setdefault(set_of.get(index, -1), []).append(index + 1)
        notes.append(_Note(number=number, hydrogens=tuple(map(tuple, by_set.values()))))
    return notes


def _places(skeleton: _Skeleton, notes: Sequence[_Note]) -> list[tuple[float, float]]:
    """Return the upper left corner of each note: near its atom, over as little as can be of what is drawn."""
    obstacles = [_along_lines(skeleton), *(_letter_points(letter) for letter in skeleton.letters)]
    found: dict[int, tuple[float, float]] = {}
    neighbours = _neighbours(skeleton)
    for atom in sorted(range(len(notes)), key=lambda k: (-len(neighbours[k]), k)):  # the crowded ones first
        width, height = notes[atom].size
        x, y = _best_place(
            skeleton.places[atom],
            [skeleton.places[n] for n in neighbours[atom]],
            width=width,
            height=height,
            obstacles=np.concatenate(obstacles),
        )
        found[atom] = (x, y)
        obstacles.append(_grid(x, y, width, height))
    return [found[atom] for atom in range(len(notes))]


def _best_place(
    atom: _Points, neighbours: Sequence[_Points], *, width: float, height: float, obstacles: _Points
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
    bonds = np.array([(n - atom) / max(float(np.linalg.norm(n - atom)), 1e-9) for n in neighbours]).reshape(-1, 2)
    towards = np.tile((ways @ bonds.T).max(axis=1) if len(bonds) else -ways[:, 1], len(_DISTANCES))
    far = np.repeat(np.arange(len(_DISTANCES)), _DIRECTIONS)
    score = 3.0 * inside + towards + 1.5 * far
    x, y = centres[int(np.argmin(np.round(score, 6)))] - half
    return float(x), float(y)


def _along_lines(skeleton: _Skeleton) -> _Points:
    """Return points on all atoms and along all lines, those of double bonds, wedges and stereo hydrogens too."""
    parts = [skeleton.places]
    for d, _, _ in skeleton.paths:
        corners = np.array([[float(x), float(y)] for x, y in _POINT.findall(d)]).reshape(-1, 2)
        parts += [a + (b - a) * np.linspace(0.0, 1.0, 9)[:, None] for a, b in itertools.pairwise(corners)]
    return np.concatenate(parts)


def _letter_points(letter: tuple[float, float, str, str]) -> _Points:
    x, y, size, _ = letter
    return _grid(x, y - 0.75 * float(size), 0.7 * float(size), 0.75 * float(size))


def _grid(x: float, y: float, width: float, height: float) -> _Points:
    columns, rows = np.linspace(x, x + width, max(3, int(width / 5))), np.linspace(y, y + height, 4)
    return np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)


def _extent(skeleton: _Skeleton) -> _Points:
    """Return points that a frame of the skeleton has to hold."""
    letters = [np.array([[x, y - float(size)], [x + float(size), y]]) for x, y, size, _ in skeleton.letters]
    return np.concatenate([skeleton.places - _ATOM_RADIUS, skeleton.places + _ATOM_RADIUS, *letters])


def _neighbours(skeleton: _Skeleton) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in skeleton.numbers]
    for a, b in skeleton.bonds:
        found[a].append(b)
        found[b].append(a)
    return found


def _drawn(skeleton: _Skeleton) -> Iterator[str]:
    """Yield the skeleton: lines, filled wedges, letters; what they have in common is said once."""
    lines: dict[str, list[str]] = {}
    for d, is_filled, width in skeleton.paths:
        if not is_filled:
            lines.setdefault(width, []).append(_short(d))
    for width, parts in lines.items():
        yield (
            f'<path fill="none" stroke="{_INK}" stroke-width="{float(width):g}" stroke-linecap="round" '
            f'stroke-linejoin="round" d="{"".join(parts)}"/>'
        )
    if wedges := [_short(d) for d, is_filled, _ in skeleton.paths if is_filled]:
        yield f'<path fill="{_INK}" d="{"".join(wedges)}"/>'
    if skeleton.letters:
        yield f'<g font-family="sans-serif" font-size="{_LABEL_SIZE * _LETTERS_SMALLER:g}" fill="{_INK}">'
        for x, y, size, text in skeleton.letters:
            smaller = "" if float(size) == _LABEL_SIZE else f' font-size="{float(size) * _LETTERS_SMALLER:g}"'
            yield f'<text x="{x:.0f}" y="{y:.0f}"{smaller}>{text}</text>'
        yield "</g>"


def _short(d: str) -> str:
    """Return a path in fewer characters."""
    return d.replace(" L ", "L").replace("M ", "M").replace(" Z", "Z").replace(" ", "")


def _note_svg(note: _Note, x: float, y: float) -> str:
    width, _ = note.size
    middle = x + width / 2
    first = y + 0.78 * _NUMBER_SIZE
    number = (
        f'<text class="number" data-a="{note.number}" x="{middle:.1f}" y="{first:.1f}" text-anchor="middle" '
        f'font-size="{_NUMBER_SIZE:g}" font-weight="bold" fill="{NUMBER_INK}">{note.number}</text>'
    )
    if not note.hydrogens:
        return number
    spans = "/".join(
        f'<tspan data-a="{" ".join(map(str, numbers))}">{number_range(numbers)}</tspan>' for numbers in note.hydrogens
    )
    return (
        f'{number}<text class="hydrogens" x="{middle:.1f}" y="{first + 0.92 * _HYDROGENS_SIZE:.1f}" '
        f'text-anchor="middle" font-size="{_HYDROGENS_SIZE:g}" fill="{HYDROGENS_INK}">{spans}</text>'
    )


def _svg(body: Sequence[str], corners: _Points, *, title: str) -> str:
    (left, top), (right, bottom) = corners.min(axis=0) - _MARGIN, corners.max(axis=0) + _MARGIN
    width, height = right - left, bottom - top
    said = f"<title>{escape(title)}</title>" if title else ""
    role = ' role="img"' if title else ' aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="structure" width="{_ENLARGED * width:.0f}" '
        f'height="{_ENLARGED * height:.0f}" viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}"{role}>{said}'
        f"{''.join(body)}</svg>"
    )
