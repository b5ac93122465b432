"""NMReDATA: spectra with assignments as tags of an SDF file.

Format: https://www.nmredata.org, versions 0.9 to 1.1, and files in the wild that keep to it less.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qmnmr.datatypes.measured.experiment import MeasuredSignal, Spectrum
from qmnmr.datatypes.shift import NUCLEI
from qmnmr.errors import InputError
from qmnmr.experiments.nuclei import parse_nucleus
from qmnmr.experiments.passage import shortened
from qmnmr.experiments.solvents import find_solvents
from qmnmr.experiments.tables.cells import finite_number, is_number, read_count, read_shift
from qmnmr.experiments.text.multiplicities import MULTIPLICITY, read_multiplicity
from qmnmr.experiments.text.paragraphs import Reading

_TAG = re.compile(r">.*<(?P<name>[^<>]+)>\s*(?:\(\d+\)\s*)?$")  # RDKit writes the record's number behind it
_SPECTRUM = re.compile(r"NMREDATA_1D_(?P<nucleus>\w+?)(?:#(?P<number>\w+))?$")
_HEADER = re.compile(r"(?P<key>[A-Za-z_]\w*)\s*=\s*(?P<value>.*)$")
_COMMA = re.compile(r",(?![^(]*\))(?![^<]*>)")
_COUPLING = re.compile(r"(?P<value>[-+]?\d{1,4}(?:\.\d+)?)\s*(?:\((?P<partner>.*)\))?$")
_UNKNOWN_SHIFT = 777.777

Line = tuple[int, str]


@dataclass(frozen=True, slots=True)
class _Record:
    """One molecule of the file: its mol block and its NMReDATA tags."""

    title: str
    block: str
    tags: dict[str, list[Line]]


def is_nmredata(text: str) -> bool:
    """Return whether a text has tags of NMReDATA."""
    return "<NMREDATA_" in text


def read_nmredata(text: str, *, source: str) -> Reading:
    """Return the 1D spectra of all records; atoms are numbered as in the record's structure with all hydrogens.

    Raises InputError with the line for what can't be read.
    """
    records = list(_records(text))
    spectra: list[Spectrum] = []
    notes: list[str] = []
    for record in records:
        structure = _Structure(record.block)
        assignment = _assignment(record.tags.get("NMREDATA_ASSIGNMENT", []), structure)
        notes += _ambiguities(record.tags.get("NMREDATA_ASSIGNMENT", []))
        solvent, _ = find_solvents(" ".join(line for _, line in record.tags.get("NMREDATA_SOLVENT", [])))
        for name, lines in record.tags.items():
            found = _SPECTRUM.match(name)
            nucleus = parse_nucleus(found["nucleus"]) if found else None
            if nucleus is None:
                if name.startswith(("NMREDATA_1D", "NMREDATA_2D")) and lines:
                    notes.append(f"line {lines[0][0]}: not read: {name}")
                continue
            read = _spectrum(lines, nucleus=nucleus, assignment=assignment, structure=structure, source=source)
            if read.signals:
                molecule = record.title if len(records) > 1 else ""
                spectra.append(replace(read, solvent=solvent, molecule=molecule))
    return Reading(tuple(spectra), tuple(notes))


def _records(text: str) -> Iterator[_Record]:
    """Yield the records of an SDF file that have tags, comments and the backslashes at line ends taken off."""
    lines: list[str] = []
    tags: dict[str, list[Line]] = {}
    current: list[Line] | None = None
    for number, line in enumerate((*text.split("\n"), "$$$$"), start=1):
        if line.startswith("$$$$"):
            if tags:
                yield _Record(lines[0].strip(), "\n".join(lines), tags)
            lines, tags, current = [], {}, None
        elif tag := _TAG.match(line):
            current = tags.setdefault(tag["name"].strip(), [])
        elif current is None:
            lines.append(line)
        elif content := _content(line):
            current.append((number, content))


def _content(line: str) -> str:
    """Return a line of a tag without comment and the backslash at its end."""
    text = re.sub(r";(?![^<]*>).*$", "", line.strip().rstrip("\\"))
    return text.strip().rstrip("\\").strip()


class _Structure:
    """The structure of a record with all hydrogens; empty where RDKit can't read it."""

    def __init__(self, block: str) -> None:
        from rdkit import Chem, rdBase

        with rdBase.BlockLogs():
            mol = Chem.MolFromMolBlock(block, removeHs=False)
        self._mol = None if mol is None else Chem.AddHs(mol)
        self.mapped_smiles = ""
        if self._mol is not None:
            copy = Chem.Mol(self._mol)
            for atom in copy.GetAtoms():
                atom.SetAtomMapNum(atom.GetIdx() + 1)
            self.mapped_smiles = Chem.MolToSmiles(copy)

    def atoms(self, words: Sequence[str]) -> tuple[int, ...]:
        """Return the atoms of words, 1-based: "4" is atom 4, "H3" all hydrogens on atom 3; none if one is not there."""
        found: list[int] = []
        for word in words:
            match = re.fullmatch(r"(?P<hydrogens>H)?(?P<number>\d{1,4})", word)
            if match is None or self._mol is None or not 0 < int(match["number"]) <= self._mol.GetNumAtoms():
                return ()
            atom = self._mol.GetAtomWithIdx(int(match["number"]) - 1)
            if match["hydrogens"]:
                found += [near.GetIdx() + 1 for near in atom.GetNeighbors() if near.GetSymbol() == "H"]
            else:
                found.append(atom.GetIdx() + 1)
        return tuple(sorted(set(found)))

    def has_element(self, atoms: Sequence[int], nucleus: str) -> bool:
        """Return whether all atoms are of the element of a nucleus."""
        return self._mol is not None and all(
            NUCLEI.get(self._mol.GetAtomWithIdx(atom - 1).GetSymbol()) == nucleus for atom in atoms
        )


