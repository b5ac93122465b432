"""By how much measured shifts move between chloroform and another solvent, from the shipped set of several solvents."""

from __future__ import annotations

import math
from functools import cache

from qmnmr.datatypes.calibration import SolventMove
from qmnmr.datatypes.solvents import CHLOROFORM, SOLVENTS
from qmnmr.errors import InputError
from qmnmr.shifts.fit.calibration_set import shipped_set

_SET = "multisolvent"


@cache
def solvent_move(nucleus: str, solvent: str) -> SolventMove | None:
    """Return what shifts in a solvent minus those in chloroform are, root mean square; None for a nucleus without data.

    Of a solvent that the set does not have, the largest of all that it has.
    """
    own = _measured(nucleus, solvent)
    others = (own,) if own is not None else tuple(_measured(nucleus, s.name) for s in SOLVENTS)
    ppm = max((found for found in others if found is not None), default=None)
    return None if ppm is None else SolventMove(solvent=solvent, ppm=ppm, is_measured=own is not None)


@cache
def _measured(nucleus: str, solvent: str) -> float | None:
    here, there = _shifts(nucleus, solvent), _shifts(nucleus, CHLOROFORM.name)
    moves = [shift - there[signal] for signal, shift in here.items() if signal in there]
    return math.sqrt(math.fsum(m * m for m in moves) / len(moves)) if moves else None


def _shifts(nucleus: str, solvent: str) -> dict[tuple[str, tuple[int, ...]], float]:
    try:
        measured = shipped_set(_SET, solvent=solvent)
    except InputError:  # nothing was measured there
        return {}
    return {(m.name, s.atoms): s.shift_ppm for m in measured.molecules for s in m.shifts if s.nucleus == nucleus}
