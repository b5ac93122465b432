"""What RDKit draws of a molecule: lines, wedges and letters, read back from its SVG, and where the atoms lie."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LABEL_SIZE = 17.0
ATOM_RADIUS = 13.0
"""Pixels, as all here: a bond of 1.5 Å is 48 long."""

_PIXELS_PER_ANGSTROM = 32.0

Points = NDArray[np.float64]  # (n, 2), pixels

_PATH = re.compile(r"<path class='(?P<classes>[^']*)' d='(?P<d>[^']*)' style='(?P<style>[^']*)'")
_TEXT = re.compile(
    r"<text x='(?P<x>[-\d.]+)' y='(?P<y>[-\d.]+)' class='(?P<classes>[^']*)' "
    r"style='font-size:(?P<size>\d+)px[^']*' ?>(?P<text>[^<]*)</text>"
)
_WIDTH = re.compile(r"stroke-width:([\d.]+)px")
_ATOM = re.compile(r"\batom-(\d+)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """What RDKit drew: atoms in its own order, each with its number in the molecule."""

    numbers: tuple[int, ...]  # 1-based, of the drawn atoms
    places: Points  # of the drawn atoms
    bonds: tuple[tuple[int, int], ...]
    paths: tuple[tuple[str, bool, str], ...]  # d, whether it is filled, width of the line
    letters: tuple[tuple[float, float, str, str], ...]  # x, y, size, text


def drawn_skeleton(mol: Any) -> Skeleton:  # noqa: ANN401
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
    options.fixedFontSize = int(LABEL_SIZE)
    options.bondLineWidth = 2
    options.useBWAtomPalette()
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, drawn)
    drawer.FinishDrawing()
    text = drawer.GetDrawingText()
    places = [drawer.GetDrawCoords(k) for k in range(drawn.GetNumAtoms())]
    return Skeleton(
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


def extent(skeleton: Skeleton) -> Points:
    """Return points that a frame of the skeleton has to hold."""
    letters = [np.array([[x, y - float(size)], [x + float(size), y]]) for x, y, size, _ in skeleton.letters]
    return np.concatenate([skeleton.places - ATOM_RADIUS, skeleton.places + ATOM_RADIUS, *letters])


def neighbours(skeleton: Skeleton) -> list[list[int]]:
    """Return for each drawn atom those that it is bonded to, by their places."""
    found: list[list[int]] = [[] for _ in skeleton.numbers]
    for a, b in skeleton.bonds:
        found[a].append(b)
        found[b].append(a)
    return found
