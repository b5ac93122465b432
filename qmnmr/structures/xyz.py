"""XYZ files: atoms in space, bonds from distances."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from qmnmr.datatypes.molecule import Geometry, Position
from qmnmr.errors import InputError
from qmnmr.structures.bond_orders import assign_bond_orders, drop_surplus_bonds
from qmnmr.structures.checks import check_atoms, check_closed_shell, check_distances, check_electrons
from qmnmr.structures.flatness import is_flattened
from qmnmr.structures.rdkit_log import captured_rdkit_log
from qmnmr.structures.record import Entry, Record
from qmnmr.structures.stereo.axes import axes_from_space
from qmnmr.structures.stereo.isomers import assign_from_3d
from qmnmr.structures.stereo.settling import settle_stereo

_FORMAT_HINT = "XYZ: the number of atoms, a comment line, then one line per atom: element x y z in Å."
_MAX_DIGITS = 9


def parse_xyz(text: str, *, source: str, stem: str, charge: int) -> Iterator[Entry]:
    """Yield the molecules of an XYZ file, one for each frame, named stem-1, stem-2 and so on.

    A flat drawing, and a frame whose charge no bonds fit, is a bad entry. Raises InputError, before the first one, for
    broken lines.
    """
    frames = split_frames(text, source=source)
    for number, (place, geometry) in enumerate(frames, start=1):
        try:
            yield _record(geometry, name=f"{stem}-{number}", source=place, charge=charge)
        except InputError as error:
            yield error


def split_frames(text: str, *, source: str) -> list[tuple[str, Geometry]]:
    """Return (place, geometry) for each frame of an XYZ text."""
    lines = text.rstrip().split("\n")
    if lines == [""]:
        raise InputError(f"{source}: nothing but blank lines", hint=_FORMAT_HINT)
    frames = []
    start = 0
    while start < len(lines):
        count = _count(lines[start], f"{source}, line {start + 1}")
        end = start + 2 + count
        if end > len(lines):
            raise InputError(
                f"{source}, line {start + 1}: {count} atoms announced, {max(len(lines) - start - 2, 0)} lines follow",
                hint="The file is cut, or its first line is wrong. " + _FORMAT_HINT,
            )
        atoms = [_atom(lines[number], f"{source}, line {number + 1}") for number in range(start + 2, end)]
        place = source if start == 0 and end == len(lines) else f"{source}, frame at line {start + 1}"
        geometry = Geometry(
            symbols=tuple(symbol for symbol, _ in atoms), coordinates_angstrom=tuple(where for _, where in atoms)
        )
        frames.append((place, geometry))
        start = end
    return frames


def _count(line: str, place: str) -> int:
    """Return the number of atoms that a frame announces."""
    text = line.strip()
    if not text.isdecimal():
        raise InputError(f"{place}: expected a number of atoms, found {text[:40]!r}", hint=_FORMAT_HINT)
    if len(text) > _MAX_DIGITS:
        raise InputError(f"{place}: {text[:40]}… is no number of atoms", hint=_FORMAT_HINT)
    if int(text) == 0:
        raise InputError(f"{place}: the frame has no atoms", hint=_FORMAT_HINT)
    return int(text)


def _atom(line: str, place: str) -> tuple[str, Position]:
    """Return symbol and position (Å) of an atom line; columns after z are left alone."""
    fields = line.split()
    if len(fields) == 3:
        raise InputError(
            f"{place}: only two coordinates: {line.strip()[:60]!r}", hint="Give x, y and z. " + _FORMAT_HINT
        )
    if len(fields) < 4:
        raise InputError(f"{place}: not an atom line: {line.strip()[:60]!r}", hint=_FORMAT_HINT)
    try:
        x, y, z = (float(field.replace("D", "E").replace("d", "e")) for field in fields[1:4])
    except ValueError:
        raise InputError(f"{place}: not a number in {line.strip()[:60]!r}", hint=_FORMAT_HINT) from None
    if not all(math.isfinite(value) and abs(value) < 1e5 for value in (x, y, z)):
        raise InputError(f"{place}: a coordinate is not a finite length: {line.strip()[:60]!r}", hint=_FORMAT_HINT)
    return _symbol(fields[0], place), (x, y, z)


def _symbol(text: str, place: str) -> str:
    """Return the element of an XYZ label: C, c, 6."""
    from rdkit import Chem

    table = Chem.GetPeriodicTable()
    if text in ("D", "T"):
        raise InputError(f"{place}: {text} is an isotope of hydrogen", hint="Write H: shieldings hardly depend on it.")
    if text.isdecimal() and len(text) <= _MAX_DIGITS and 1 <= int(text) <= 118:
        return str(table.GetElementSymbol(int(text)))
    with captured_rdkit_log():
        try:
            number = table.GetAtomicNumber(text.capitalize()) if text.isalpha() else -1
        except RuntimeError:
            number = -1
    if number < 1:
        raise InputError(f"{place}: {text[:20]!r} is no element", hint=_FORMAT_HINT)
    return str(table.GetElementSymbol(number))


def _record(geometry: Geometry, *, name: str, source: str, charge: int) -> Record:
    """Return the molecule of one frame."""
    import numpy as np

    coordinates = np.array(geometry.coordinates_angstrom)
    mol = _atoms_only(geometry)
    check_distances(coordinates, source=source)
    mol = _connect(mol, source)
    check_atoms(mol, source=source)
    check_electrons(sum(atom.GetAtomicNum() for atom in mol.GetAtoms()) - charge, charge, source=source)
    if _is_flat_with_four_bonds(mol, coordinates):
        raise _flat(source)
    mol = _with_bond_orders(mol, charge, source)
    if is_flattened(mol, coordinates):
        raise _flat(source)
    check_closed_shell(mol, source=source)
    assign_from_3d(mol)
    settled = settle_stereo(mol, axes_from_space(mol), source=source)
    return Record(
        name=name,
        source=source,
        mol=settled.mol,
        smiles=settled.smiles,
        axes=settled.axes,
        has_geometry=True,
        notes=settled.notes,
    )


def _is_flat_with_four_bonds(mol: Any, coordinates: Any) -> bool:  # noqa: ANN401
    """Return whether an atom with four bonds lies in a plane with all others."""
    return is_flattened(mol, coordinates) and any(atom.GetDegree() >= 4 for atom in mol.GetAtoms())


def _flat(source: str) -> InputError:
    """Return the error for a drawing in a plane."""
    return InputError(
        f"{source}: all atoms lie in one plane, but the molecule needs three dimensions: a 2D drawing",
        hint="Give its SMILES instead, or build 3D coordinates first.",
    )


def _atoms_only(geometry: Geometry) -> Any:  # noqa: ANN401
    """Return an RDKit molecule without bonds."""
    from rdkit import Chem
    from rdkit.Geometry import Point3D

    mol = Chem.RWMol()
    conformer = Chem.Conformer(len(geometry.symbols))
    conformer.Set3D(True)
    for index, (symbol, position) in enumerate(zip(geometry.symbols, geometry.coordinates_angstrom, strict=True)):
        atom = Chem.Atom(symbol)
        atom.SetNoImplicit(True)
        mol.AddAtom(atom)
        conformer.SetAtomPosition(index, Point3D(*position))
    mol.AddConformer(conformer)
    return mol


def _connect(mol: Any, source: str) -> Any:  # noqa: ANN401
    """Return the molecule with bonds where atoms are near enough."""
    from rdkit.Chem import rdDetermineBonds

    with captured_rdkit_log() as log:
        try:
            rdDetermineBonds.DetermineConnectivity(mol)
            drop_surplus_bonds(mol)
        except (ValueError, RuntimeError) as error:
            raise InputError(
                f"{source}: bonds can't be found: {log.reason() or error}", hint="Are the coordinates in Å?"
            ) from error
    return mol


def _with_bond_orders(mol: Any, charge: int, source: str) -> Any:  # noqa: ANN401
    """Return the molecule with bond orders and formal charges that add up to the charge."""
    from rdkit import Chem

    work = Chem.RWMol(mol)
    reason = ""
    with captured_rdkit_log() as log:
        try:
            if assign_bond_orders(work, charge=charge):
                Chem.SanitizeMol(work)
                return work
        except (ValueError, RuntimeError) as error:
            reason = ": " + " ".join((log.reason() or str(error)).split())
    raise InputError(
        f"{source}: no bond orders fit the coordinates at charge {charge:+d}{reason}",
        hint="Check --charge and the geometry, or give an SDF, which carries bonds and charges.",
    )
