"""The blocks of an NWChem output that hold many numbers: geometry, basis summary, energies."""

from __future__ import annotations

import re
from functools import lru_cache

from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.elements import ATOMIC_NUMBERS, SYMBOLS
from qmnmr.engines.nwchem.reading.words import places
from qmnmr.errors import OutputFormatError
from qmnmr.units import BOHR_ANGSTROM

_GEOMETRY = re.compile(
    rb"Output coordinates in (?P<unit>angstroms|a\.u\.) \(.*\)\n\n  No\. .*\n ---- .*\n(?P<rows>(?: .*\n)+)\n"
)
_GEOMETRY_ROW = re.compile(
    rb" +(\d+) (\S+) +(-?\d+\.\d+) +(-?\d+\.\d+) +(-?\d+\.\d+) +(-?\d+\.\d+)\n"  # number, tag, charge, x, y, z
)
_LETTERS = re.compile(r"[A-Za-z]*")
_BASIS = re.compile(rb"[^\n]*\((?P<shells>spherical|cartesian)\)\n ---.*\n +Tag .*\n ---.*\n(?P<rows>(?: \S.*\n)+)\n")
_BASIS_ROW = re.compile(rb" (?P<tag>\S+) +(?P<description>\S.*?) +\d+ +\d+ +(?P<types>\w+) *\n")
_WRITTEN_OUT = b"user specified"
_ENERGY = re.compile(rb" +(?P<value>-?\d+\.\d+)\s")
_INTEGRATED = re.compile(rb"Numeric\. integr\. density = +(?P<value>\d+\.\d+)\s")
_PART = re.compile(
    rb" (?:(?:One electron|Coulomb|Exchange-Corr\.|Nuclear repulsion|COSMO) energy|Dispersion correction)"
    rb" = +(?P<value>-?\d+\.\d+)\n"
)

GHOST = "bq"
"""The symbol of a centre without nucleus, as NWChem writes it: a place where a shielding is asked for (NICS)."""

_GRADIENT_ANCHOR = b"DFT ENERGY GRADIENTS"
_GRADIENT = re.compile(
    rb"DFT ENERGY GRADIENTS\n\n +atom +coordinates +gradient\n +x +y +z +x +y +z\n"
    rb"(?P<rows>(?: +\d+ \S+(?: +-?\d+\.\d+){6}\n)+)\n"
)
_GEOMETRY_ANCHOR = b"Output coordinates in "
_BASIS_ANCHOR = b'Summary of "ao basis" -> "'
_UNRESOLVED = b"on all atoms"  # in a summary that was printed before the atoms were known


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
        symbols=tuple([_symbol(row[1], row[2]) for row in rows]),
        coordinates_angstrom=tuple(
            [(float(x) * scale, float(y) * scale, float(z) * scale) for _, _, _, x, y, z in rows]
        ),
    )


def read_gradient(data: bytes, start: int, *, source: str) -> tuple[tuple[float, float, float], ...]:
    """Return the last gradient from `start` on in hartree/bohr, a row for each atom; empty if none is printed."""
    place = data.rfind(_GRADIENT_ANCHOR, start)
    if place < 0:
        return ()
    block = _GRADIENT.match(data, place)
    if block is None:
        raise unreadable(data, place, source=source, what="the gradient")
    rows = [row.split()[-3:] for row in block["rows"].splitlines()]
    return tuple([(float(x), float(y), float(z)) for x, y, z in rows])


@lru_cache(maxsize=256)
def _symbol(tag: bytes, charge: bytes) -> str:
    """Return the element of a tag such as C, Ow, H_2, oxygen: what fits the nuclear charge; GHOST without a nucleus."""
    found = _LETTERS.match(tag.decode("utf-8", "replace"))
    letters = found.group() if found else ""
    number = round(float(charge))
    if letters.lower().startswith(GHOST) or number == 0:
        return GHOST
    # The charge is less than the element's number where a core potential stands for electrons.
    for symbol in (letters[:2].capitalize(), letters[:1].upper()):
        if ATOMIC_NUMBERS.get(symbol) == number:
            return symbol
    return letters.capitalize() if len(letters) in (1, 2) or not 0 < number <= len(SYMBOLS) else SYMBOLS[number - 1]


def read_basis(data: bytes, *, source: str) -> tuple[dict[str, str], bool | None]:
    """Return the description of the orbital basis by atom tag, and whether it is spherical, from its last summary.

    One that the input wrote out has no name: its shells are added ("user specified 2s2p1d").
    """
    start = data.rfind(_BASIS_ANCHOR)
    while start >= 0:
        block = _BASIS.match(data, start + len(_BASIS_ANCHOR))
        if block is None:
            raise unreadable(data, start, source=source, what="the summary of the basis")
        rows, is_spherical = _interpret_basis(block["rows"]), block["shells"] == b"spherical"
        if rows is not None:
            return dict(rows), is_spherical
        if _UNRESOLVED not in block["rows"]:
            raise unreadable(data, block.start("rows"), source=source, what="the summary of the basis")
        start = data.rfind(_BASIS_ANCHOR, 0, start)
    return {}, None


@lru_cache(maxsize=64)  # a run has few different basis summaries and thousands of outputs
def _interpret_basis(block: bytes) -> tuple[tuple[str, str], ...] | None:
    rows = tuple(
        (row["tag"].decode("ascii", "replace"), _description(row).decode("ascii", "replace"))
        for row in _BASIS_ROW.finditer(block)
    )
    return rows if len(rows) == block.count(b"\n") else None


def _description(row: re.Match[bytes]) -> bytes:
    words = row["description"]
    return b"%b %b" % (words, row["types"]) if words == _WRITTEN_OUT else words


def read_energies(data: bytes, start: int, *, is_dft: bool, source: str) -> tuple[float, ...]:
    """Return every "Total DFT energy", or "Total SCF energy", from `start` on in hartree, in order."""
    energies: list[float] = []
    words = b"Total DFT energy =" if is_dft else b"Total SCF energy ="
    for place in places(data, words, rare=b"F", start=start):
        energy = _ENERGY.match(data, place + len(words))
        if energy is None:
            raise unreadable(data, place, source=source, what="the energy")
        energies.append(float(energy["value"]))
    return tuple(energies)


def read_last_density(data: bytes, start: int) -> tuple[tuple[float, ...], float, float | None]:
    """Return what the last SCF from `start` on prints below its energy: parts, dispersion, electrons on its grid.

    The dispersion is the one among the parts that NWChem adds by itself, 0 where it adds none. Nothing and None where
    the output has no such lines; Hartree-Fock has no grid and prints 0.
    """
    start = data.rfind(b"Total DFT energy =", start)
    if start < 0:
        return (), 0.0, None
    block = data[start : start + 700]
    found = list(_PART.finditer(block))
    parts = tuple(float(part["value"]) for part in found)
    dispersion = sum(float(part["value"]) for part in found if b"Dispersion" in part[0])
    integrated = _INTEGRATED.search(block)
    electrons = float(integrated["value"]) if integrated else 0.0
    return parts, dispersion, electrons or None
