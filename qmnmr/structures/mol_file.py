"""MDL mol files and SDF (V2000, V3000), and RDKit's molecules of a Python program, which are read as such a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from qmnmr.datatypes.rdkit_molecule import has_positive_dihedral
from qmnmr.errors import InputError
from qmnmr.structures.checks import check_atoms, check_closed_shell, check_distances
from qmnmr.structures.flatness import is_flattened
from qmnmr.structures.rdkit_log import captured_rdkit_log
from qmnmr.structures.record import Entry, Record
from qmnmr.structures.smiles import check_stereo_groups, clear_annotations, parse_smiles, sanitise
from qmnmr.structures.stereo.axes import axes_from_space, axes_from_wedges
from qmnmr.structures.stereo.cumulenes import sides_from_drawing
from qmnmr.structures.stereo.isomers import assign_from_3d
from qmnmr.structures.stereo.settling import settle_stereo

_NAME_FIELD = re.compile(r"^>[^\n]*<_?name>[^\n]*\n(?P<name>[^\n]+)", re.IGNORECASE | re.MULTILINE)
_VERSION = re.compile(r"V[23]000\s*$")
_V3000_COUNTS = re.compile(r"^M  V30 COUNTS\s+(?P<atoms>\d+)", re.MULTILINE)

WITHOUT_HYDROGENS = "the file's 3D coordinates lack hydrogens and were used for the stereo only"
"""The note of a molecule that has no geometry of its own though its file has coordinates."""


def parse_sdf(text: str, *, source: str, stem: str) -> Iterator[Entry]:
    """Yield the molecules of an SDF or mol file; the title names each, else the field Name, else stem-1 and so on."""
    blocks = re.split(r"^\$\$\$\$[^\n]*\n?", text, flags=re.MULTILINE)
    while blocks and not blocks[-1].strip():
        blocks.pop()
    if not blocks:
        raise InputError(f"{source}: no molecules in it", hint="Write the file again from the drawing program.")
    for number, block in enumerate(blocks, start=1):
        place = source if len(blocks) == 1 else f"{source}, record {number}"
        try:
            yield parse_block(block, source=place, default_name=f"{stem}-{number}")
        except InputError as error:
            yield error


def parse_block(block: str, *, source: str, default_name: str) -> Record:
    """Return the molecule of one record: heavy atoms in the file's order, missing hydrogens at the end."""
    from rdkit import Chem

    _check_complete(block, source)
    mol = _read(block, source, sanitized=False)
    check_atoms(mol, source=source)
    sanitise(mol, source=source, again=lambda: _read(block, source, sanitized=False))
    check_closed_shell(mol, source=source)
    mol = _read(block, source, sanitized=True)
    clear_annotations(mol)
    check_stereo_groups(mol, source=source)
    complete = all(atom.GetTotalNumHs() == 0 for atom in mol.GetAtoms())
    spatial = _is_3d(mol)
    notes: tuple[str, ...] = ()
    axes = axes_from_wedges(mol)
    if mol.GetNumConformers() and not spatial:
        axes |= sides_from_drawing(mol)
    if spatial:
        check_distances(mol.GetConformer().GetPositions(), source=source)
        assign_from_3d(mol)
        axes = axes_from_space(mol) | {
            axis: has_positive_dihedral(mol.GetConformer().GetPositions(), axis) for axis in axes
        }
        if not complete:
            notes = (WITHOUT_HYDROGENS,)
    settled = settle_stereo(mol, axes, source=source)
    with_hydrogens = Chem.AddHs(settled.mol)
    return Record(
        name=_name(block) or default_name,
        source=source,
        mol=with_hydrogens,
        smiles=settled.smiles,
        axes=settled.axes,
        has_geometry=spatial and complete,
        notes=notes + settled.notes,
    )


def _check_complete(block: str, source: str) -> None:
    """Raise InputError if the record has no atoms or ends too early."""
    lines = block.split("\n")
    if len(lines) < 4 or not _VERSION.search(lines[3]):
        raise InputError(
            f"{source}: no counts line (… V2000 or V3000) in line 4 of the record",
            hint="A mol block starts with three header lines. Was the file cut or edited?",
        )
    counted = _V3000_COUNTS.search(block)
    count = counted["atoms"] if counted else lines[3][:3].strip()
    if "V3000" not in lines[3] and count == "0":
        raise InputError(
            f"{source}: the record has no atoms", hint="Was the structure drawn and saved? Check the file."
        )
    if counted and int(count) == 0:
        raise InputError(
            f"{source}: the record has no atoms", hint="Was the structure drawn and saved? Check the file."
        )
    if not re.search(r"^M  END", block, re.MULTILINE):
        raise InputError(
            f"{source}: the record ends before its line 'M  END' ({count or '?'} atoms announced)",
            hint="The file is truncated: copy or write it again.",
        )


