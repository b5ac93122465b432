"""3J(HH) over sp3 carbons from dihedral angles: Haasnoot, de Leeuw and Altona, Tetrahedron 1980, 36, 2783.

3J = P1 cos^2 phi + P2 cos phi + sum_i D_i [P4 + P5 cos^2(xi_i phi + P6 |D_i|)],   D_i = dX_i - P7 sum_b dX_b

over the substituents i other than H on both carbons, with the atoms b bonded to them. dX is an atom's electronegativity
on Huggins' scale minus that of H; xi is +1 for a substituent that lies 120 degrees anticlockwise of the hydrogen of its
carbon, seen along the bond, -1 for one clockwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any

from qmnmr.couplings.angles import bond_angle, dihedral_angle
from qmnmr.couplings.fitted import FITTED, FittedConstants
from qmnmr.datatypes.rdkit_molecule import Coordinates

_HYDROGEN = 2.20
_ELECTRONEGATIVITY = {
    "H": _HYDROGEN,
    "C": 2.60,
    "N": 3.05,
    "O": 3.50,
    "F": 3.90,
    "Si": 1.90,
    "P": 2.15,
    "S": 2.60,
    "Cl": 3.15,
    "Br": 2.95,
    "I": 2.65,
}
"""Huggins, J. Am. Chem. Soc. 1953, 75, 4123."""


@dataclass(frozen=True, slots=True)
class _Set:
    """Parameters in Hz; p6 in degrees."""

    p1: float
    p2: float
    p4: float
    p5: float
    p6: float
    p7: float


_GENERAL = _Set(13.70, -0.73, 0.56, -2.47, 16.9, 0.14)
_BY_SUBSTITUENTS = {
    2: _Set(13.89, -0.98, 1.02, -3.40, 14.9, 0.24),
    3: _Set(13.22, -0.99, 0.87, -2.46, 19.9, 0.0),
    4: _Set(13.24, -0.91, 0.53, -2.41, 15.5, 0.19),
}
"""The paper's sets B (general) and C, D, E, by the number of substituents other than H on both carbons."""

_UNSTRAINED_DEGREES = 219.0
"""Both HCC angles in all."""


def electronegativity(symbol: str) -> float:
    """Return an element's electronegativity minus that of hydrogen; an element that is not known counts as carbon."""
    return _ELECTRONEGATIVITY.get(symbol, _ELECTRONEGATIVITY["C"]) - _HYDROGEN


def vicinal_sp3(
    mol: Any,  # noqa: ANN401
    positions: Coordinates,
    path: Sequence[int],
    fitted: FittedConstants = FITTED,
) -> float:
    """Return 3J in Hz of the first and the last atom of a path H-C-C-H between sp3 carbons.

    `mol` is the RDKit molecule with all hydrogens, `positions` (n, 3) in Å.
    """
    first, near, far, second = path
    phi = dihedral_angle(positions, path)
    substituents = [
        (atom, _sense(phi, dihedral_angle(positions, (atom, here, there, hydrogen))))
        for here, there, hydrogen, own in ((near, far, second, first), (far, near, first, second))
        for atom in (n.GetIdx() for n in mol.GetAtomWithIdx(here).GetNeighbors())
        if atom not in (there, own) and mol.GetAtomWithIdx(atom).GetSymbol() != "H"
    ]
    p = _BY_SUBSTITUENTS.get(len(substituents), _GENERAL)
    total = p.p1 * cos(radians(phi)) ** 2 + p.p2 * cos(radians(phi))
    for atom, sense in substituents:
        strength = _strength(mol, atom, p.p7, bonded_to={near, far})
        total += strength * (p.p4 + p.p5 * cos(radians(sense * phi + p.p6 * abs(strength))) ** 2)
    opened = bond_angle(positions, (first, near, far)) + bond_angle(positions, (second, far, near))
    if len(substituents) < 2:
        total *= fitted.ethyl
    return total * (1.0 - fitted.strain_per_degree * max(0.0, opened - _UNSTRAINED_DEGREES))


def _sense(phi: float, substituent: float) -> int:
    """Return xi of a substituent from its dihedral angle to the hydrogen across the bond."""
    return 1 if (substituent - phi) % 360.0 > 180.0 else -1


def _strength(mol: Any, atom: int, p7: float, *, bonded_to: set[int]) -> float:  # noqa: ANN401
    substituent = mol.GetAtomWithIdx(atom)
    beyond = (n.GetSymbol() for n in substituent.GetNeighbors() if n.GetIdx() not in bonded_to)
    return electronegativity(substituent.GetSymbol()) - p7 * sum(electronegativity(symbol) for symbol in beyond)
