"""The blocks of an NWChem output that hold many numbers: geometry, basis summary, energies, shieldings."""

from __future__ import annotations

import re
from functools import lru_cache

from qmnmr.datatypes.calculation import Shielding
from qmnmr.datatypes.molecule import Geometry
from qmnmr.errors import OutputFormatError
from qmnmr.units import BOHR_ANGSTROM

_GEOMETRY = re.compile(
    rb"Output coordinates in (?P<unit>angstroms|a\.u\.) \(.*\)\n\n  No\. .*\n ---- .*\n(?P<rows>(?: .*\n)+)\n"
)
_GEOMETRY_ROW = re.compile(
    rb" +(\d+) ([A-Za-z]+)\S* +-?\d+\.\d+ +(-?\d+\.\d+) +(-?\d+\.\d+) +(-?\d+\.\d+)\n"  # number, symbol, x, y, z
)
_BASIS = re.compile(rb"\((?P<shells>spherical|cartesian)\)\n ---.*\n +Tag .*\n ---.*\n(?P<rows>(?: \S.*\n)+)\n")
_BASIS_ROW = re.compile(rb" (?P<tag>\S+) +(?P<description>\S.*?) +\d+ +\d+ +\w+ *\n")
_ENERGY = re.compile(rb"Total DFT energy = +(?P<value>-?\d+\.\d+)\s")
_INTEGRATED = re.compile(rb"Numeric\. integr\. density = +(?P<value>\d+\.\d+)\s")
_PART = re.compile(
    rb" (?:One electron|Coulomb|Exchange-Corr\.|Nuclear repulsion|COSMO) energy = +(?P<value>-?\d+\.\d+)\n"
)
_SHIELDING = re.compile(
    rb"Atom: +(?P<number>\d+) +(?P<symbol>[A-Z][a-z]?)\s[^T]*Total Shielding Tensor\n"
    rb"(?P<tensor>(?:[ \d.-]+\n){3})\n"
    rb" +isotropic = +(?P<isotropic>-?\d+\.\d{4})\n"
)

_GEOMETRY_ANCHOR = b"Output coordinates in "
_BASIS_ANCHOR = b'Summary of "ao basis" -> "ao basis" '
_SHIELDING_ANCHOR = b"Chemical Shielding Tensors"


def unreadable(data: bytes, position: int, *, source: str, what: str) -> OutputFormatError:
    """Return the error for a block that is cut, or holds something that isn't a number, at this place."""
    line_start = data.rfind(b"\n", 0, position) + 1
    line = data[line_start : line_start + 200].split(b"\n", 1)[0].decode("utf-8", "replace").strip()
    number = data.count(b"\n", 0, position) + 1
    return OutputFormatError(
        f"{source}, line {number}: {what} can't be read: {line!r}",
        hint="The output is cut off or damaged; the calculation has to be done again.",
    )


def read_geometry(data: bytes, *, source: str) -> Geometry | None:
    """Return the last geometry, None if none is printed."""
    start = data.rfind(_GEOMETRY_ANCHOR)
    if start < 0:
        return None
    block = _GEOMETRY.match(data, start)
    if block is None:
        raise unreadable(data, start, source=source, what="the geometry")
    scale = 1.0 if block["unit"] == b"angstroms" else BOHR_ANGSTROM
    rows = _GEOMETRY_ROW.findall(block["rows"])
    if len(rows) != block["rows"].count(b"\n") or int(rows[-1][0]) != len(rows):
        raise unreadable(data, block.start("rows"), source=source, what="the geometry")
    return Geometry(
        symbols=tuple([_symbol(row[1]) for row in rows]),
        coordinates_angstrom=tuple([(float(x) * scale, float(y) * scale, float(z) * scale) for _, _, x, y, z in rows]),
    )


@lru_cache(maxsize=256)
def _symbol(letters: bytes) -> str:
    return letters.decode("ascii").capitalize()


def read_basis(data: bytes, *, source: str) -> tuple[dict[str, str], bool | None]:
    """Return the description of the orbital basis by atom tag, and whether it is spherical, from its last summary."""
    start = data.rfind(_BASIS_ANCHOR)
    if start < 0:
        return {}, None
    block = _BASIS.match(data, start + len(_BASIS_ANCHOR))
    if block is None:
        raise unreadable(data, start, source=source, what="the summary of the basis")
    rows, is_spherical = _interpret_basis(block["rows"]), block["shells"] == b"spherical"
    if rows is None:
        raise unreadable(data, block.start("rows"), source=source, what="the summary of the basis")
    return dict(rows), is_spherical


@lru_cache(maxsize=64)  # a run has few different basis summaries and thousands of outputs
def _interpret_basis(block: bytes) -> tuple[tuple[str, str], ...] | None:
    rows = tuple(
        (row["tag"].decode("ascii", "replace"), row["description"].decode("ascii", "replace"))
        for row in _BASIS_ROW.finditer(block)
    )
    return rows if len(rows) == block.count(b"\n") else None


def read_energies(data: bytes, *, source: str) -> tuple[float, ...]:
    """Return every "Total DFT energy" in hartree, in order."""
    energies: list[float] = []
    # Three rare letters without a space are found several times faster than the whole phrase.
    start = data.find(b"DFT")
    while start >= 0:
        if data.startswith(b"Total DFT energy =", start - 6):
            energy = _ENERGY.match(data, start - 6)
            if energy is None:
                raise unreadable(data, start, source=source, what="the energy")
            energies.append(float(energy["value"]))
        start = data.find(b"DFT", start + 3)
    return tuple(energies)


def read_last_density(data: bytes) -> tuple[tuple[float, ...], float | None]:
    """Return what the last SCF prints below its energy: the energy's parts, and the electrons that its grid integrates.

    Nothing and None where the output has no such lines; Hartree-Fock has no grid and prints 0.
    """
    start = data.rfind(b"Total DFT energy =       ")
    if start < 0:
        return (), None
    block = data[start : start + 700]
    parts = tuple(float(part["value"]) for part in _PART.finditer(block))
    integrated = _INTEGRATED.search(block)
    electrons = float(integrated["value"]) if integrated else 0.0
    return parts, electrons or None


def read_shieldings(data: bytes, *, source: str) -> tuple[Shielding, ...]:
    """Return the shieldings of the last property run in the order printed; empty if there was none.

    Raises OutputFormatError if an atom's block is cut, or a value is no number.
    """
    start = data.rfind(_SHIELDING_ANCHOR)
    if start < 0:
        return ()
    shieldings: list[Shielding] = []
    position = data.find(b"Atom:", start)
    while position >= 0:
        found = _SHIELDING.match(data, position)
        if found is None:
            raise unreadable(data, position, source=source, what="the shielding")
        try:
            xx, xy, xz, yx, yy, yz, zx, zy, zz = map(float, found["tensor"].split())
        except ValueError:
            raise unreadable(data, found.start("tensor"), source=source, what="the shielding tensor") from None
        shieldings.append(
            Shielding(
                atom_index=int(found["number"]) - 1,
                symbol=_symbol(found["symbol"]),
                isotropic_ppm=float(found["isotropic"]),
                tensor_ppm=((xx, xy, xz), (yx, yy, yz), (zx, zy, zz)),
            )
        )
        position = data.find(b"Atom:", found.end())
    return tuple(shieldings)
