"""What an argument of the command line is, and the molecules in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from qmnmr.datatypes.molecule import Molecule
from qmnmr.errors import InputError, shortened
from qmnmr.structures.build import build_entries, build_molecules, with_ids
from qmnmr.structures.ensembles import as_ensembles
from qmnmr.structures.files import read_text
from qmnmr.structures.mol_file import GivenMol, parse_mol, parse_sdf
from qmnmr.structures.names import printable, told_apart
from qmnmr.structures.record import Entries, joined, refusal_line, refusal_of_all
from qmnmr.structures.smiles import TYPED, is_smiles, parse_smiles
from qmnmr.structures.tables import check_charge, parse_csv, parse_smi
from qmnmr.structures.xyz import parse_xyz

_SURROGATE = re.compile("[\ud800-\udfff]")  # Python's stand-in for a byte of an argument that is not UTF-8

EXTENSIONS = (".smi", ".csv", ".sdf", ".mol", ".xyz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The molecules of all inputs, and what was left out of them."""

    molecules: tuple[Molecule, ...]
    skipped: tuple[str, ...] = ()  # a line for each entry that can't be used: where, what, and what to do


def read_molecules(
    inputs: Sequence[str], *, charge: int | None = None, report: Callable[[int], None] | None = None
) -> tuple[Molecule, ...]:
    """Return the molecules of all inputs, in order. Raises InputError as `read_inputs` does."""
    return read_inputs(inputs, charge=charge, report=report).molecules


def read_inputs(
    inputs: Sequence[str],
    *,
    charge: int | None = None,
    skip_bad: bool = False,
    report: Callable[[int], None] | None = None,
) -> Reading:
    """Return the molecules of all inputs, in order: files (.smi .csv .sdf .mol .xyz), SMILES, GivenMol.

    `charge` is what XYZ files lack (default 0); other inputs carry theirs, and it must not contradict them. With
    `skip_bad` entries that can't be computed are left out, and listed. `report` is told after each entry how many are
    read. Raises InputError that lists all bad entries otherwise, and where none is left.
    """
    if not inputs:
        raise InputError(
            "no molecules were given", hint="Give a SMILES such as CCO, or a .smi .csv .sdf .mol .xyz file."
        )
    tell = _teller(report)
    entries = joined(_entries(text, charge, tell) for text in inputs)
    molecules, refused = list(entries.molecules), list(entries.refused)
    if charge is not None:
        molecules, wrong = _of_charge(molecules, charge)
        refused += wrong
    repeated = told_apart([(molecule.name, molecule.source) for molecule in molecules])
    refused += repeated.values()
    good = [molecule for place, molecule in enumerate(molecules) if place not in repeated]
    if refused and not (skip_bad and good):
        raise refusal_of_all(refused, entries=len(good) + len(refused), unit=entries.unit)
    return Reading(molecules=with_ids(good), skipped=tuple(refusal_line(error) for error in refused))


def molecules_from_smiles(named: Sequence[tuple[str, str]], *, source: str) -> tuple[Molecule, ...]:
    """Return the molecules of (name, SMILES) pairs, in order, with their very names.

    Raises InputError as read_molecules does, and for a name that can't be printed.
    """
    for name, _ in named:
        if printable(name) != name:
            raise InputError(f"{source}: the name {name!r} holds what can't be printed", hint="Write it without.")
    return build_molecules(parse_smiles(smiles, name=name, source=f"{source}, {name}") for name, smiles in named)


def _teller(report: Callable[[int], None] | None) -> Callable[[], None]:
    """Return what counts the entries of all inputs and tells it."""
    numbers = count(1)

    def tell() -> None:
        if report is not None:
            report(next(numbers))

    return tell


def _of_charge(molecules: Sequence[Molecule], charge: int) -> tuple[list[Molecule], list[InputError]]:
    """Return the molecules of this charge, and the errors of the others."""
    good, refused = [], []
    for molecule in molecules:
        try:
            check_charge(molecule.charge, charge, source=molecule.source, wanted_by="--charge")
        except InputError as error:
            refused.append(error)
        else:
            good.append(molecule)
    return good, refused


