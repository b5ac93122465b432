"""From a start to its minimum on GFN2-xTB's surface, given up early where nothing is to be gained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qmnmr.datatypes.calculation import Calculation
from qmnmr.engines.surfaces.internal_coordinates import Array
from qmnmr.engines.surfaces.minimization import Minimum, NoMinimumError, Surface, minimize
from qmnmr.engines.xtb.embedded import rounded_geometry
from qmnmr.engines.xtb.library import ChargesNotConvergedError
from qmnmr.engines.xtb.surface import XtbSurface
from qmnmr.funnel.minima.known_minima import FoundMinimum, KnownMinima
from qmnmr.units import HARTREE_KCAL_PER_MOL

_ACCURACY = 1.0
_LARGEST_FORCE = 3.0e-4  # hartree/bohr
_LAST_GAIN_HARTREE = 1.0e-6
"""A minimum for the time being: the ranking's optimisation goes on from it."""

_LOOK_EVERY = 8
_STILL_TO_FALL = ((16, 6.0), (24, 5.0), (40, 4.0), (80, 2.0))
"""After so many gradients nine of ten walks fall by less than so many kcal/mol (Ac-Ala-Ala-NHMe, methyl glucoside)."""


class _GivenUpError(Exception):
    """The walk leads too high."""


class _KnownError(Exception):
    """The walk leads to a minimum that is known."""

    def __init__(self, minimum: FoundMinimum) -> None:
        super().__init__()
        self.minimum = minimum


def walk(
    calculation: Calculation, known: KnownMinima, *, source: int, window_kcal_per_mol: float, check: Callable[[], None]
) -> FoundMinimum | None:
    """Return the minimum that a start leads to, counted as found by its source; None where it was given up.

    It is given up where it ends, or will end, above the window of the lowest known one, where charges do not converge,
    or where no minimum is reached. `check` is called before each gradient, and may raise.
    """
    surface = XtbSurface(calculation, accuracy=_ACCURACY)
    evaluations = 0

    def watched(positions: Array) -> tuple[float, Array]:
        nonlocal evaluations
        check()
        energy, gradient = surface(positions)
        evaluations += 1
        if evaluations % _LOOK_EVERY == 0:
            fall = next((fall for limit, fall in reversed(_STILL_TO_FALL) if evaluations >= limit), np.inf)
            if (energy - known.lowest_hartree) * HARTREE_KCAL_PER_MOL > window_kcal_per_mol + fall:
                raise _GivenUpError
            near = known.leads_to(rounded_geometry(surface.symbols, positions), energy)
            if near is not None:
                raise _KnownError(near)
        return energy, gradient

    try:
        end = _minimum(surface, watched)
        if not surface.belongs_to(end.positions):
            there = rounded_geometry(surface.symbols, end.positions)
            surface = XtbSurface(replace(calculation, geometry=there), accuracy=_ACCURACY)
            end = _minimum(surface, watched)
    except _KnownError as error:
        error.minimum.captures.counts[source] += 1
        return error.minimum
    except (_GivenUpError, NoMinimumError, ChargesNotConvergedError):
        return None
    if (end.energy_hartree - known.lowest_hartree) * HARTREE_KCAL_PER_MOL > window_kcal_per_mol:
        return None
    return known.add(rounded_geometry(surface.symbols, end.positions), end.energy_hartree, source=source)


def _minimum(surface: XtbSurface, watched: Surface) -> Minimum:
    return minimize(
        surface.symbols,
        surface.positions,
        watched,
        largest_force=_LARGEST_FORCE,
        last_gain_hartree=_LAST_GAIN_HARTREE,
    )
