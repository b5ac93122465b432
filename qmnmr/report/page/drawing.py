"""The 2D drawing of a molecule as SVG, with the atom numbers that shifts are listed with.

Hydrogens stand at their atom, on a line below its number: "4-6" are one signal, "14/15" are two. All looks are
presentation attributes, so that the SVG needs no style sheet and no policy of a page forbids it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from qmnmr.datatypes.molecule import Molecule
from qmnmr.datatypes.rdkit_molecule import rdkit_mol
from qmnmr.datatypes.shift import Prediction
from qmnmr.report.page.number_places import HYDROGENS_SIZE, NUMBER_SIZE, Note, atom_notes, note_places, number_range
from qmnmr.report.page.skeleton import ATOM_RADIUS, LABEL_SIZE, Points, Skeleton, drawn_skeleton, extent
from qmnmr.shared_libraries import import_problem

_ENLARGED = 1.25  # on the page
_LETTERS_SMALLER = 0.92  # RDKit sets letters a little closer than fonts are wide
_MARGIN = 6.0

_INK = "#1a1a1a"
_NUMBER_INK = "#0b4f8a"
_HYDROGENS_INK = "#8a3d00"  # the two differ in place and weight too, for whoever does not see colours


def prediction_drawing(prediction: Prediction) -> str:
    """Return the SVG of a prediction's molecule with the numbers that its shifts are listed with.

    Elements that stand for atoms carry `data-a`, the atom's number (of hydrogens, all of one signal). Deterministic.
    """
    sets = [shift.atom_indices for shift in prediction.shifts if shift.element == "H"]
    return molecule_drawing(prediction.molecule, hydrogen_sets=sets)


def molecule_drawing(molecule: Molecule, *, hydrogen_sets: Sequence[tuple[int, ...]] = ()) -> str:
    """Return the SVG of a molecule with its atom numbers; hydrogens of one set (0-based) are one signal.

    Where RDKit's drawing can't be loaded, a paragraph says so.
    """
    mol = rdkit_mol(molecule)
    try:
        skeleton = drawn_skeleton(mol)
    except ImportError as error:
        return f"<p>No drawing: {_absence(error)}.</p>"
    notes = atom_notes(mol, skeleton, hydrogen_sets)
    boxes = note_places(skeleton, notes)
    corners = [extent(skeleton)]
    corners += [np.array([[x, y], [x + n.size[0], y + n.size[1]]]) for (x, y), n in zip(boxes, notes, strict=True)]
    body = [
        '<g class="hits" fill="#ffffff" fill-opacity="0">',
        *(
            f'<circle class="atom" data-a="{number}" cx="{x:.1f}" cy="{y:.1f}" r="{ATOM_RADIUS:g}"/>'
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
    """Return a small SVG of a molecule without numbers, 1 to 2 kB of text; two words where RDKit's can't be loaded."""
    try:
        skeleton = drawn_skeleton(rdkit_mol(molecule))
    except ImportError as error:
        return f'<small title="{_absence(error)}">no drawing</small>'
    return _svg(list(_drawn(skeleton)), extent(skeleton), title="")


def _absence(error: ImportError) -> str:
    return escape(f"RDKit's drawing can't be loaded ({import_problem(error)})")


def _drawn(skeleton: Skeleton) -> Iterator[str]:
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
        yield f'<g font-family="sans-serif" font-size="{LABEL_SIZE * _LETTERS_SMALLER:g}" fill="{_INK}">'
        for x, y, size, text in skeleton.letters:
            smaller = "" if float(size) == LABEL_SIZE else f' font-size="{float(size) * _LETTERS_SMALLER:g}"'
            yield f'<text x="{x:.0f}" y="{y:.0f}"{smaller}>{text}</text>'
        yield "</g>"


def _short(d: str) -> str:
    """Return a path in fewer characters."""
    return d.replace(" L ", "L").replace("M ", "M").replace(" Z", "Z").replace(" ", "")


def _note_svg(note: Note, x: float, y: float) -> str:
    width, _ = note.size
    middle = x + width / 2
    first = y + 0.78 * NUMBER_SIZE
    number = (
        f'<text class="number" data-a="{note.number}" x="{middle:.1f}" y="{first:.1f}" text-anchor="middle" '
        f'font-size="{NUMBER_SIZE:g}" font-weight="bold" fill="{_NUMBER_INK}">{note.number}</text>'
    )
    if not note.hydrogens:
        return number
    spans = "/".join(
        f'<tspan data-a="{" ".join(map(str, numbers))}">{number_range(numbers)}</tspan>' for numbers in note.hydrogens
    )
    return (
        f'{number}<text class="hydrogens" x="{middle:.1f}" y="{first + 0.92 * HYDROGENS_SIZE:.1f}" '
        f'text-anchor="middle" font-size="{HYDROGENS_SIZE:g}" fill="{_HYDROGENS_INK}">{spans}</text>'
    )


def _svg(body: Sequence[str], corners: Points, *, title: str) -> str:
    (left, top), (right, bottom) = corners.min(axis=0) - _MARGIN, corners.max(axis=0) + _MARGIN
    width, height = right - left, bottom - top
    said = f"<title>{escape(title)}</title>" if title else ""
    role = ' role="img"' if title else ' aria-hidden="true"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="structure" width="{_ENLARGED * width:.0f}" '
        f'height="{_ENLARGED * height:.0f}" viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}"{role}>{said}'
        f"{''.join(body)}</svg>"
    )
