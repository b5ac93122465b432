"""Bonds that hold their substituents' sides: for ever (double bonds) or long enough for NMR (amides and their like)."""

from __future__ import annotations

from typing import Any

from qmnmr.conformers.graph import BareGraph

Bond = tuple[int, int]

_AMIDES = (
    # Third group on the carbonyl carbon: H, C, halogen, Si, P. With O or N there, see `slow_bonds`.
    "[CX3;!$(C([#7])(=[O,S,Se])[#7]);!$(C(=O)[OX1,OX2,SX1,SX2]);!$(C(=[S,Se])[SX1,SX2])](=[OX1,SX1,SeX1])-[NX3;!$(N(C=[O,S])C=[O,S])]",
    "[NX2](=[OX1])-[NX3]",  # N-nitrosamines
)
_AMIDINIUM = "[NX3]-[CX3;!$(C(~N)(~N)~N);!$(C~O);!$(C~S)]=[NX3+]"
_DELOCALISED_IMINIUM = "[CX3](=[NX3+])-[N,O,S;X2,X3]"


def slow_bonds(mol: Any) -> tuple[Bond, ...]:  # noqa: ANN401
    """Return the bonds (C or N, N) that rotate slowly on the NMR time scale at room temperature.

    Two signals 50 Hz apart merge at 298 K if the free energy of activation is 15 kcal/mol (Eyring, k = 2.22 times the
    difference). Above, hence apart: N,N-dimethylformamide 21, N,N-dimethylacetamide 18, thioamides 21-25,
    N-nitrosodimethylamine 23, amidinium ions 16-21, O-alkyl thiocarbamates 17-18. Below, hence averaged: urea 11.0 and
    thiourea 13.5 (J. Am. Chem. Soc. 1996, 118, 8891), carbamates 12.4-14.3 with NH2, 2-3 more with NR2 (J. Org. Chem.
    2007, 72, 2208: borderline, one signal as a rule), guanidinium and uronium ions, imides, N-acylazoles, neutral
    amidines and enaminones 10-16. Numbers without a source are usual textbook ranges, not checked here. N-acyl
    amidines (up to 19) are averaged though they should not be.
    """
    from rdkit import Chem

    found: set[Bond] = set()
    for pattern in _AMIDES:
        found |= {(match[0], match[2]) for match in mol.GetSubstructMatches(Chem.MolFromSmarts(pattern))}
    for first, carbon, second in mol.GetSubstructMatches(Chem.MolFromSmarts(_AMIDINIUM)):
        found |= {(carbon, first), (carbon, second)}
    return tuple(sorted(bond for bond in found if not _is_aromatic(mol, bond)))


def rigid_bonds(mol: Any, graph: BareGraph) -> tuple[Bond, ...]:  # noqa: ANN401
    """Return the double bonds with two sides, each once, first atom the lower index.

    Left out: aromatic bonds, rings below eight members (one form only), cumulated bonds, C=N-H (its proton exchanges),
    and C=N+ that amino groups delocalise. A single bond that resonance makes the same as such a double bond counts too.
    """
    from rdkit import Chem

    loose = {
        frozenset(match[:2])
        for match in mol.GetSubstructMatches(Chem.MolFromSmarts(_DELOCALISED_IMINIUM), uniquify=False)
    }
    double = [
        (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        for bond in mol.GetBonds()
        if _has_sides(mol, bond) and frozenset((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())) not in loose
    ]
    classes = {frozenset((graph.colours[x], graph.colours[y])) for x, y in double}
    alike = {
        (min(x, y), max(x, y))
        for x, near in enumerate(graph.neighbours)
        for y in near
        if frozenset((graph.colours[x], graph.colours[y])) in classes and frozenset((x, y)) not in loose
    }
    return tuple(sorted(alike))


def _has_sides(mol: Any, bond: Any) -> bool:  # noqa: ANN401
    """Return whether this is a double bond whose substituents keep their sides."""
    from rdkit import Chem

    if bond.GetBondType() != Chem.BondType.DOUBLE or bond.GetIsAromatic():
        return False
    if any(mol.GetRingInfo().IsBondInRingOfSize(bond.GetIdx(), size) for size in range(3, 8)):
        return False
    return all(_is_end(end, bond) for end in (bond.GetBeginAtom(), bond.GetEndAtom()))


def _is_end(atom: Any, bond: Any) -> bool:  # noqa: ANN401
    """Return whether this atom holds substituents beside the double bond in its plane."""
    others = [other for other in atom.GetBonds() if other.GetIdx() != bond.GetIdx()]
    if atom.GetSymbol() not in ("C", "N") or atom.GetDegree() not in (2, 3):
        return False
    if atom.GetSymbol() == "N" and not atom.GetFormalCharge():
        return all(other.GetOtherAtom(atom).GetSymbol() != "H" for other in others)
    return all(other.GetBondTypeAsDouble() < 1.9 for other in others)


def _is_aromatic(mol: Any, bond: Bond) -> bool:  # noqa: ANN401
    """Return whether the bond, or the N at its end, belongs to an aromatic ring."""
    return bool(mol.GetBondBetweenAtoms(*bond).GetIsAromatic() or mol.GetAtomWithIdx(bond[1]).GetIsAromatic())