def _assignment(lines: Sequence[Line], structure: _Structure) -> dict[str, tuple[int, ...]]:
    """Return the atoms of each label."""
    found = {}
    for _, line in lines:
        words = [word.strip() for word in _COMMA.split(line)]
        if len(words) > 2 and is_number(words[1]):
            found[words[0]] = structure.atoms(words[2:])
    return found


def _ambiguities(lines: Sequence[Line]) -> list[str]:
    """Return notes on assignments that the file says may be the other way round."""
    return [
        f"line {number}: not used: {shortened(line)}" for number, line in lines if line.startswith("Interchangeable")
    ]


def _spectrum(
    lines: Sequence[Line], *, nucleus: str, assignment: dict[str, tuple[int, ...]], structure: _Structure, source: str
) -> Spectrum:
    """Return the spectrum of one tag, without solvent."""
    signals: list[MeasuredSignal] = []
    unused: set[str] = set()
    notes: list[str] = []
    frequency: float | None = None
    for number, line in lines:
        header = _HEADER.match(line)
        if header:
            if header["key"].lower() == "larmor":
                frequency = finite_number(header["value"])
            continue
        signal = _signal(line, number, nucleus=nucleus, assignment=assignment, structure=structure, source=source)
        unused |= set(re.findall(r"\b(E|I|W|T1|T2|Diff)\s*=", line))
        if signal is not None and replace(signal, line=0) in (replace(other, line=0) for other in signals):
            notes.append(f"line {number} repeats another one: not used")
        elif signal is not None:
            signals.append(signal)
    return Spectrum(
        nucleus=nucleus,
        signals=tuple(signals),
        frequency_mhz=frequency,
        mapped_smiles=structure.mapped_smiles,
        notes=(*([f"fields not used: {', '.join(sorted(unused))}"] if unused else []), *notes),
        line=lines[0][0] if lines else 0,
    )


def _signal(
    line: str,
    number: int,
    *,
    nucleus: str,
    assignment: dict[str, tuple[int, ...]],
    structure: _Structure,
    source: str,
) -> MeasuredSignal | None:
    """Return the signal of a line, None for an unknown shift (777.777)."""
    first, *rest = (word.strip() for word in _COMMA.split(line))
    if is_number(first) and float(first) == _UNKNOWN_SHIFT:
        return None
    low, high = read_shift(first, nucleus=nucleus, place=f"{source}, line {number}")
    fields = _fields(rest)
    label = fields.get("L", [""])[0]
    atoms = assignment.get(label, ())
    if not atoms or not structure.has_element(atoms, nucleus):
        atoms = ()
    word = MULTIPLICITY.fullmatch(fields.get("S", [""])[0])
    place = f"{source}, line {number}"
    counted = read_count(fields.get("N", [""])[0], place=place) if nucleus == "1H" else None
    return MeasuredSignal(
        low_ppm=low,
        high_ppm=high,
        nuclei=float(len(atoms)) if atoms else counted,
        multiplicity=read_multiplicity(word)[0] if word else "",
        couplings_hz=_couplings(fields.get("J", []), place=place),
        atoms=atoms,
        label=re.sub(r'^<"?|"?>$', "", label),
        text=shortened(line),
        line=number,
    )


def _fields(words: Sequence[str]) -> dict[str, list[str]]:
    """Return the fields of a signal by their letter; what has no letter of its own goes on with the field before."""
    found: dict[str, list[str]] = {}
    key = ""
    for word in words:
        begin = re.match(r"(?P<key>S|J|N|L|E|I|W|T1|T2|Diff)\s*=\s*(?P<value>.*)$", word)
        if begin:
            key = begin["key"]
            found[key] = [begin["value"].strip()]
        elif key:
            found[key].append(word)
    return found


def _couplings(words: Sequence[str], *, place: str) -> tuple[float, ...]:
    values = []
    for word in words:
        found = _COUPLING.match(word)
        if found is None and word:
            raise InputError(f"{place}: {shortened(word)!r} is no coupling", hint="write J=7.1(H3), 2.0(H4)")
        if found:
            values.append(float(found["value"]))
    return tuple(values)
