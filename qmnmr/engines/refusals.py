"""What no engine does, whichever program it is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.molecule import CLOSEST_ATOMS_ANGSTROM, Geometry, Position
from qmnmr.engines.effective_cores import has_effective_cores
from qmnmr.engines.elements import ATOMIC_NUMBERS

_ALL_ELECTRONS = frozenset({CalculationKind.SHIELDING, CalculationKind.COUPLINGS})
_LARGEST_COORDINATE_ANGSTROM = 1000.0  # wider numbers would run together in the columns of outputs


@lru_cache(maxsize=4)  # a molecule's steps share a geometry
def refuse_geometry(geometry: Geometry) -> str | None:
    """Return in one sentence why nothing can be computed of a geometry, None if it can."""
    positions = geometry.coordinates_angstrom
    if not positions:
        return "There are no atoms."
    # Written so that NaN is refused too.
    if not all(map(_LARGEST_COORDINATE_ANGSTROM.__ge__, map(abs, chain.from_iterable(positions)))):
        return f"A coordinate is not a number within {_LARGEST_COORDINATE_ANGSTROM:g} Å of the origin."
    close = [(max(pair), min(pair)) for pair in _close_pairs(positions)]
    if close:
        i, j = min(close)
        return f"Atoms {j + 1} and {i + 1} lie closer than {CLOSEST_ATOMS_ANGSTROM:g} Å to each other."
    return None


def _close_pairs(positions: Sequence[Position]) -> Iterator[tuple[int, int]]:
    """Yield the atoms that lie too close to each other; only those are compared whose x hardly differs."""
    order = sorted(range(len(positions)), key=lambda index: positions[index][0])
    for place, i in enumerate(order):
        for j in order[place + 1 :]:
            if positions[j][0] - positions[i][0] >= CLOSEST_ATOMS_ANGSTROM:
                break
            if math.dist(positions[i], positions[j]) < CLOSEST_ATOMS_ANGSTROM:
                yield i, j


def refuse_open_shell(calculation: Calculation) -> str | None:
    """Return in one sentence why electrons, charge and multiplicity are no closed shell, None if they are."""
    electrons = sum(ATOMIC_NUMBERS[symbol] for symbol in calculation.geometry.symbols) - calculation.charge
    if calculation.multiplicity != 1:
        return f"Multiplicity {calculation.multiplicity}: only closed shells (multiplicity 1) are done."
    if electrons <= 0:
        return f"Charge {calculation.charge:+d} leaves no electrons."
    if electrons % 2:
        return f"{electrons} electrons (charge {calculation.charge:+d}) can't form a closed shell."
    return None


def refuse_level(calculation: Calculation) -> str | None:
    """Return in one sentence what is wrong with a level for an engine, None if nothing is.

    Shieldings and couplings need the inner electrons; a dispersion term is added to what engines compute
    (qmnmr.engines.dispersion).
    """
    level = calculation.level
    if level.dispersion:
        return f"The dispersion of {level} is no engine's part; it is added to an energy without it."
    if calculation.kind in _ALL_ELECTRONS and has_effective_cores(level.basis):
        what = "shieldings" if calculation.kind is CalculationKind.SHIELDING else "couplings"
        return f"The basis set {level.basis} has potentials for inner electrons, which {what} need."
    return None
