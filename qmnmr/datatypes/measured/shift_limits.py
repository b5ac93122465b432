"""What a measured shift can be: a number, within what its nucleus ever shows."""

from __future__ import annotations

import math

from qmnmr.errors import InputError

# In ppm, wider than all that is known: 1H from hydrides to strong hydrogen bonds, 13C from CI4 (-293) to carbocations
# (335), the others for any usual reference compound. They only tell slips of the pen from shifts.
_RANGES: dict[str, tuple[float, float]] = {
    "1H": (-60.0, 60.0),
    "11B": (-250.0, 250.0),
    "13C": (-350.0, 450.0),
    "15N": (-600.0, 1100.0),
    "19F": (-600.0, 1000.0),
    "29Si": (-450.0, 350.0),
    "31P": (-700.0, 1500.0),
}


def measured_shift(text: str, *, nucleus: str, place: str) -> float:
    """Return a shift in ppm that somebody wrote down; `place` says where, for errors.

    Raises InputError for what is no finite number, and for one far outside the range of the nucleus.
    """
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(
            f"{place}: shift_ppm is {text.strip()[:40]!r}, not a number",
            hint="take lines without a measured shift out of the table",
        )
    lowest, highest = _RANGES.get(nucleus, (-math.inf, math.inf))
    if not lowest <= value <= highest:
        raise InputError(
            f"{place}: {value:g} ppm is no shift of {nucleus}, which lies within {lowest:g} and {highest:g} ppm",
            hint="is it in ppm, and of this nucleus?",
        )
    return value
