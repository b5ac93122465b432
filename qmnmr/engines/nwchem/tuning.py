"""Faster settings of the shielding task, for the functionals where they are proved to give the same numbers.

NWChem's property task takes a fine grid whatever the input says, unless `prop:nocheck` is set. With the grids below ¹³C
moves by less than 0.01 and ¹H by less than 0.001 ppm against the plain input: docs/explanation/nwchem-tuning.md. A
functional that is not listed was not tried, or moved by more.
"""

from __future__ import annotations

from collections.abc import Collection

from qmnmr.datatypes.calculation import Calculation, CalculationKind
from qmnmr.datatypes.remedy import Remedy

TUNED_GRIDS = {"b3lyp": "coarse"}
"""Functional -> grid of a tuned shielding calculation."""


def tuned_grid(calculation: Calculation, *, remedies: Collection[Remedy] = ()) -> str | None:
    """Return the grid of a tuned shielding calculation, None where the plain input is taken.

    What failed once is done again with the plain input.
    """
    if not calculation.is_tuned or calculation.kind is not CalculationKind.SHIELDING or remedies:
        return None
    return TUNED_GRIDS.get(calculation.level.functional)