def _entries(text: str, charge: int | None, tell: Callable[[], None]) -> Entries:
    """Return the entries of one input; an input that is none at all is a bad entry."""
    if isinstance(text, GivenMol):
        return _of_structures(build_entries(parse_mol(text), unit="conformer", tell=tell), stem=str(text))
    try:
        path = _as_file(text)
        if path is not None:
            return _of_file(path, charge, tell)
        smiles = text.strip()
        record = parse_smiles(smiles, name=smiles, source=f"{TYPED}{shortened(smiles)}")
    except InputError as error:
        return Entries(refused=(error,))
    return build_entries((record,), unit="input", tell=tell)


def _of_file(path: Path, charge: int | None, tell: Callable[[], None]) -> Entries:
    """Return the entries of one file, read by its extension one by one."""
    content = read_text(path)
    source = str(path)
    if not content.strip():
        raise InputError(f"{path}: nothing but blank lines", hint="Was it written completely? Write it again.")
    match path.suffix.lower():
        case ".smi":
            return build_entries(parse_smi(content, source=source), unit="line", tell=tell)
        case ".csv":
            return build_entries(parse_csv(content, source=source), unit="line", tell=tell)
        case ".xyz":
            frames = parse_xyz(content, source=source, stem=path.stem, charge=charge or 0)
            return _of_structures(build_entries(frames, unit="frame", tell=tell), stem=path.stem)
        case _:
            records = parse_sdf(content, source=source, stem=path.stem)
            return _of_structures(build_entries(records, unit="record", tell=tell), stem=path.stem)


def _of_structures(entries: Entries, *, stem: str) -> Entries:
    """Return the entries of a file of structures, those of one compound as its conformers.

    A file of one compound names it; a title that an earlier one has gets its place behind it.
    """
    molecules = as_ensembles(entries.molecules, unit=entries.unit)
    if len(molecules) == 1 and not entries.refused and molecules[0].name == printable(f"{stem}-1"):
        molecules = (replace(molecules[0], name=printable(stem) or molecules[0].source),)
    seen: set[str] = set()
    named = []
    for molecule in molecules:
        repeats = molecule.name in seen
        name = f"{molecule.name} ({molecule.source.rpartition(', ')[2]})" if repeats else molecule.name
        seen.add(name)
        named.append(replace(molecule, name=name) if repeats else molecule)
    return replace(entries, molecules=tuple(named))


def _as_file(text: str) -> Path | None:
    """Return the path if the input means a file, None if it is a SMILES.

    Raises InputError where it looks like a file that is not there, or has an extension that we don't read.
    """
    if not text.strip():
        raise InputError("an empty input was given", hint="Give a SMILES such as CCO, or a file.")
    path = Path(text)
    known = path.suffix.lower() in EXTENSIONS
    exists = _exists(path)
    if known and exists:
        return path
    if _SURROGATE.search(text):
        raise InputError(
            f"{shortened(text)!a} is neither Unicode text nor a file that is read",
            hint="A SMILES is made of ASCII letters and signs.",
        )
    if known and not is_smiles(text):
        raise InputError(
            f"{text}: there is no such file", hint="Check the path; files are looked up from the current folder."
        )
    if is_smiles(text):
        return None
    if exists and path.is_dir():
        raise InputError(f"{text} is a folder, not a file", hint=f"Name the files in it: {text.rstrip('/')}/*.sdf")
    if exists:
        raise InputError(
            f"{text}: files of type {path.suffix or '(no extension)'} are not read",
            hint=f"Read are {' '.join(EXTENSIONS)}; Open Babel converts others.",
        )
    if _looks_like_path(text):
        raise InputError(f"{shortened(text)}: neither an existing file nor a SMILES", hint="Check the path.")
    return None


def _looks_like_path(text: str) -> bool:
    """Return whether a text that is no SMILES was rather meant as a path."""
    return text.startswith(("/", "./", "../", "~")) or Path(text).suffix[1:].isalnum()


def _exists(path: Path) -> bool:
    """Return whether there is such a file; texts that can't be paths are none."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
