"""Bond orders and formal charges of atoms whose bonds are known, as the cheapest assignment of valences.

RDKit's own perception tries valences in the order of the atoms and gives up on a nitro group or a dication when they
come in the wrong one. Here every atom takes one of its element's states (valence, charge), bonds share them out,
charges add up to the molecule's, and the sum of penalties is the least: an integer program, which knows no order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

_CHARGE = 10.0  # the penalty of a formal charge
_INNER_IN_CHAIN = 3.0  # of an inner N- beside N: azides are N=[N+]=[N-]
_INNER_ANION = -1.0  # of another inner N-: an imide's charge on N leaves no C=N with sides that it does not have

# Valence, formal charge, penalty beside that of the charge. Closed shells alone: no carbene, no radical.
_STATES: dict[str, tuple[tuple[int, int, float], ...]] = {
    "H": ((1, 0, 0.0),),
    "B": ((3, 0, 0.0), (4, -1, -4.0)),
    "C": ((4, 0, 0.0), (3, 1, 8.0), (3, -1, 6.0)),
    "N": ((3, 0, 0.0), (4, 1, 0.0), (2, -1, 0.0)),
    "O": ((2, 0, 0.0), (1, -1, 0.0), (3, 1, 4.0)),
    "F": ((1, 0, 0.0),),
    "Si": ((4, 0, 0.0), (3, 1, 8.0), (3, -1, 6.0), (5, -1, 2.0), (6, -2, 2.0)),
    "P": ((3, 0, 0.0), (5, 0, 3.0), (4, 1, 0.0), (2, -1, 4.0), (6, -1, 2.0)),
    "S": ((2, 0, 0.0), (4, 0, 3.0), (6, 0, 5.0), (1, -1, 1.0), (3, 1, 2.0)),
    "Cl": ((1, 0, 0.0), (3, 0, 5.0), (5, 0, 6.0), (7, 0, 7.0), (2, 1, 4.0)),
}
_STATES |= {"Se": _STATES["S"], "Br": _STATES["Cl"], "I": _STATES["Cl"]}

_DOUBLE_RATIO = 0.93  # a bond shorter than this times the covalent radii is rather a double one
_LENGTH_WEIGHT = 2.0  # decides between resonance forms, never between charges
_SECONDS = 20.0  # an integer program of hundreds of atoms takes milliseconds


@dataclass(frozen=True, slots=True)
class _Choice:
    """One state that an atom may take; `column` is its variable."""

    atom: int
    column: int
    valence: int
    charge: int
    penalty: float


def drop_surplus_bonds(mol: Any) -> None:  # noqa: ANN401
    """Take the longest bonds off atoms that have more of them than their element can, in place.

    The bridgeheads of bicyclo[1.1.1]pentane are 1.87 Å apart, as near as a long bond.
    """
    lengths = dict(zip(((b.GetBeginAtomIdx(), b.GetEndAtomIdx()) for b in mol.GetBonds()), _ratios(mol), strict=True))
    for pair in sorted(lengths, key=lambda bond: -lengths[bond]):
        surplus = [
            atom
            for atom in map(mol.GetAtomWithIdx, pair)
            if atom.GetDegree() > max((state[0] for state in _STATES.get(atom.GetSymbol(), ())), default=8)
        ]
        if surplus:
            mol.RemoveBond(*pair)


def assign_bond_orders(mol: Any, *, charge: int) -> bool:  # noqa: ANN401
    """Give a molecule with single bonds and a conformer its bond orders and charges in place.

    Return False, having changed nothing, if no closed-shell assignment has this charge.
    """
    from rdkit import Chem
    from scipy.optimize import Bounds, LinearConstraint, milp

    bonds = list(mol.GetBonds())
    choices = list(_choices(mol, first=len(bonds)))
    if {choice.atom for choice in choices} != set(range(mol.GetNumAtoms())):
        return False
    rows, values = _equations(mol, choices, charge)
    found = milp(
        np.array([*_length_costs(mol), *(choice.penalty for choice in choices)]),
        integrality=np.ones(rows.shape[1]),
        bounds=Bounds(0, np.array([_most_extra(bond) for bond in bonds] + [1] * len(choices))),
        constraints=LinearConstraint(rows, values, values),
        options={"time_limit": _SECONDS},
    )
    if found.x is None:
        return False
    taken = np.rint(found.x).astype(int)
    kinds = (Chem.BondType.SINGLE, Chem.BondType.DOUBLE, Chem.BondType.TRIPLE)
    for bond, extra in zip(bonds, taken, strict=False):
        bond.SetBondType(kinds[extra])
    for choice in choices:
        if taken[choice.column]:
            mol.GetAtomWithIdx(choice.atom).SetFormalCharge(choice.charge)
    return True


def _choices(mol: Any, *, first: int) -> Iterator[_Choice]:  # noqa: ANN401
    """Yield the states of each atom that give it as many bonds as it has neighbours, or more."""
    column = first
    for atom in mol.GetAtoms():
        for valence, charge, penalty in _STATES.get(atom.GetSymbol(), ()):
            if valence >= atom.GetDegree():
                cost = penalty + _CHARGE * abs(charge) + (_inner_anion(atom) if charge < 0 else 0.0)
                yield _Choice(atom.GetIdx(), column, valence, charge, cost)
                column += 1


def _inner_anion(atom: Any) -> float:  # noqa: ANN401
    """Return what a negative charge on N costs more, or less, for its place in a chain."""
    if atom.GetSymbol() != "N" or atom.GetDegree() < 2:
        return 0.0
    return _INNER_IN_CHAIN if any(near.GetSymbol() == "N" for near in atom.GetNeighbors()) else _INNER_ANION


def _equations(mol: Any, choices: list[_Choice], charge: int) -> tuple[Any, Any]:  # noqa: ANN401
    """Return the sparse matrix and the right-hand sides: one state an atom, its valence shared out, the charge."""
    from scipy.sparse import lil_matrix

    count, bonds = mol.GetNumAtoms(), list(mol.GetBonds())
    rows = lil_matrix((2 * count + 1, len(bonds) + len(choices)))
    for column, bond in enumerate(bonds):
        rows[bond.GetBeginAtomIdx(), column] = rows[bond.GetEndAtomIdx(), column] = 1
    for choice in choices:
        rows[choice.atom, choice.column] = -choice.valence
        rows[count + choice.atom, choice.column] = 1
        rows[2 * count, choice.column] = choice.charge
    degrees = [-atom.GetDegree() for atom in mol.GetAtoms()]
    return rows.tocsr(), np.array([*degrees, *[1] * count, charge])


def _most_extra(bond: Any) -> int:  # noqa: ANN401
    """Return how much a bond's order can be above one."""
    return 0 if "H" in (bond.GetBeginAtom().GetSymbol(), bond.GetEndAtom().GetSymbol()) else 2


def _length_costs(mol: Any) -> list[float]:  # noqa: ANN401
    """Return for each bond what one more order costs: the less, the shorter the bond."""
    return [_LENGTH_WEIGHT * (ratio - _DOUBLE_RATIO) for ratio in _ratios(mol)]


def _ratios(mol: Any) -> list[float]:  # noqa: ANN401
    """Return the length of each bond over the sum of its covalent radii."""
    from rdkit import Chem

    table, positions = Chem.GetPeriodicTable(), mol.GetConformer().GetPositions()
    ratios = []
    for bond in mol.GetBonds():
        begin, end = bond.GetBeginAtom(), bond.GetEndAtom()
        radii = table.GetRcovalent(begin.GetAtomicNum()) + table.GetRcovalent(end.GetAtomicNum())
        ratios.append(float(np.linalg.norm(positions[begin.GetIdx()] - positions[end.GetIdx()])) / radii)
    return ratios
