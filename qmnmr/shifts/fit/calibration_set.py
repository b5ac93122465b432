"""Sets of molecules with assigned shifts: the shipped ones, and tables of a user.

A table is CSV with the columns molecule, smiles, nucleus, atoms, shift_ppm and, where they are needed, side, pair,
solvent and doubt. Lines before the header that start with "# key:" give name, source and solvent of the measurement.
An SDF beside it holds 3D structures by the molecules' names: they tell which H of a CH2, or which CH3 of a CMe2, an
atom is.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import resources

from qmnmr.datatypes.calibration import CalibrationSet, MeasuredMolecule, MeasuredShift
from qmnmr.datatypes.measured.shift_limits import measured_shift
from qmnmr.datatypes.rdkit_molecule import geometries_of_sdf
from qmnmr.datatypes.shift import NUCLEI
from qmnmr.datatypes.solvents import CHLOROFORM, SOLVENTS, find_solvent
from qmnmr.errors import InputError

DEFAULT_SOLVENT = CHLOROFORM.name
"""What a table that does not say was measured in."""

SHIPPED_SETS = ("delta50", "stx100", "multisolvent", "f19", "p31")
COLUMNS = ("molecule", "smiles", "nucleus", "atoms", "shift_ppm")
_HEADER = re.compile(r"#\s*(?P<key>\w+)\s*:\s*(?P<value>.*\S)\s*$")
_SIDE = re.compile(r"(cis|trans) \d+-\d+-\d+$")


def shipped_set(name: str, *, solvent: str = DEFAULT_SOLVENT) -> CalibrationSet:
    """Return a set that comes with qmnmr, of several solvents the shifts in this one.

    Raises InputError for an unknown name, or a solvent that such a set does not have.
    """
    if name not in SHIPPED_SETS:
        raise InputError(
            f"there is no calibration set {name!r}",
            hint=f"give a CSV file, or one of: {', '.join(SHIPPED_SETS)}",
        )
    folder = resources.files("qmnmr.shifts").joinpath("data/sets")
    structures = folder.joinpath(f"{name}.sdf")
    return parse_set(
        folder.joinpath(f"{name}.csv").read_text(encoding="utf-8"),
        source=name,
        name=name,
        solvent=solvent,
        structures=structures.read_text(encoding="utf-8") if structures.is_file() else "",
    )


def joined_sets(sets: Sequence[CalibrationSet]) -> CalibrationSet:
    """Return several sets as one; a compound that two of them have is that of the first.

    Raises InputError for different solvents, or one name for two compounds.
    """
    if len(sets) == 1:
        return sets[0]
    solvents = {measured.solvent for measured in sets}
    if len(solvents) > 1:
        raise InputError(
            f"the sets were measured in {' and '.join(sorted(solvents))}", hint="fit those of one solvent together"
        )
    compounds: dict[str, MeasuredMolecule] = {}
    for molecule in (molecule for measured in sets for molecule in measured.molecules):
        compounds.setdefault(_compound(molecule.smiles), molecule)
    names = Counter(molecule.name for molecule in compounds.values())
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise InputError(f"two of the sets have another compound by the name {twice[0]}", hint="rename one of them")
    return CalibrationSet(
        name=" + ".join(measured.name for measured in sets),
        source="; ".join(measured.source for measured in sets),
        solvent=sets[0].solvent,
        molecules=tuple(compounds.values()),
    )


def without_doubt(measured: CalibrationSet) -> tuple[CalibrationSet, tuple[str, ...]]:
    """Return the set without signals whose data are doubted, and a line for each molecule that has such ones."""
    lines = []
    for entry in measured.molecules:
        doubted = [shift for shift in entry.shifts if shift.doubt]
        for reason in dict.fromkeys(shift.doubt for shift in doubted):
            found = [f"{s.nucleus} {s.shift_ppm:g}" for s in doubted if s.doubt == reason]
            lines.append(f"{entry.name}, {', '.join(found)} ppm: {reason}")
    kept = [replace(entry, shifts=tuple(s for s in entry.shifts if not s.doubt)) for entry in measured.molecules]
    return replace(measured, molecules=tuple(entry for entry in kept if entry.shifts)), tuple(lines)


def parse_set(
    text: str, *, source: str, name: str, solvent: str = DEFAULT_SOLVENT, structures: str = ""
) -> CalibrationSet:
    """Return the set that a table describes; `source` names the table in errors, `name` the set if it has none itself.

    `solvent` picks the rows of a table that has several, `structures` is an SDF. Raises InputError with the line for a
    missing column, a shift that is no number, a nucleus or solvent that is not known, an atom listed twice, a molecule
    whose SMILES changes, or marks that are no pairs; and for a solvent that the table does not have.
    """
    geometries = geometries_of_sdf(structures)
    head, body, offset = _split(text)
    reader = csv.DictReader(io.StringIO(body), strict=True)
    missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            f"{source}: no column {', '.join(missing)}; found: {', '.join(reader.fieldnames or ())[:100]}",
            hint=f"the header must be {','.join(COLUMNS)} (and ,side ,pair where needed)",
        )
    rows, measured_in = _in_solvent(list(_rows(reader, source, offset)), solvent, source)
    smiles: dict[str, str] = {}
    shifts: dict[str, list[MeasuredShift]] = {}
    for place, row in rows:
        molecule, written = _cell(row, "molecule", place), _cell(row, "smiles", place)
        if smiles.setdefault(molecule, written) != written:
            raise InputError(f"{place}: {molecule} was {smiles[molecule]} before, here it is {written}")
        shift = _shift(row, place)
        _check_new(shift, shifts.setdefault(molecule, []), f"{place}: {molecule}")
        shifts[molecule].append(shift)
    if not shifts:
        raise InputError(f"{source}: no shifts in it", hint="one line for each signal below the header")
    for molecule, found in shifts.items():
        for (nucleus, mark), count in Counter((s.nucleus, s.pair) for s in found if s.pair).items():
            if count != 2:
                raise InputError(
                    f"{source}: {molecule} has {count} {nucleus} signals of the pair {mark}",
                    hint="two signals that were not told apart share a mark",
                )
    return CalibrationSet(
        name=head.get("name", name),
        source=head.get("source", source),
        solvent=measured_in or head.get("solvent", DEFAULT_SOLVENT),
        molecules=tuple(
            MeasuredMolecule(name=m, smiles=smiles[m], shifts=tuple(found), geometry=geometries.get(m))
            for m, found in shifts.items()
        ),
    )


Row = Mapping[str, str | None]


def _rows(reader: csv.DictReader[str], source: str, offset: int) -> Iterator[tuple[str, Row]]:
    """Yield each row with its place."""
    try:
        for row in reader:
            yield f"{source}, line {reader.line_num + offset}", row
    except csv.Error as error:
        raise InputError(f"{source}, line {reader.line_num + offset}: not CSV: {error}") from None


def _in_solvent(
    rows: Sequence[tuple[str, Row]], solvent: str, source: str
) -> tuple[Sequence[tuple[str, Row]], str | None]:
    """Return the rows of this solvent and its name; all rows and None of a table that names no solvents."""
    solvents = [_solvent_name(row.get("solvent") or "", place) for place, row in rows]
    if not any(solvents):
        return rows, None
    wanted = _solvent_name(solvent, "the solvent")
    found = [row for row, own in zip(rows, solvents, strict=True) if own in (wanted, "")]
    if not found:
        names = ", ".join(sorted(set(solvents) - {""}))
        raise InputError(f"{source}: nothing was measured in {wanted}", hint=f"--solvent: {names}")
    return found, wanted


def _compound(smiles: str) -> str:
    """Return what two spellings of one compound have in common."""
    from rdkit import Chem

    mol = Chem.MolFromSmiles(smiles)
    return smiles if mol is None else str(Chem.MolToSmiles(mol))


def _split(text: str) -> tuple[dict[str, str], str, int]:
    """Return the keys above the header, the table, and how many lines come before it."""
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    found = (_HEADER.match(line) for line in lines[:first])
    return {m["key"]: m["value"] for m in found if m}, "\n".join(lines[first:]), first


def _cell(row: Row, column: str, place: str) -> str:
    value = (row.get(column) or "").strip()
    if not value:
        raise InputError(f"{place}: {column} is empty")
    return value


def _shift(row: Row, place: str) -> MeasuredShift:
    nucleus, side = _cell(row, "nucleus", place), (row.get("side") or "").strip()
    if nucleus not in NUCLEI.values():
        raise InputError(f"{place}: {nucleus!r} is not a nucleus", hint=f"one of {', '.join(NUCLEI.values())}")
    if side and not _SIDE.match(side):
        raise InputError(
            f"{place}: the side {side!r} is not understood",
            hint="write cis 2-4-5: the group on atom 2 that lies cis to atom 5 across the bond 2-4",
        )
    value = measured_shift(_cell(row, "shift_ppm", place), nucleus=nucleus, place=place)
    try:
        atoms = tuple(int(a) for a in _cell(row, "atoms", place).split())
    except ValueError as error:
        raise InputError(f"{place}: {error}", hint="atoms are numbers from 1, with spaces between") from None
    pair = (row.get("pair") or "").strip()
    doubt = (row.get("doubt") or "").strip()
    return MeasuredShift(nucleus=nucleus, atoms=atoms, shift_ppm=value, side=side, pair=pair, doubt=doubt)


def _solvent_name(text: str, place: str) -> str:
    """Return a solvent as qmnmr names it, "" for no text."""
    if not text.strip():
        return ""
    try:
        solvent = find_solvent(text)
    except KeyError:
        names = ", ".join(s.name for s in SOLVENTS)
        words = f"{place}: {text!r} is not a solvent that qmnmr knows"
        raise InputError(words, hint=f"one of {names}, or gas") from None
    return "gas phase" if solvent is None else solvent.name


def _check_new(shift: MeasuredShift, before: list[MeasuredShift], place: str) -> None:
    if len(set(shift.atoms)) < len(shift.atoms):
        raise InputError(f"{place}: an atom is named twice in one signal")
    for other in before:
        shared = set(shift.atoms) & set(other.atoms)
        sides = {shift.side, other.side}
        if shared and not (len(sides) == 2 and "" not in sides):
            raise InputError(f"{place}: atom {min(shared)} has two shifts, {other.shift_ppm:g} and {shift.shift_ppm:g}")