def _read(block: str, source: str, *, sanitized: bool) -> Any:  # noqa: ANN401
    """Return RDKit's molecule of a mol block; raises InputError with its reason."""
    from rdkit import Chem

    with captured_rdkit_log() as log:
        mol = Chem.MolFromMolBlock(block, sanitize=sanitized, removeHs=False, strictParsing=True)
    if mol is None:
        raise InputError(
            f"{source}: RDKit can't read the record: {log.reason() or 'it gives no reason'}",
            hint="Was the file edited by hand or cut? Write it again.",
        )
    return mol


def _is_3d(mol: Any) -> bool:  # noqa: ANN401
    """Return whether the block holds a structure in space, not a drawing."""
    if not mol.GetNumConformers():
        return False
    positions = mol.GetConformer().GetPositions()
    if abs(positions[:, 2]).max() > 1e-3:
        return True
    # A drawing has z = 0 everywhere; so has benzene in space, which then says "3D" in its header.
    return bool(mol.GetConformer().Is3D()) and not is_flattened(mol, positions)


def _name(block: str) -> str:
    """Return the title line, else the data field Name or _Name, else nothing."""
    title = block.split("\n", 1)[0].strip()
    field = _NAME_FIELD.search(block)
    return title or (field["name"].strip() if field else "")


class GivenMol(str):
    """An input that is a molecule of RDKit's; as a text it is what a run says of its input: the name, or the SMILES."""

    __slots__ = ("mol",)

    mol: Any

    @classmethod
    def of(cls, mol: Any) -> GivenMol:  # noqa: ANN401
        """Return the input for a molecule; it is copied, so that what is done to it later changes nothing."""
        from rdkit import Chem

        title = mol.GetProp("_Name").strip() if mol.HasProp("_Name") else ""
        given = cls(title.split("\n", 1)[0] or Chem.MolToSmiles(Chem.RemoveHs(mol, sanitize=False)))
        given.mol = Chem.Mol(mol)
        return given


def parse_mol(given: GivenMol) -> Iterator[Entry]:
    """Yield the structure of each conformer in space, or of a molecule without one its drawing: atoms in its order.

    What is read is the mol block that RDKit writes. Without a structure in space the block has only drawn stereo, so
    that it is compared with the SMILES, which has all that RDKit knows.
    """
    source = f"RDKit molecule {given}"
    try:
        in_space = [conformer.GetId() for conformer in given.mol.GetConformers() if conformer.Is3D()]
        if not in_space:
            yield _drawn(given, source=source)
        for number, conformer in enumerate(in_space, start=1):
            place = source if len(in_space) == 1 else f"{source}, conformer {number}"
            yield parse_block(_block(given, conformer), source=place, default_name=str(given))
    except InputError as error:
        yield error


def _drawn(given: GivenMol, *, source: str) -> Record:
    from rdkit import Chem
    from rdkit.Chem import rdDepictor

    told = parse_smiles(Chem.MolToSmiles(given.mol), name=str(given), source=source)
    rdDepictor.Compute2DCoords(given.mol)
    found = parse_block(_block(given, -1), source=source, default_name=str(given))
    if found.smiles != told.smiles:
        raise InputError(
            f"{source}: its configuration can't be drawn: {found.smiles} instead of {told.smiles}",
            hint="give the SMILES, or embed the molecule (AllChem.EmbedMolecule), so that it has a structure in space",
        )
    return found


def _block(given: GivenMol, conformer: int) -> str:
    from rdkit import Chem

    mol = Chem.Mol(given.mol)
    mol.SetProp("_Name", str(given))
    if conformer >= 0:  # the structure decides, where the graph leaves open what is what
        Chem.AssignStereochemistryFrom3D(mol, conformer)
    return str(Chem.MolToMolBlock(mol, confId=conformer))
