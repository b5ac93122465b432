"""Couplings between hydrogens from a geometry, by rules: `--couplings karplus`.

Each rule has its source beside it; what was fitted here is `FittedConstants`. "Bovey" is appendix C of Bovey, Nuclear
Magnetic Resonance Spectroscopy, Academic Press, 1969: a table of measured couplings. "Garbisch" is J. Am. Chem. Soc.
1964, 86, 5561. What a rule is worth was measured: see `qmnmr.couplings.factors`.
"""

from __future__ import annotations

from itertools import pairwise
from math import cos, radians, sin
from typing import Any

import numpy as np

from qmnmr.couplings.angles import bond_angle, dihedral_angle
from qmnmr.couplings.fitted import FITTED, FittedConstants
from qmnmr.couplings.karplus import electronegativity, vicinal_sp3
from qmnmr.couplings.pairs import CoupledPair, Path, coupled_pairs
from qmnmr.datatypes.coupling import ConformerCouplings, CouplingClass, PairCoupling
from qmnmr.datatypes.molecule import Conformer, Molecule, tautomer_of
from qmnmr.datatypes.rdkit_molecule import Coordinates, coordinates_of, rdkit_mol

_METHANE_HZ = -12.4
"""Bovey."""

_GEMINAL_HZ = {"O": 1.6, "F": 2.8, "Cl": 1.6, "Br": 2.2, "N": 0.8}
"""What an atom bonded to CH2 or CH3 adds, of CH3X in Bovey: CH3OH -10.8, CH3F -9.6, CH3Cl -10.8, CH3Br -10.2.

N is half of O; no methylamine is in the table.
"""

_GEMINAL_CARBONYL_HZ, _GEMINAL_PI_HZ, _GEMINAL_NITRILE_HZ = -5.0, -4.0, -4.5
"""Twice what acetone (-14.9) and toluene (-14.4) add as they turn, and what acetonitrile (-16.9) adds. Bovey.

The first two are multiplied by cos^2 of the angle between the line through the two H and the axis of the pi orbital.
"""

_GEMINAL_RING_HZ = {3: 8.0}
"""Cyclopropanes have -3.9 to -8.8 (Bovey)."""


def rule_couplings(molecule: Molecule, conformer: Conformer) -> ConformerCouplings:
    """Return the couplings of all hydrogens of a conformer that are at most five bonds apart."""
    form = tautomer_of(molecule, conformer)
    mol, positions = rdkit_mol(form), coordinates_of(conformer.geometry)
    return ConformerCouplings(
        conformer=conformer.label,
        couplings=tuple(
            PairCoupling(atom_indices=pair.atom_indices, coupling_hz=rule_coupling(mol, positions, pair))
            for pair in coupled_pairs(form)
        ),
    )


def rule_coupling(
    mol: Any,  # noqa: ANN401
    positions: Coordinates,
    pair: CoupledPair,
    fitted: FittedConstants = FITTED,
) -> float:
    """Return the coupling of a pair in Hz; `mol` has all hydrogens, `positions` is (n, 3) in Å.

    Over several paths of the same length it is the mean, of long-range couplings the sum.
    """
    rule = _RULES[pair.coupling_class]
    found = [rule(mol, positions, path, fitted) for path in pair.paths]
    return sum(found) if pair.coupling_class is CouplingClass.LONG_RANGE else sum(found) / len(found)


def _geminal(mol: Any, positions: Coordinates, path: Path, fitted: FittedConstants) -> float:  # noqa: ANN401
    first, centre, second = path
    atom = mol.GetAtomWithIdx(centre)
    if atom.GetDegree() != 4:
        return _geminal_sp2(mol, path)
    total = _METHANE_HZ
    for near in atom.GetNeighbors():
        index = near.GetIdx()
        if index in (first, second) or near.GetSymbol() == "H":
            continue
        total += _GEMINAL_HZ.get(near.GetSymbol(), 0.0)
        if near.GetSymbol() == "C" and near.GetDegree() == 2:
            total += _GEMINAL_NITRILE_HZ
        elif near.GetSymbol() == "C" and near.GetDegree() == 3:
            strength = _GEMINAL_CARBONYL_HZ if _is_carbonyl(near) else _GEMINAL_PI_HZ
            total += strength * _alignment(mol, positions, (first, second), centre, index)
        elif near.GetSymbol() == "C":
            total += fitted.geminal_carbon
    rings = mol.GetRingInfo()
    return total + next((hz for size, hz in _GEMINAL_RING_HZ.items() if rings.IsAtomInRingOfSize(centre, size)), 0.0)


