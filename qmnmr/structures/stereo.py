"""Stereo that the input left open: chosen where the choice can't matter, refused where it does."""

from __future__ import annotations

from typing import Any

from qmnmr.errors import InputError
from qmnmr.exchange.averaged_centres import averaged_centres
from qmnmr.exchange.cumulenes import cumulenes
from qmnmr.exchange.protons import proton_sites
from qmnmr.exchange.turning_bonds import double_bond_sites, turning_double_bonds
from qmnmr.structures.rdkit_log import captured_rdkit_log

MAX_OPEN_ELEMENTS = 6
MAX_LISTED = 4
_CAGE_EMBEDDINGS = 30


def settle_stereo(mol: Any, *, source: str) -> tuple[Any, tuple[str, ...]]:  # noqa: ANN401
    """Return the molecule with all stereo given, and notes about what was chosen.

    Enantiomers have equal shifts, so one of them stands for both. Diastereomers and E/Z isomers differ: where they are
    open, InputError lists the candidates. What exchanges fast stays open on purpose (`qmnmr.exchange`): C=N-H bonds, N
    that inverts, P of acids; a configuration that the input gives to such an atom is left out.
    """
    from rdkit import Chem

    none = Chem.ChiralType.CHI_UNSPECIFIED
    given = [index for index in averaged_centres(mol) if mol.GetAtomWithIdx(index).GetChiralTag() != none]
    for index in given:
        mol.GetAtomWithIdx(index).SetChiralTag(none)
    if given:
        Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    _check_cumulenes(mol, source)
    elements = open_elements(mol)
    if not elements:
        return mol, ()
    few = len(elements) <= MAX_OPEN_ELEMENTS
    candidates = _candidates(mol) if few else _embedded(mol)
    smiles = sorted(candidates)
    if not smiles or len(smiles) > 2 or (len(smiles) == 2 and mirror_image_smiles(candidates[smiles[0]]) != smiles[1]):
        raise _refusal(mol, elements, smiles, source)
    chosen = smiles[-1]  # '@@' sorts after '@': no meaning, but always the same choice
    if len(smiles) == 1:
        return candidates[chosen], ()
    note = f"the configuration was not given; {chosen} was taken: its mirror image has the same shifts"
    return candidates[chosen], (note,)


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


def open_elements(mol: Any) -> list[str]:  # noqa: ANN401
    """Return the stereo elements without configuration, as people write them: "C2", "C2=C3" (from 1)."""
    from rdkit import Chem

    turning, inverting = _turning_bonds(mol), averaged_centres(mol)
    found = []
    for info in Chem.FindPotentialStereo(mol):
        if info.specified == Chem.StereoSpecified.Specified:
            continue
        if info.type == Chem.StereoType.Bond_Double:
            bond = mol.GetBondWithIdx(info.centeredOn)
            if bond.GetIdx() not in turning:
                found.append(f"{_label(bond.GetBeginAtom())}={_label(bond.GetEndAtom())}")
        elif info.type == Chem.StereoType.Atom_Tetrahedral and info.centeredOn not in inverting:
            found.append(_label(mol.GetAtomWithIdx(info.centeredOn)))
    return found


def mirror_image_smiles(mol: Any) -> str:  # noqa: ANN401
    """Return the canonical isomeric SMILES of the mirror image."""
    from rdkit import Chem

    mirror = Chem.RWMol(mol)
    for atom in mirror.GetAtoms():
        atom.InvertChirality()
    Chem.AssignStereochemistry(mirror, cleanIt=True, force=True)
    return str(Chem.CanonSmiles(Chem.MolToSmiles(mirror)))


def _check_cumulenes(mol: Any, source: str) -> None:  # noqa: ANN401
    """Raise InputError for allenes with a stereocentre beside them, and butatrienes with two forms, without 3D.

    RDKit's SMILES has no sign for either.
    """
    from rdkit import Chem

    if mol.GetNumConformers() and mol.GetConformer().Is3D():
        return
    chains = [chain for chain in cumulenes(mol) if all(_has_unlike_groups(mol, end) for end in (chain[0], chain[-1]))]
    twisted = [chain for chain in chains if len(chain) % 2]
    averaged = averaged_centres(mol)
    is_chiral = any(
        info.type == Chem.StereoType.Atom_Tetrahedral and info.centeredOn not in averaged
        for info in Chem.FindPotentialStereo(mol)
    )
    refused = chains if is_chiral or len(twisted) > 1 else [chain for chain in chains if not len(chain) % 2]
    if refused:
        names = ", ".join("=".join(_label(mol.GetAtomWithIdx(atom)) for atom in chain) for chain in refused)
        raise InputError(
            f"{source}: the configuration of {names} is open, its two forms have different shifts, and a SMILES or 2D "
            "drawing can't tell them apart",
            hint="Give a 3D structure (SDF or XYZ) of the isomer that you mean, and --conformers none.",
        )


