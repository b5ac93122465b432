"""SMILES to a checked RDKit molecule."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from qmnmr.errors import InputError
from qmnmr.structures.atoms import atoms
from qmnmr.structures.checks import check_atoms, check_closed_shell
from qmnmr.structures.rdkit_log import captured_rdkit_log
from qmnmr.structures.record import Record
from qmnmr.structures.stereo import settle_stereo

MAX_SMILES_LENGTH = 5000


def parse_smiles(text: str, *, name: str, source: str, name_is_smiles: bool = False) -> Record:
    """Return the molecule that a SMILES describes: its heavy atoms in the order written, then the hydrogens.

    Raises InputError with RDKit's own reason for a broken SMILES, and for structures that can't be computed.
    """
    from rdkit import Chem, rdBase

    smiles = text.strip()
    mol = _parse(smiles, source)
    check_atoms(mol, source=source)
    sanitise(mol, source=source)
    if mol.GetNumHeavyAtoms() < mol.GetNumAtoms():
        with rdBase.BlockLogs():  # it warns about H2 and H+
            mol = Chem.RemoveHs(mol)
    check_closed_shell(mol, source=source)
    if ":" in smiles:
        for atom in atoms(mol):
            atom.SetAtomMapNum(0)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    mol, notes = settle_stereo(mol, source=source)
    return Record(name=name, source=source, mol=Chem.AddHs(mol), name_is_smiles=name_is_smiles, notes=notes)


def is_smiles(text: str) -> bool:
    """Return whether RDKit can read the syntax of this text as a SMILES."""
    from rdkit import Chem, rdBase

    text = text.strip()
    if not text or len(text) > MAX_SMILES_LENGTH or len(text.split()) > 1:
        return False
    with rdBase.BlockLogs():
        return Chem.MolFromSmiles(text, _parameters()) is not None


def sanitise(mol: Any, *, source: str) -> None:  # noqa: ANN401
    """Sanitise in place; raises InputError with RDKit's reason (valence, aromaticity)."""
    from rdkit import Chem, rdBase

    untouched = Chem.Mol(mol)
    with rdBase.BlockLogs():
        try:
            Chem.SanitizeMol(mol)
        except (ValueError, RuntimeError) as error:
            problems = [problem.Message() for problem in Chem.DetectChemistryProblems(untouched)] or [str(error)]
        else:
            return
    raise InputError(
        f"{source}: RDKit can't make sense of the structure: {problems[0].rstrip('.')} (its atoms count from 0)",
        hint="Check valences, charges ([N+], [O-]) and aromatic rings ([nH]).",
    )


def _parse(smiles: str, source: str) -> Any:  # noqa: ANN401
    """Return the unsanitised molecule of a SMILES."""
    from rdkit import Chem, rdBase

    if not smiles:
        raise InputError(f"{source}: the SMILES is empty", hint="Write one, such as CCO for ethanol.")
    if len(smiles) > MAX_SMILES_LENGTH:
        raise InputError(f"{source}: a SMILES of {len(smiles)} characters", hint=f"At most {MAX_SMILES_LENGTH}.")
    if len(smiles.split()) > 1:
        raise InputError(
            f"{source}: {smiles!r} holds a space, which no SMILES does",
            hint="Names and options don't belong into the same argument; names go into a .smi or .csv file.",
        )
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles, _parameters())
    if mol is None:
        with captured_rdkit_log() as log:
            Chem.MolFromSmiles(smiles, _parameters())
        raise InputError(
            f"{source}: {smiles!r} is not a SMILES: {log.reason() or 'RDKit gives no reason'}",
            hint="Check brackets, ring closures and quotes (the shell eats some characters: put a SMILES in '...').",
        )
    return mol


@lru_cache(maxsize=1)
def _parameters() -> Any:  # noqa: ANN401
    """Return parser settings: nothing repaired, nothing guessed."""
    from rdkit import Chem

    parameters = Chem.SmilesParserParams()
    parameters.sanitize = False
    parameters.removeHs = False
    parameters.parseName = False
    parameters.allowCXSMILES = False
    return parameters