def _alignment(mol: Any, positions: Coordinates, pair: tuple[int, int], centre: int, neighbour: int) -> float:  # noqa: ANN401
    """Return cos^2 of the angle between the line through two H and the pi orbital's axis of a flat neighbour."""
    others = [n.GetIdx() for n in mol.GetAtomWithIdx(neighbour).GetNeighbors() if n.GetIdx() != centre]
    axis = np.cross(positions[others[0]] - positions[neighbour], positions[others[1]] - positions[neighbour])
    line = positions[pair[1]] - positions[pair[0]]
    cosine = np.dot(axis, line) / (np.linalg.norm(axis) * np.linalg.norm(line))
    return float(cosine) ** 2


def _geminal_sp2(mol: Any, path: Path) -> float:  # noqa: ANN401
    """Return 2J of =CH2: formaldehyde 41, oximes 8; ethene 2.5, less with what is bonded beyond. Bovey."""
    centre = mol.GetAtomWithIdx(path[1])
    partner = next((b.GetOtherAtom(centre) for b in centre.GetBonds() if b.GetBondTypeAsDouble() == 2.0), None)
    if partner is None or partner.GetSymbol() not in ("C", "N", "O"):
        return 0.0
    if partner.GetSymbol() != "C":
        return {"N": 8.0, "O": 41.0}[partner.GetSymbol()]
    beyond = (n.GetSymbol() for n in partner.GetNeighbors() if n.GetIdx() != path[1])
    return 2.5 - 2.9 * sum(electronegativity(symbol) for symbol in beyond)


def _vicinal_other(mol: Any, positions: Coordinates, path: Path, _: FittedConstants) -> float:  # noqa: ANN401
    """Return 3J over a single bond with an end that is no sp3 carbon, and of acetylene."""
    first, near, far, second = path
    ends = [mol.GetAtomWithIdx(near), mol.GetAtomWithIdx(far)]
    if mol.GetBondBetweenAtoms(near, far).GetBondTypeAsDouble() == 3.0:
        return 9.6  # acetylene, Bovey
    phi = radians(dihedral_angle(positions, (first, near, far, second)))
    squared = cos(phi) ** 2
    if any(end.GetSymbol() != "C" for end in ends):
        # H-C-O-H, H-C-N-H: the form of Janocchio (Evans et al., Magn. Reson. Chem. 2007, 45, 595) for all that is no C.
        return (8.5 if cos(phi) >= 0 else 9.5) * squared - 0.28
    flat = [end for end in ends if end.GetDegree() == 3]
    if len(flat) == 2:
        # s-trans butadiene 10.4, s-cis rings 5; acrolein 7.8 (Bovey).
        strength = 7.8 if any(_is_carbonyl(end) for end in flat) else 10.4
        return (strength if cos(phi) < 0 else 0.5 * strength) * squared
    value = (6.6 if cos(phi) >= 0 else 11.6) * squared + 2.6 * sin(phi) ** 2  # Garbisch
    return _ALDEHYDE * value if any(_is_carbonyl(end) for end in flat) else value


_ALDEHYDE = 0.53
"""Acetaldehyde 2.85 (Bovey) beside 5.4 of Garbisch's rule for a methyl group that turns."""


def _alkene(mol: Any, positions: Coordinates, path: Path, fitted: FittedConstants) -> float:  # noqa: ANN401
    if cos(radians(dihedral_angle(positions, path))) > 0:
        return max(0.0, _cis(mol, positions, path, fitted) + fitted.alkene)
    return fitted.trans + fitted.trans_per_electronegativity * sum(_substituents(mol, path))


