"""A reader of NMReDATA records that knows the format alone, and nothing of the program that wrote them."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class NmredataRecord:
    """One record: the mol block, the tags' lines, and the files beside the SDF."""

    mol_block: str
    tags: dict[str, list[str]]  # without NMREDATA_, lines without the backslash
    files: dict[str, str]

    @property
    def assignment(self) -> dict[str, tuple[float, tuple[int, ...]]]:
        """Shift and atoms, counted from 1, of each label."""
        rows = [line.split(", ") for line in self.tags["ASSIGNMENT"]]
        return {label: (float(shift), tuple(map(int, atoms))) for label, shift, *atoms in rows}

    def headers(self, spectrum: str) -> dict[str, str]:
        """Return the lines KEY=VALUE of a spectrum's tag."""
        return dict(line.split("=", 1) for line in self.tags[spectrum] if not line[0].isdigit() and line[0] != "-")

    def signals(self, spectrum: str) -> list[tuple[float, dict[str, str]]]:
        """Return shift and fields of each signal of a spectrum's tag."""
        rows = [line.split(", ") for line in self.tags[spectrum] if line[0].isdigit() or line[0] == "-"]
        return [(float(shift), dict(field.split("=", 1) for field in fields)) for shift, *fields in rows]


def read_record(path: Path) -> NmredataRecord:
    """Return the one record of a zip archive.

    Raises ValueError where a tag breaks the rules: a line without a backslash, a tag without an empty line behind it.
    """
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    (name,) = [name for name in files if name.endswith(".sdf")]
    block, _, rest = files.pop(name).partition("M  END\n")
    body, _, after = rest.partition("$$$$\n")
    if after:
        raise ValueError("more than one record")
    tags = {}
    for part in body.strip("\n").split("\n\n"):
        heading, *lines = part.split("\n")
        if not heading.startswith("> ") or not heading.endswith(">"):
            raise ValueError(f"no heading of a tag: {heading!r}")
        tag = heading[heading.index("<") + 1 : -1]
        if tag.startswith("NMREDATA_"):
            if not all(line.endswith("\\") for line in lines):
                raise ValueError(f"{tag}: a line without its backslash")
            tags[tag.removeprefix("NMREDATA_")] = [line[:-1] for line in lines]
    return NmredataRecord(mol_block=f"{block}M  END\n", tags=tags, files=files)
