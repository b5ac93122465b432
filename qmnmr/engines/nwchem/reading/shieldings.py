"""The shieldings of a property task, and which atoms they belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from qmnmr.datatypes.calculation import Shielding
from qmnmr.datatypes.molecule import Geometry
from qmnmr.engines.nwchem.reading.blocks import GHOST, unreadable
from qmnmr.engines.nwchem.reading.jobs import SHIELDING_ANCHOR
from qmnmr.errors import OutputFormatError

_HEADING = re.compile(rb"Atom: +(?P<number>\d+) +(?P<symbol>[A-Za-z]+) *\n")
_SHIELDING = re.compile(
    _HEADING.pattern
    + rb"[^T]*Total Shielding Tensor\n(?P<tensor>(?:[ \d.-]+\n){3})\n +isotropic = +(?P<isotropic>-?\d+\.\d{4})\n"
)
_SELECTION = re.compile(rb"^[ \t]*shielding[ \t]+(?P<count>\d+)(?P<atoms>(?:[ \t]+\d+)+)[ \t]*$", re.M | re.I)


def read_shieldings(data: bytes, start: int, *, source: str) -> tuple[Shielding, ...]:
    """Return the last shieldings from `start` on as they are printed, numbers too; empty if there are none.

    Raises OutputFormatError if an atom's block is cut, or a value is no number.
    """
    start = data.rfind(SHIELDING_ANCHOR, start)
    if start < 0:
        return ()
    shieldings: list[Shielding] = []
    position = data.find(b"Atom:", start)
    while position >= 0:
        found = _SHIELDING.match(data, position)
        if found is None:
            if _HEADING.match(data, position) is None:
                break  # of another property
            raise unreadable(data, position, source=source, what="the shielding")
        number, tag, tensor, isotropic = found.groups()
        try:
            xx, xy, xz, yx, yy, yz, zx, zy, zz = map(float, tensor.split())
        except ValueError:
            raise unreadable(data, found.start("tensor"), source=source, what="the shielding tensor") from None
        symbol = tag.decode("ascii")
        shieldings.append(
            Shielding(
                atom_index=int(number) - 1,
                symbol=GHOST if symbol == GHOST else symbol.capitalize(),
                isotropic_ppm=float(isotropic),
                tensor_ppm=((xx, xy, xz), (yx, yy, yz), (zx, zy, zz)),
            )
        )
        position = data.find(b"Atom:", found.end())
    return tuple(shieldings)


def assign(
    shieldings: tuple[Shielding, ...], geometry: Geometry, *, selected: Sequence[int], echo: bytes, source: str
) -> tuple[Shielding, ...]:
    """Return shieldings with the numbers of the geometry's atoms, in their order.

    NWChem counts the atoms that `shielding N i j ...` selects 1, 2, 3 in the order of that list, and prints the list
    nowhere. It is taken from `selected` (1-based), else from the input that the output echoes, else it is inferred
    where elements leave one possibility. Raises OutputFormatError where they leave several, or don't agree.
    """
    printed = [shielding.symbol for shielding in shieldings]
    symbols = list(geometry.symbols)
    atoms = list(selected) or _echoed(echo)
    if not atoms and printed == symbols:
        return shieldings
    atoms = atoms or _inferred(printed, symbols)
    if not atoms:
        raise OutputFormatError(
            f"{source}: shieldings of {len(printed)} selected atoms ({' '.join(printed)}) of {len(symbols)}: NWChem "
            "counts them from 1 and does not say which they are",
            hint="Give the list of the input's line `shielding N i j ...` with --atoms 'i j ...'.",
        )
    if len(atoms) != len(printed) or not all(1 <= atom <= len(symbols) for atom in atoms):
        raise OutputFormatError(
            f"{source}: {len(printed)} shieldings of a molecule with {len(symbols)} atoms can't be those of the atoms "
            f"{' '.join(map(str, atoms))}",
            hint="Give the list of the input's line `shielding N i j ...`, without N.",
        )
    wrong = next((a for a, symbol in zip(atoms, printed, strict=True) if symbols[a - 1] != symbol), None)
    if wrong is not None:
        raise OutputFormatError(
            f"{source}: a shielding of {printed[atoms.index(wrong)]} is printed where atom {wrong} of the geometry is "
            f"{symbols[wrong - 1]}",
            hint="Is the list of atoms in the order of the input's line `shielding N i j ...`?",
        )
    numbered = (replace(s, atom_index=a - 1) for s, a in zip(shieldings, atoms, strict=True))
    return tuple(sorted(numbered, key=lambda shielding: shielding.atom_index))


def _echoed(echo: bytes) -> list[int]:
    """Return the list of the input's only selection; empty if it has none, or several."""
    found = [[int(atom) for atom in line["atoms"].split()] for line in _SELECTION.finditer(echo)]
    return found[0] if len(found) == 1 else []


def _inferred(printed: Sequence[str], symbols: Sequence[str]) -> list[int]:
    """Return the only atoms that can be meant: one of each element on both sides; empty if there are several."""
    if any(printed.count(symbol) != 1 or symbols.count(symbol) != 1 for symbol in printed):
        return []
    return [symbols.index(symbol) + 1 for symbol in printed]