def _has_unlike_groups(mol: Any, end: int) -> bool:  # noqa: ANN401
    """Return whether the two groups at the end of a cumulene differ."""
    from rdkit import Chem

    ranks = Chem.CanonicalRankAtoms(mol, breakTies=False)
    atom = mol.GetAtomWithIdx(end)
    groups = [
        ranks[bond.GetOtherAtomIdx(end)] if bond.GetOtherAtom(atom).GetSymbol() != "H" else -1
        for bond in atom.GetBonds()
        if bond.GetBondTypeAsDouble() < 1.9
    ]
    groups += [-1] * atom.GetTotalNumHs()
    return len(set(groups)) == 2


def _candidates(mol: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the stereoisomers that fit what was given, by canonical SMILES; impossible ring fusions are left out."""
    from rdkit import Chem
    from rdkit.Chem import EnumerateStereoisomers as Enumerate

    options = Enumerate.StereoEnumerationOptions(onlyUnassigned=True, unique=True, tryEmbedding=_has_bridges(mol))
    found = {}
    turning, inverting = _turning_bonds(mol), averaged_centres(mol)
    for isomer in Enumerate.EnumerateStereoisomers(mol, options=options):
        for index in turning:
            if mol.GetBondWithIdx(index).GetStereo() <= Chem.BondStereo.STEREOANY:
                isomer.GetBondWithIdx(index).SetStereo(Chem.BondStereo.STEREONONE)
        for index in inverting:
            isomer.GetAtomWithIdx(index).SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
        Chem.AssignStereochemistry(isomer, cleanIt=True, force=True)
        found[Chem.CanonSmiles(Chem.MolToSmiles(isomer))] = isomer
    return found


def _embedded(mol: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the stereoisomers that embedding finds, by canonical SMILES: cages such as cubane have only one."""
    from rdkit import Chem
    from rdkit.Chem import rdDistGeom

    parameters = rdDistGeom.ETKDGv3()
    parameters.randomSeed = 1
    work = Chem.AddHs(mol)
    found = {}
    with captured_rdkit_log():
        for conformer in rdDistGeom.EmbedMultipleConfs(work, _CAGE_EMBEDDINGS, parameters):
            isomer = Chem.Mol(work, confId=conformer)
            assign_from_3d(isomer)
            isomer = Chem.RemoveHs(isomer)
            isomer.RemoveAllConformers()
            found[Chem.CanonSmiles(Chem.MolToSmiles(isomer))] = isomer
    return found


def _has_bridges(mol: Any) -> bool:  # noqa: ANN401
    """Return whether rings are fused or bridged, so that some stereoisomers can't exist."""
    return any(mol.GetRingInfo().NumAtomRings(atom.GetIdx()) > 1 for atom in mol.GetAtoms())


def _turning_bonds(mol: Any) -> frozenset[int]:  # noqa: ANN401
    """Return the indices of double bonds whose two forms interchange fast."""
    sites = [site for site in (*double_bond_sites(mol), *proton_sites(mol)) if not site.process.is_held]
    bonds = [mol.GetBondBetweenAtoms(*ends) for ends in turning_double_bonds(sites)]
    return frozenset(bond.GetIdx() for bond in bonds if bond is not None)


def _refusal(mol: Any, elements: list[str], smiles: list[str], source: str) -> InputError:  # noqa: ANN401
    """Return the error that lists what is open and what it could be."""
    from rdkit import Chem

    listed = ", ".join(smiles[:MAX_LISTED]) or "none can be built"
    more = f" and {len(smiles) - MAX_LISTED} more" if len(smiles) > MAX_LISTED else ""
    return InputError(
        f"{source}: {Chem.MolToSmiles(Chem.RemoveHs(mol))} leaves the configuration of {', '.join(elements)} open, "
        f"and the choices have different shifts: {listed}{more}",
        hint="Write the isomer that you mean, or give all of them as separate molecules.",
    )


def _label(atom: Any) -> str:  # noqa: ANN401
    """Return an atom as people write it: C2, counted from 1."""
    return f"{atom.GetSymbol()}{atom.GetIdx() + 1}"