def _aromatic(mol: Any, positions: Coordinates, path: Path, fitted: FittedConstants) -> float:  # noqa: ANN401
    if len(path) == 4:
        return _cis(mol, positions, path, fitted)
    if len(path) == 6:
        return fitted.para
    middle = mol.GetAtomWithIdx(path[2])
    if middle.GetSymbol() == "N":
        return 0.0
    return fitted.meta if any(n.GetSymbol() == "H" for n in middle.GetNeighbors()) else fitted.meta_beside


def _cis(mol: Any, positions: Coordinates, path: Path, fitted: FittedConstants) -> float:  # noqa: ANN401
    """Return 3J on one side of C=C, or ortho on an aromatic ring, from angles, bond length and electronegativities.

    Own fit: see `FittedConstants`.
    """
    first, near, far, second = path
    opened = bond_angle(positions, (first, near, far)) + bond_angle(positions, (second, far, near)) - 240.0
    longer = float(np.linalg.norm(positions[near] - positions[far])) - 1.40
    beyond = sum(_substituents(mol, path)) - 0.80
    strain = fitted.cis_per_degree * opened + fitted.cis_per_angstrom * longer
    return max(0.0, fitted.cis + strain + fitted.cis_per_electronegativity * beyond)


def _substituents(mol: Any, path: Path) -> list[float]:  # noqa: ANN401
    """Return the electronegativities, beside hydrogen's, of what else is bonded to the two inner atoms."""
    first, near, far, second = path
    return [
        electronegativity(n.GetSymbol())
        for here, others in ((near, (first, far)), (far, (second, near)))
        for n in mol.GetAtomWithIdx(here).GetNeighbors()
        if n.GetIdx() not in others
    ]


def _long_range(mol: Any, positions: Coordinates, path: Path, _: FittedConstants) -> float:  # noqa: ANN401
    """Return 4J over a double bond, a triple bond or a zigzag; what is no such path, and 5J, is negligible."""
    if len(path) != 5:
        return 0.0
    for way in (path, path[::-1]):
        orders = [mol.GetBondBetweenAtoms(a, b).GetBondTypeAsDouble() for a, b in pairwise(way[1:4])]
        if orders[0] == 3.0:
            return _PROPARGYLIC_HZ
        if orders[0] in (1.5, 2.0) and mol.GetAtomWithIdx(way[3]).GetDegree() == 4:
            phi = radians(dihedral_angle(positions, way[1:]))
            allylic = (1.3 * cos(phi) ** 2 if cos(phi) > 0 else 0.0) - 2.6 * sin(phi) ** 2  # Garbisch
            return allylic if orders[0] == 2.0 else _BENZYLIC * allylic
    if any(mol.GetAtomWithIdx(atom).GetSymbol() != "C" for atom in path[1:4]):
        return 0.0
    ends = [cos(radians(dihedral_angle(positions, part))) for part in (path[:4], path[1:])]
    return _ZIGZAG_HZ * ends[0] ** 2 * ends[1] ** 2 if max(ends) < 0 else 0.0


_PROPARGYLIC_HZ = -2.9
"""Methylacetylene, Bovey."""

_BENZYLIC = 0.5
"""A bond of an aromatic ring is half a double bond."""

_ZIGZAG_HZ = 1.5
"""Of a W in one plane, common knowledge: 1 to 2 Hz in six-membered rings."""


def _is_carbonyl(atom: Any) -> bool:  # noqa: ANN401
    return any(
        bond.GetBondTypeAsDouble() == 2.0 and bond.GetOtherAtom(atom).GetSymbol() in ("O", "S")
        for bond in atom.GetBonds()
    )


_RULES = {
    CouplingClass.GEMINAL: _geminal,
    CouplingClass.VICINAL_SP3: vicinal_sp3,
    CouplingClass.VICINAL_OTHER: _vicinal_other,
    CouplingClass.ALKENE: _alkene,
    CouplingClass.AROMATIC: _aromatic,
    CouplingClass.LONG_RANGE: _long_range,
}
