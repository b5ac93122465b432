"""Chains of three double bonds and more: what a SMILES or drawing can't say of them is asked for."""

from __future__ import annotations

from typing import Any

from qmnmr.datatypes.rdkit_molecule import label
from qmnmr.errors import InputError
from qmnmr.exchange.averaged_centres import averaged_centres
from qmnmr.exchange.cumulenes import cumulenes
from qmnmr.structures.atoms import atoms
from qmnmr.structures.stereo.axes import is_handed, possible_axes

_ALLENE_ATOMS = 3


def refuse_cumulenes(mol: Any, *, source: str) -> None:  # noqa: ANN401
    """Raise InputError for a cumulene longer than an allene with isomers, unless a complete 3D structure shows which.

    Of flat chains (butatriene) these are E and Z; of twisted ones (pentatetraene) two hands, which matter beside
    another handed element.
    """
    from rdkit import Chem

    chains = [chain for chain in cumulenes(mol) if len(chain) > _ALLENE_ATOMS]
    if not chains or _is_complete_in_space(mol):
        return
    ranks = list(Chem.CanonicalRankAtoms(mol, breakTies=False))
    ends = [(chain, (chain[0], chain[-1]), (chain[-1], chain[0])) for chain in chains]
    handed = [chain for chain, *ways in ends if all(is_handed(mol, end, other, ranks) for end, other in ways)]
    twisted = [chain for chain in handed if len(chain) % 2]
    flat = [chain for chain in handed if not len(chain) % 2]
    refused = flat or (twisted if len(twisted) > 1 or possible_axes(mol) or _has_centres(mol) else [])
    if refused:
        names = ", ".join("=".join(label(mol, atom) for atom in chain) for chain in refused)
        isomers = "E and Z isomers" if flat else "two hands, beside another stereo element,"
        raise InputError(
            f"{source}: the configuration of {names} is open: {isomers} have different shifts, and a SMILES or 2D "
            "drawing can't tell them apart",
            hint="Give a 3D structure (SDF or XYZ with all hydrogens) of the isomer that you mean.",
        )


def _is_complete_in_space(mol: Any) -> bool:  # noqa: ANN401
    """Return whether a molecule has a 3D structure with all hydrogens."""
    if not mol.GetNumConformers() or not mol.GetConformer().Is3D():
        return False
    return all(atom.GetTotalNumHs() == 0 for atom in atoms(mol))


def _has_centres(mol: Any) -> bool:  # noqa: ANN401
    """Return whether a molecule has stereocentres, given or open."""
    from rdkit import Chem

    averaged = averaged_centres(mol)
    return any(
        info.type == Chem.StereoType.Atom_Tetrahedral and info.centeredOn not in averaged
        for info in Chem.FindPotentialStereo(mol)
    )
