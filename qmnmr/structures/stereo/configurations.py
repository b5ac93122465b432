"""The configurations that one constitution can have, mirror images once."""

from __future__ import annotations

from typing import Any

from qmnmr.errors import InputError
from qmnmr.structures.checks import check_characters
from qmnmr.structures.rdkit_log import captured_rdkit_log
from qmnmr.structures.stereo.isomers import Isomer, fitting_isomers, plain_smiles

MOST_CONFIGURATIONS = 64
_MOST_ELEMENTS = 10


def configurations(smiles: str, *, with_double_bonds: bool = False) -> tuple[str, ...]:
    """Return the relative configurations of a constitution as SMILES, sorted; impossible cages are left out.

    What `smiles` says of its centres is not used; double bonds stay as drawn unless they are asked for too.
    Raises InputError for a SMILES that can't be read, and for more than MOST_CONFIGURATIONS.
    """
    from rdkit import Chem

    check_characters(smiles, source="the constitution")
    with captured_rdkit_log():
        mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        raise InputError(f"{smiles!r} is no SMILES", hint="give one structure of the constitution")
    if with_double_bonds:
        Chem.RemoveStereochemistry(mol)
    for atom in mol.GetAtoms():
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    elements = [e for e in Chem.FindPotentialStereo(mol) if e.specified != Chem.StereoSpecified.Specified]
    if len(elements) > _MOST_ELEMENTS:
        raise _too_many(smiles, f"{len(elements)} open stereo elements")
    found: dict[object, str] = {}
    for isomer in (Isomer(each, {}) for each in fitting_isomers(mol, few=True)):
        key, mirror = isomer.key(), isomer.mirror_key()
        if key not in found and mirror not in found:
            found[key] = plain_smiles(isomer.mol)
    if len(found) > MOST_CONFIGURATIONS:
        raise _too_many(smiles, f"{len(found)} relative configurations")
    return tuple(sorted(found.values()))


def same_or_mirror_images(first: str, second: str) -> str | None:
    """Return in words that two SMILES are one compound, or mirror images, which no spectrum tells apart; else None."""
    one, other = (Isomer(_read(smiles), {}) for smiles in (first, second))
    if one.key() == other.key():
        return "the same compound"
    return "mirror images" if one.mirror_key() == other.key() else None


def _read(smiles: str) -> Any:  # noqa: ANN401
    from rdkit import Chem

    with captured_rdkit_log():
        return Chem.MolFromSmiles(smiles)


def _too_many(smiles: str, what: str) -> InputError:
    return InputError(
        f"{smiles}: {what}, more than {MOST_CONFIGURATIONS} candidates",
        hint="write down those that the synthesis can have given",
    )
