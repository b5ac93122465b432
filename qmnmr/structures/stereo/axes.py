"""Axes, which neither a tetrahedral centre nor a double bond describes: cumulenes, biaryls that can't turn.

RDKit drops cumulenes and writes no axis into a SMILES. Here an axis is four heavy atoms a-x-y-b: x and y its ends, a
and b the substituents with the lowest numbers on them; its configuration is the sign of the dihedral angle a-x-y-b. An
even number of cumulated carbons (butatriene) is flat: its configuration is whether a and b lie on one side.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

from qmnmr.datatypes.molecule import StereoAxis
from qmnmr.datatypes.rdkit_molecule import has_positive_dihedral, label, lie_on_one_side
from qmnmr.exchange.cumulenes import cumulenes
from qmnmr.exchange.hindered_axes import lasting_biaryls
from qmnmr.structures.stereo.cumulenes import contracted, expanded

Axis = tuple[int, int, int, int]  # a, x, y, b
Signs = dict[Axis, bool]  # True: the dihedral angle is positive, or a and b lie on one side

MARK = "_qmnmr_allene"
"""On the middle atom of an allene: 1 or -1, the sign that its SMILES gives the dihedral angle."""

_MAX_SYMMETRIES = 2000


def possible_axes(mol: Any) -> tuple[Axis, ...]:  # noqa: ANN401
    """Return the axes of a sanitised molecule that two different groups on both ends give forms, in atom order.

    Cumulenes, and biaryls whose groups beside the bond keep their configuration at room temperature (`hindered_axes`).
    """
    from rdkit import Chem

    ends = [(chain[0], chain[-1]) for chain in cumulenes(mol)]
    ends += lasting_biaryls(mol)
    if not ends:
        return ()
    ranks = list(Chem.CanonicalRankAtoms(mol, breakTies=False))
    found = (axis_of(mol, x, y) for x, y in ends if is_handed(mol, x, y, ranks) and is_handed(mol, y, x, ranks))
    return tuple(sorted(axis for axis in found if axis is not None))


def axis_of(mol: Any, x: int, y: int) -> Axis | None:  # noqa: ANN401
    """Return the axis with these ends, the lower one first; None if an end has no heavy substituent."""
    x, y = min(x, y), max(x, y)
    first, last = _substituents(mol, x, y), _substituents(mol, y, x)
    return (min(first), x, y, min(last)) if first and last else None


def axes_from_space(mol: Any) -> Signs:  # noqa: ANN401
    """Return the configuration of all possible axes in the molecule's conformer."""
    positions = mol.GetConformer().GetPositions()
    return {axis: _reader(mol, axis)(positions, axis) for axis in possible_axes(mol)}


def is_flat(mol: Any, axis: Axis) -> bool:  # noqa: ANN401
    """Return whether an axis is that of a flat cumulene."""
    return any(len(chain) % 2 == 0 and {chain[0], chain[-1]} == set(axis[1:3]) for chain in cumulenes(mol))


def _reader(mol: Any, axis: Axis) -> Callable[[Any, Axis], bool]:  # noqa: ANN401
    return lie_on_one_side if is_flat(mol, axis) else has_positive_dihedral


