"""What an argument of the command line is, and the molecules in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from qmnmr.datatypes.molecule import Molecule
from qmnmr.errors import InputError
from qmnmr.structures.build import build_molecules
from qmnmr.structures.files import read_text
from qmnmr.structures.mol_file import parse_sdf
from qmnmr.structures.record import Record
from qmnmr.structures.smiles import is_smiles, parse_smiles
from qmnmr.structures.tables import check_charge, parse_csv, parse_smi
from qmnmr.structures.xyz import parse_xyz

EXTENSIONS = (".smi", ".csv", ".sdf", ".mol", ".xyz")


def read_molecules(
    inputs: Sequence[str], *, charge: int | None = None, report: Callable[[int], None] | None = None
) -> tuple[Molecule, ...]:
    """Return the molecules of all inputs, in order; each input is a file (.smi .csv .sdf .mol .xyz) or a SMILES.

    `charge` is what XYZ files lack (default 0); other inputs carry theirs, and it must not contradict them. `report` is
    told after each molecule how many are read. Raises InputError for anything that can't be computed or can't be told
    apart.
    """
    if not inputs:
        raise InputError(
            "no molecules were given", hint="Give a SMILES such as CCO, or a .smi .csv .sdf .mol .xyz file."
        )
    molecules = build_molecules(_all_records(inputs, charge, report))
    if charge is not None:
        for molecule in molecules:
            check_charge(molecule.charge, charge, source=molecule.source, wanted_by="--charge")
    return molecules


def molecules_from_smiles(named: Sequence[tuple[str, str]], *, source: str) -> tuple[Molecule, ...]:
    """Return the molecules of (name, SMILES) pairs, in order. Raises InputError as read_molecules does."""
    return build_molecules(parse_smiles(smiles, name=name, source=f"{source}, {name}") for name, smiles in named)


def _all_records(inputs: Sequence[str], charge: int | None, report: Callable[[int], None] | None) -> Iterator[Record]:
    """Yield the entries of all inputs; the next one is read when the one before is done with."""
    count = 0
    for text in inputs:
        for record in _records(text, charge):
            yield record
            count += 1
            if report is not None:
                report(count)


def _records(text: str, charge: int | None) -> Iterable[Record]:
    """Return the entries of one input."""
    if not text.strip():
        raise InputError("an empty input was given", hint="Give a SMILES such as CCO, or a file.")
    path = _as_file(text)
    if path is not None:
        return read_file(path, charge=charge)
    smiles = text.strip()
    return (parse_smiles(smiles, name=smiles, source=f"SMILES {_short(smiles)}", name_is_smiles=True),)


def read_file(path: Path, *, charge: int | None = None) -> Iterable[Record]:
    """Return the entries of one file, read by its extension as they are asked for."""
    content = read_text(path)
    source = str(path)
    if not content.strip():
        raise InputError(f"{path}: nothing but blank lines", hint="Was it written completely? Write it again.")
    match path.suffix.lower():
        case ".smi":
            return parse_smi(content, source=source)
        case ".csv":
            return parse_csv(content, source=source)
        case ".xyz":
            return parse_xyz(content, source=source, stem=path.stem, charge=charge or 0)
        case _:
            return parse_sdf(content, source=source, stem=path.stem)


def _as_file(text: str) -> Path | None:
    """Return the path if the input means a file, None if it is a SMILES.

    Raises InputError where it looks like a file that is not there, or has an extension that we don't read.
    """
    path = Path(text)
    known = path.suffix.lower() in EXTENSIONS
    exists = _exists(path)
    if known and exists:
        return path
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
        raise InputError(f"{_short(text)}: neither an existing file nor a SMILES", hint="Check the path.")
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


def _short(text: str) -> str:
    """Return a text cut to what fits into a message."""
    return text if len(text) <= 80 else text[:77] + "..."
