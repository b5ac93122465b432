"""Stereoisomers that fit what an input gave, and how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qmnmr.datatypes.rdkit_embedding import embed
from qmnmr.structures.rdkit_log import captured_rdkit_log
from qmnmr.structures.stereo.axes import Axis, Signs, axes_key, axis_words, is_writable, marked_smiles, mirrored
from qmnmr.structures.stereo.open_elements import exchanging, has_bridges, open_what_is_averaged

_CAGE_EMBEDDINGS = 30
_STEREO_MARKS = frozenset("@/\\")


@dataclass(frozen=True, slots=True)
class Isomer:
    """One stereoisomer."""

    mol: Any  # rdkit Mol
    axes: Signs

    def key(self) -> tuple[str, tuple[object, ...]]:
        """Return what is equal for one compound; the first is its SMILES, without axes."""
        return plain_smiles(self.mol), axes_key(self.mol, self.axes)

    def mirror_key(self) -> tuple[str, tuple[object, ...]]:
        """Return the key of the mirror image."""
        return Isomer(_mirror(self.mol), mirrored(self.mol, self.axes)).key()

    def written(self, open_axes: Sequence[Axis]) -> str:
        """Return the isomer as people write it; an axis that its SMILES does not carry in words behind it."""
        smiles = plain_smiles(self.mol, self.axes)
        words = [
            axis_words(self.mol, axis, sign=self.axes[axis]) for axis in open_axes if not is_writable(self.mol, axis)
        ]
        return f"{smiles} with {', '.join(words)}" if words else smiles


def fitting_isomers(mol: Any, *, few: bool) -> list[Any]:  # noqa: ANN401
    """Return the stereoisomers that fit what was given; those of cages are found in space (cubane, bicyclobutane)."""
    found = _enumerated(mol) if few else {}
    return list((found or _embedded(mol)).values())


def both_hands(mol: Any, centre: int) -> list[Any]:  # noqa: ANN401
    """Return a molecule with both configurations of its only stereo element, an atom: mirror images."""
    from rdkit import Chem

    hands = []
    for tag in (Chem.ChiralType.CHI_TETRAHEDRAL_CW, Chem.ChiralType.CHI_TETRAHEDRAL_CCW):
        hand = Chem.Mol(mol)
        hand.GetAtomWithIdx(centre).SetChiralTag(tag)
        Chem.AssignStereochemistry(hand, cleanIt=True, force=True)
        hands.append(hand)
    return hands


def plain_smiles(mol: Any, axes: Signs | None = None) -> str:  # noqa: ANN401
    """Return the canonical isomeric SMILES with implicit hydrogens, cumulenes marked where `axes` says how."""
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        if axes and any(is_writable(mol, axis) for axis in axes):
            return _with_axes(mol, axes)
        has_hydrogens = mol.GetNumHeavyAtoms() < mol.GetNumAtoms()
        written = str(Chem.MolToSmiles(Chem.RemoveHs(mol, sanitize=False) if has_hydrogens else mol))
        # Which of several spellings of a configuration is written, depends on the order of the atoms until it is read.
        return str(Chem.CanonSmiles(written)) if _STEREO_MARKS.intersection(written) else written


def _with_axes(mol: Any, axes: Signs) -> str:  # noqa: ANN401
    """Return the SMILES with cumulenes marked."""
    from rdkit import Chem

    # Heavy atoms keep their order without hydrogens, and so do the numbers of an axis among each other.
    heavy = Chem.RemoveHs(mol)
    kept = [atom.GetIdx() for atom in mol.GetAtoms() if atom.GetAtomicNum() > 1]
    place = {atom: number for number, atom in enumerate(kept)}
    renamed = {(place[a], place[x], place[y], place[b]): sign for (a, x, y, b), sign in axes.items()}
    return marked_smiles(heavy, renamed)


def assign_from_3d(mol: Any) -> None:  # noqa: ANN401
    """Read all stereo from the conformer, in place.

    RDKit leaves out three-coordinate P and the N of three-membered rings, which it counts as stereo in SMILES; they
    are read here.
    """
    import numpy as np
    from rdkit import Chem

    Chem.AssignStereochemistryFrom3D(mol)
    positions = mol.GetConformer().GetPositions()
    for info in Chem.FindPotentialStereo(mol):
        atom = mol.GetAtomWithIdx(info.centeredOn) if info.type == Chem.StereoType.Atom_Tetrahedral else None
        if atom is None or info.specified == Chem.StereoSpecified.Specified or atom.GetDegree() != 3:
            continue
        arms = [positions[bond.GetOtherAtomIdx(atom.GetIdx())] - positions[atom.GetIdx()] for bond in atom.GetBonds()]
        hand = float(np.linalg.det(np.array([*arms[1:], np.zeros(3)]) - arms[0]))
        tags = Chem.ChiralType
        atom.SetChiralTag(tags.CHI_TETRAHEDRAL_CW if hand > 0 else tags.CHI_TETRAHEDRAL_CCW)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)


def _mirror(mol: Any) -> Any:  # noqa: ANN401
    """Return the mirror image, but for its axes."""
    from rdkit import Chem

    mirror = Chem.RWMol(mol)
    for atom in mirror.GetAtoms():
        atom.InvertChirality()
    Chem.AssignStereochemistry(mirror, cleanIt=True, force=True)
    return mirror


def _enumerated(mol: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the stereoisomers that fit what was given, by canonical SMILES; impossible ring fusions are left out."""
    from rdkit import Chem
    from rdkit.Chem import EnumerateStereoisomers as Enumerate

    options = Enumerate.StereoEnumerationOptions(onlyUnassigned=True, unique=True)
    needs_proof = has_bridges(mol)
    turning, averaged = exchanging(mol, Chem.FindPotentialStereo(mol))
    found = {}
    for isomer in Enumerate.EnumerateStereoisomers(mol, options=options):
        for index in turning:
            if mol.GetBondWithIdx(index).GetStereo() <= Chem.BondStereo.STEREOANY:
                isomer.GetBondWithIdx(index).SetStereo(Chem.BondStereo.STEREONONE)
        for index in averaged:
            isomer.GetAtomWithIdx(index).SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
        Chem.AssignStereochemistry(isomer, cleanIt=True, force=True)
        smiles = Chem.CanonSmiles(Chem.MolToSmiles(isomer))
        if smiles not in found and (not needs_proof or embed(Chem.AddHs(isomer), 1, seed=1) is not None):
            found[smiles] = isomer
    return found


def _embedded(mol: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the stereoisomers that embedding finds, by canonical SMILES: cages such as cubane have only one."""
    from rdkit import Chem

    work = Chem.AddHs(mol)
    found = {}
    with captured_rdkit_log():
        embed(work, _CAGE_EMBEDDINGS, seed=1)
        for conformer in range(work.GetNumConformers()):
            isomer = Chem.Mol(work, confId=conformer)
            assign_from_3d(isomer)
            open_what_is_averaged(isomer)
            isomer = Chem.RemoveHs(isomer)
            isomer.RemoveAllConformers()
            found[Chem.CanonSmiles(Chem.MolToSmiles(isomer))] = isomer
    return found