def axes_from_wedges(mol: Any) -> Signs:  # noqa: ANN401
    """Return the axes that a drawing shows by wedges, and take RDKit's marks of them out in place.

    RDKit counts the neighbours with the lowest numbers, as we do: clockwise is a positive angle (tested by embedding).
    """
    from rdkit import Chem

    kinds = {Chem.BondStereo.STEREOATROPCW: True, Chem.BondStereo.STEREOATROPCCW: False}
    found: Signs = {}
    for bond in mol.GetBonds():
        if bond.GetStereo() in kinds:
            axis = axis_of(mol, bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
            if axis is not None:
                found[axis] = kinds[bond.GetStereo()]
            bond.SetStereo(Chem.BondStereo.STEREONONE)
    return found


def mark_allenes(mol: Any) -> None:  # noqa: ANN401
    """Write what a SMILES says of allenes ([C@] or [C@@] in the middle) on their middle atoms, in place.

    `mol` is unsanitised, since RDKit drops it. OpenSMILES: the four substituents in the order of the text, a hydrogen
    that is not written right behind its atom, as around a tetrahedral centre. Not where an end is in a ring: there
    the order is that of the ring's digits, which RDKit does not keep.
    """
    from rdkit import Chem

    tags = Chem.ChiralType
    for middle in mol.GetAtoms():
        tag = middle.GetChiralTag()
        around = [near.GetIdx() for near in middle.GetNeighbors()]
        if tag == tags.CHI_UNSPECIFIED or len(around) != 2 or not _is_allene(middle):
            continue
        turn = middle.GetIntProp("_chiralPermutation") if tag == tags.CHI_ALLENE else 0
        is_anticlockwise = turn == 1 or tag == tags.CHI_TETRAHEDRAL_CCW
        middle.SetChiralTag(tags.CHI_UNSPECIFIED)
        order = [_written(mol, end, middle.GetIdx()) for end in sorted(around)]
        if not any(_closes_ring(mol, end, middle.GetIdx()) for end in around):
            # With the first written substituents as a and b, anticlockwise is a positive angle; each end whose lowest
            # heavy substituent is not the first one written turns it round.
            others = sum(written[0] != min(atom for atom in written if atom >= 0) for written in order)
            middle.SetIntProp(MARK, 1 if is_anticlockwise == (others % 2 == 0) else -1)


def axes_from_marks(mol: Any) -> Signs:  # noqa: ANN401
    """Return the configuration of allenes that `mark_allenes` found; the marks are taken out in place."""
    found: Signs = {}
    for atom in mol.GetAtoms():
        if atom.HasProp(MARK):
            x, y = (near.GetIdx() for near in atom.GetNeighbors())
            axis = axis_of(mol, x, y)
            if axis is not None:
                found[axis] = atom.GetIntProp(MARK) > 0
            atom.ClearProp(MARK)
    return found


def completed(mol: Any, given: Signs) -> Iterator[Signs]:  # noqa: ANN401
    """Yield every configuration of all axes that agrees with what was given."""
    possible = possible_axes(mol)
    kept = {axis: sign for axis, sign in given.items() if axis in possible or _is_bond(mol, axis)}
    open_axes = [axis for axis in possible if axis not in kept]
    for signs in product((True, False), repeat=len(open_axes)):
        yield {**kept, **dict(zip(open_axes, signs, strict=True))}


def mirrored(mol: Any, signs: Signs) -> Signs:  # noqa: ANN401
    """Return the configuration of the mirror image."""
    return {axis: sign == is_flat(mol, axis) for axis, sign in signs.items()}


def axes_key(mol: Any, signs: Signs) -> tuple[tuple[Axis, bool], ...]:  # noqa: ANN401
    """Return what is equal for equal configurations of one compound, however its atoms are numbered.

    Axes are named by the places of their atoms in the canonical SMILES; of all ways in which the molecule's symmetry
    renames them the first one counts.
    """
    from rdkit import Chem

    if not signs:
        return ()
    bare = Chem.Mol(mol)
    Chem.MolToSmiles(bare)
    order = list(bare.GetPropsAsDict(includePrivate=True, includeComputed=True)["_smilesAtomOutputOrder"])
    place = {atom: number for number, atom in enumerate(order)}
    ways = mol.GetSubstructMatches(mol, uniquify=False, useChirality=True, maxMatches=_MAX_SYMMETRIES)
    return min(tuple(sorted(_renamed(mol, signs, way, place))) for way in ways)


def _renamed(mol: Any, signs: Signs, way: Sequence[int], place: dict[int, int]) -> Iterator[tuple[Axis, bool]]:  # noqa: ANN401
    for (a, x, y, b), sign in signs.items():
        ends = [(way[x], way[a]), (way[y], way[b])]
        ends.sort(key=lambda end: place[end[0]])
        first, last = (_by_place(mol, end, other[0], place) for end, other in (ends, ends[::-1]))
        turned = sum(lowest != substituent for (_, substituent), lowest in zip(ends, (first, last), strict=True))
        yield (place[first], place[ends[0][0]], place[ends[1][0]], place[last]), sign == (turned % 2 == 0)


def _by_place(mol: Any, end: tuple[int, int], other: int, place: dict[int, int]) -> int:  # noqa: ANN401
    """Return the substituent of an end that comes first in the canonical SMILES."""
    return min(_substituents(mol, end[0], other), key=lambda atom: place[atom])


def stereo_axes(mol: Any, signs: Signs) -> tuple[StereoAxis, ...]:  # noqa: ANN401
    """Return the axes as a molecule keeps them."""
    return tuple(
        StereoAxis(atoms=axis, is_positive=sign, is_flat=is_flat(mol, axis)) for axis, sign in sorted(signs.items())
    )


def axis_words(mol: Any, axis: Axis, *, sign: bool) -> str:  # noqa: ANN401
    """Return a configuration in words: "C4-C10-C11-C17 positive", of a flat one "C1-C2-C5-C6 cis"."""
    words = ("trans", "cis") if is_flat(mol, axis) else ("negative", "positive")
    return f"{'-'.join(label(mol, atom) for atom in axis)} {words[sign]}"


def marked_smiles(mol: Any, signs: Signs) -> str:  # noqa: ANN401
    """Return the canonical SMILES with [C@] or [C@@] in allenes and the slashes of flat cumulenes outside of rings.

    The inverse of `mark_allenes` and `mark_cumulenes`.
    """
    from rdkit import Chem

    flat = {axis: sign for axis, sign in signs.items() if is_flat(mol, axis) and is_writable(mol, axis)}
    work, moved = contracted(mol, flat)
    others = {_moved(axis, moved): sign for axis, sign in signs.items() if axis not in flat and is_writable(mol, axis)}
    axes = {_middle(work, axis): axis for axis in others}
    for middle in axes:
        work.GetAtomWithIdx(middle).SetAtomMapNum(1)
    smiles = str(Chem.MolToSmiles(work))
    order = list(work.GetPropsAsDict(includePrivate=True, includeComputed=True)["_smilesAtomOutputOrder"])
    written, place = Chem.RenumberAtoms(work, order), {atom: number for number, atom in enumerate(order)}
    marks = iter([_mark(work, written, axes[m], place, sign=others[axes[m]]) for m in order if m in axes])
    return expanded(re.sub(r"\[C:1\]", lambda _: next(marks), smiles))


def _moved(axis: Axis, place: dict[int, int]) -> Axis:
    a, x, y, b = axis
    return place[a], place[x], place[y], place[b]


def is_writable(mol: Any, axis: Axis) -> bool:  # noqa: ANN401
    """Return whether `marked_smiles` says the configuration of an axis."""
    if is_flat(mol, axis):
        return not any(mol.GetAtomWithIdx(end).IsInRing() for end in axis[1:3])
    middle = _middle(mol, axis)
    return middle >= 0 and not any(_closes_ring(mol, end, middle) for end in axis[1:3])


def _middle(mol: Any, axis: Axis) -> int:  # noqa: ANN401
    """Return the middle atom of an allene, -1 if the axis is none."""
    x, y = (mol.GetAtomWithIdx(end) for end in axis[1:3])
    shared = {near.GetIdx() for near in x.GetNeighbors()} & {near.GetIdx() for near in y.GetNeighbors()}
    return next((atom for atom in shared if _is_allene(mol.GetAtomWithIdx(atom))), -1)


def _mark(work: Any, written: Any, axis: Axis, place: dict[int, int], *, sign: bool) -> str:  # noqa: ANN401
    """Return how the middle atom of an allene is written in a SMILES whose atoms have these places."""
    middle, (x, y) = place[_middle(work, axis)], axis[1:3]
    ends = sorted((place[x], place[y]))
    if any(_closes_ring(written, end, middle) for end in ends):
        return "C"
    is_positive_there = sign == (_turned(work, (x, y), place, written) % 2 == 0)
    around = [_written(written, end, middle) for end in ends]
    others = sum(atoms[0] != min(atom for atom in atoms if atom >= 0) for atoms in around)
    return "[C@]" if is_positive_there == (others % 2 == 0) else "[C@@]"


def _turned(work: Any, ends: tuple[int, int], place: dict[int, int], written: Any) -> int:  # noqa: ANN401
    """Return on how many ends another numbering has another lowest substituent."""
    x, y = ends
    count = 0
    for end, other in ((x, y), (y, x)):
        before = min(_substituents(work, end, other))
        count += place[before] != min(_substituents(written, place[end], place[other]))
    return count


def _is_inner(atom: Any) -> bool:  # noqa: ANN401
    """Return whether an atom has two double bonds and nothing else."""
    from rdkit import Chem

    kinds = [bond.GetBondType() for bond in atom.GetBonds()]
    return _is_carbon(atom) and bool(kinds == [Chem.BondType.DOUBLE] * 2)


def _is_allene(middle: Any) -> bool:  # noqa: ANN401
    """Return whether an atom is the middle one of C=C=C and no longer chain."""
    return _is_inner(middle) and all(_is_carbon(near) and not _is_inner(near) for near in middle.GetNeighbors())


def _is_carbon(atom: Any) -> bool:  # noqa: ANN401
    return bool(atom.GetAtomicNum() == 6)


def is_handed(mol: Any, end: int, other: int, ranks: Sequence[int]) -> bool:  # noqa: ANN401
    """Return whether an end carries two different groups."""
    groups = _substituents(mol, end, other)
    if len(groups) == 1:
        return len(groups) + _hydrogens(mol, end) == 2
    return len(groups) == 2 and ranks[groups[0]] != ranks[groups[1]]


def _hydrogens(mol: Any, atom: int) -> int:  # noqa: ANN401
    return int(mol.GetAtomWithIdx(atom).GetTotalNumHs(includeNeighbors=True))


def _substituents(mol: Any, end: int, other: int) -> list[int]:  # noqa: ANN401
    """Return the heavy atoms on an end that lead away from the axis."""
    from rdkit import Chem

    atom = mol.GetAtomWithIdx(end)
    found = []
    for bond in atom.GetBonds():
        near = bond.GetOtherAtom(atom)
        along = near.GetIdx() == other or (bond.GetBondType() == Chem.BondType.DOUBLE and _is_inner(near))
        if near.GetAtomicNum() > 1 and not along:
            found.append(near.GetIdx())
    return found


def _is_bond(mol: Any, axis: Axis) -> bool:  # noqa: ANN401
    return mol.GetBondBetweenAtoms(axis[1], axis[2]) is not None


def _written(mol: Any, end: int, middle: int) -> list[int]:  # noqa: ANN401
    """Return the two substituents of an allene's end in the order of the text; -1 is a hydrogen."""
    atoms = sorted(n.GetIdx() for n in mol.GetAtomWithIdx(end).GetNeighbors() if n.GetIdx() != middle)
    heavy = [atom if mol.GetAtomWithIdx(atom).GetAtomicNum() > 1 else -1 for atom in atoms]
    if len(heavy) == 2:
        return heavy
    return [*heavy, -1] if atoms and atoms[0] < end else [-1, *heavy]


def _closes_ring(mol: Any, end: int, middle: int) -> bool:  # noqa: ANN401
    """Return whether an end of an allene is in a ring."""
    from rdkit import Chem

    Chem.FastFindRings(mol)
    return bool(mol.GetRingInfo().NumAtomRings(end)) or mol.GetAtomWithIdx(middle).IsInRing()
