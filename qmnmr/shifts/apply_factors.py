"""What factors give for one nucleus: its shift, and the part of the calibration in its error bar."""

from __future__ import annotations

import math

from qmnmr.datatypes.calibration import ScalingFactors
from qmnmr.shifts.environments import heavy_neighbours

HEAVY_ATOM_ERRORS_PPM = {
    "13C": {"Si": 1.0, "P": 2.0, "S": 4.0, "Cl": 7.0, "Ge": 6.0, "As": 9.0, "Se": 12.0, "Br": 20.0},
    "1H": {"Se": 0.2, "Br": 0.3},
}
"""By how much carbons that carry such atoms, and their hydrogens, are off for each of these atoms, if no set has them.

Shieldings are not relativistic: those of carbons beside heavy atoms come out too small, so that shifts are too large.
Seen with `draft`, beside tabulated shifts: C-Cl 6.7 and 7.0 (chlorobenzene, chloromethane), C-Br 16.6, 17 and 45
(bromobenzene, bromomethane, dibromomethane), C-Se 12 (dimethyl selenide), C-S 1.7 and 3.5 (dimethyl sulfide,
thiophene), C-P 1, C-Si 0.5; C-H beside bromine 0.2 and 0.6. Ge and As between their neighbours.
"""


def shift_ppm(factors: ScalingFactors, shielding_ppm: float, environment: str) -> float:
    """Return the shift of a nucleus with this shielding, both in ppm."""
    found = factors.environments.get(environment)
    offset = 0.0 if found is None else found.offset_ppm
    return (shielding_ppm - factors.intercept_ppm) / factors.slope + offset


def level_error_ppm(factors: ScalingFactors, environment: str) -> float:
    """Return the standard error that the calibration gives a shift of this environment, ppm."""
    found = factors.environments.get(environment)
    if found is not None:
        return found.error_ppm
    heavy = heavy_neighbours(environment)
    if heavy is None:
        return factors.unseen_error_ppm
    element, number = heavy
    return math.hypot(
        factors.unseen_error_ppm, number * HEAVY_ATOM_ERRORS_PPM.get(factors.nucleus, {}).get(element, 0.0)
    )
