"""Which calculations a prediction rests on, in words."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.calculation import CalculationKind
from qmnmr.datatypes.protocol import Step


def level_words(steps: Sequence[Step]) -> dict[str, str]:
    """Return what is computed at which level: "geometry", "weights", "shielding" or "shielding H"."""
    levels = {step.kind: step.level for step in steps}
    geometry = levels.get(CalculationKind.OPTIMIZATION, "as given")
    weights = str(levels.get(CalculationKind.ENERGY, geometry))
    if CalculationKind.FREE_ENERGY in levels:
        weights += f", free energies with RRHO terms of {levels[CalculationKind.FREE_ENERGY]}"
    return {"geometry": str(geometry), "weights": weights} | {
        "shielding" if element == "*" else f"shielding {element}": level
        for element, level in _shielding_levels(steps).items()
    }


def shielding_words(steps: Sequence[Step]) -> str:
    """Return the one level, or each with the elements that it is for: "H by WP04/…, all else by WB97X-D3/…"."""
    levels = _shielding_levels(steps)
    if len(set(levels.values())) == 1:
        return next(iter(levels.values()))
    return ", ".join(f"{'all else' if element == '*' else element} by {level}" for element, level in levels.items())


def _shielding_levels(steps: Sequence[Step]) -> dict[str, str]:
    shielding = [step for step in steps if step.kind is CalculationKind.SHIELDING]
    return {element: str(step.level) for step in shielding for element in step.elements}
