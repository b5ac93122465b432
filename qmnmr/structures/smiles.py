"""SMILES to a checked RDKit molecule."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from qmnmr.errors import InputError, shortened
from qmnmr.structures.atoms import atoms
from qmnmr.structures.checks import MOST_ATOMS, check_atoms, check_characters, check_closed_shell
from qmnmr.structures.rdkit_log import captured_rdkit_log
from qmnmr.structures.record import Record
from qmnmr.structures.stereo.axes import axes_from_marks, mark_allenes
from qmnmr.structures.stereo.cumulenes import mark_cumulenes, sides_from_marks
from qmnmr.structures.stereo.settling import settle_stereo

MAX_SMILES_LENGTH = 20_000
"""Characters; with stereo and hydrogens written out an atom takes up to twenty (`checks.MOST_ATOMS`)."""

_ONE_SMILES = re.compile(r"\S+(?:\s+\|[^|]*\|)?")


def parse_smiles(text: str, *, name: str, source: str) -> Record:
    """Return the molecule that a SMILES describes: its heavy atoms in the order written, then the hydrogens.

    Raises InputError with RDKit's own reason for a broken SMILES, and for structures that can't be computed.
    """
    from rdkit import Chem, rdBase

    smiles = text.strip()
    mol = _parse(smiles, source)
    is_drawn = "|" in smiles  # a CXSMILES has coordinates, bonds without order, unknown stereo
    if ":" in smiles or is_drawn:
        clear_annotations(mol)
    if "@" in smiles:
        mark_allenes(mol)
    check_atoms(mol, source=source, is_drawn=is_drawn)
    sanitise(mol, source=source, again=lambda: _parse(smiles, source))
    has_sides = "/" in smiles or "\\" in smiles
    if has_sides:
        mark_cumulenes(mol)
    check_stereo_groups(mol, source=source)
    if mol.GetNumHeavyAtoms() < mol.GetNumAtoms():
        with rdBase.BlockLogs():  # it warns about H2 and H+
            mol = Chem.RemoveHs(mol)
    check_closed_shell(mol, source=source)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    axes = axes_from_marks(mol) if "@" in smiles else {}
    if has_sides:
        axes |= sides_from_marks(mol)
    settled = settle_stereo(mol, axes, source=source, is_drawn=is_drawn)
    return Record(
        name=name,
        source=source,
        mol=Chem.AddHs(settled.mol),
        smiles=settled.smiles,
        axes=settled.axes,
        notes=settled.notes,
    )


def is_smiles(text: str) -> bool:
    """Return whether RDKit can read the syntax of this text as a SMILES."""
    from rdkit import Chem, rdBase

    text = text.strip()
    if not text or len(text) > MAX_SMILES_LENGTH or not _is_one_word(text):
        return False
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(text, _parameters()) is not None


def clear_annotations(mol: Any) -> None:  # noqa: ANN401
    """Take out in place what numbers, names or colours atoms and is no part of the structure.

    Atom map numbers (of reactions), labels and values of CXSMILES, coordinates of a drawing in it.
    """
    for atom in atoms(mol):
        atom.SetAtomMapNum(0)
        for name in ("atomLabel", "atomNote", "molFileValue", "molAtomMapNumber", "_QueryAtomGenericLabel"):
            atom.ClearProp(name)


def check_stereo_groups(mol: Any, *, source: str) -> None:  # noqa: ANN401
    """Raise InputError for a mixture of diastereomers written with AND/OR stereo groups; a racemate is fine."""
    from rdkit import Chem

    groups = mol.GetStereoGroups()
    if not groups:
        return
    relative = [group for group in groups if group.GetGroupType() != Chem.StereoGroupType.STEREO_ABSOLUTE]
    if not relative:
        return
    members = {atom.GetIdx() for atom in relative[0].GetAtoms()}
    centres = {index for index, _ in Chem.FindMolChiralCenters(mol, useLegacyImplementation=False)}
    if len(relative) > 1 or not centres <= members:
        raise InputError(
            f"{source}: AND/OR stereo groups describe several diastereomers, which have different shifts",
            hint="Give each diastereomer as a molecule of its own.",
        )


def _is_one_word(smiles: str) -> bool:
    """Return whether a text is a SMILES alone, or with an extension in |...| behind it (CXSMILES)."""
    return bool(_ONE_SMILES.fullmatch(smiles))


def sanitise(mol: Any, *, source: str, again: Callable[[], Any]) -> None:  # noqa: ANN401
    """Sanitise in place; `again` reads the molecule once more.

    Raises InputError with RDKit's reason (valence, aromaticity).
    """
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        try:
            Chem.SanitizeMol(mol)
        except (ValueError, RuntimeError) as error:  # it may have changed a part of the molecule
            problems = [problem.Message() for problem in Chem.DetectChemistryProblems(again())] or [str(error)]
        else:
            return
    raise InputError(
        f"{source}: RDKit can't make sense of the structure: {problems[0].rstrip('.')} (its atoms count from 0)",
        hint="Check valences, charges ([N+], [O-]) and aromatic rings ([nH]).",
    )


TYPED = "SMILES "
"""With what the source of a SMILES begins that no file holds."""


def is_typed(source: str) -> bool:
    """Say whether a source is a SMILES on the command line."""
    return source.startswith(TYPED)


def _parse(smiles: str, source: str) -> Any:  # noqa: ANN401
    """Return the unsanitised molecule of a SMILES."""
    from rdkit import Chem, rdBase

    if not smiles:
        raise InputError(f"{source}: the SMILES is empty", hint="Write one, such as CCO for ethanol.")
    if len(smiles) > MAX_SMILES_LENGTH:
        raise InputError(
            f"{source}: a SMILES of {len(smiles)} characters, at most {MAX_SMILES_LENGTH} are read: so long a one has "
            f"more than the {MOST_ATOMS} atoms that can be computed",
            hint="Cut out the part that you want to know of, and saturate it with H or CH3.",
        )
    if not _is_one_word(smiles):
        raise InputError(
            f"{source}: {shortened(smiles)!r} holds a space, which no SMILES does",
            hint="Names and options don't belong into the same argument; names go into a .smi or .csv file.",
        )
    check_characters(smiles, source=source)
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles, _parameters())
    if mol is None:
        with captured_rdkit_log() as log:
            Chem.MolFromSmiles(smiles, _parameters())
        if "|" in smiles and is_smiles(smiles.split(maxsplit=1)[0]):
            raise InputError(
                f"{source}: the extension of {shortened(smiles)!r} can't be read: "
                f"{log.reason() or 'RDKit gives no reason'}",
                hint="Give the SMILES alone, without |...|.",
            )
        raise InputError(
            f"{source}: {shortened(smiles)!r} is not a SMILES: {shortened(log.reason()) or 'RDKit gives no reason'}",
            hint="Check brackets and ring closures"
            + (" and quotes (the shell eats some characters: put a SMILES in '...')." if is_typed(source) else "."),
        )
    return mol


@lru_cache(maxsize=1)
def _parameters() -> Any:  # noqa: ANN401
    """Return parser settings: nothing repaired, nothing guessed; what a CXSMILES says of stereo and radicals counts."""
    from rdkit import Chem

    parameters = Chem.SmilesParserParams()
    parameters.sanitize = False
    parameters.removeHs = False
    parameters.parseName = False
    parameters.allowCXSMILES = True
    parameters.strictCXSMILES = True
    return parameters
