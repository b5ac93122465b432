"""The funnel as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.funnel import SEARCH, FunnelStep
from qmnmr.datatypes.shift import WeightedConformer
from qmnmr.report.columns import aligned
from qmnmr.units import HARTREE_KCAL_PER_MOL

_HEADINGS = ("step", "in", "out", "CPU s", "method; where the others went")
_WEIGHT_HEADINGS = ("conformer", "G kcal/mol", "population %", "E kcal/mol", "by energy alone %")


def funnel_lines(funnel: Sequence[FunnelStep]) -> list[str]:
    """Return the funnel as a table; nothing for a molecule whose search gave one conformer, which has no funnel."""
    if not any(step.left > 1 or step.entered > 1 for step in funnel if step.name != SEARCH):
        return []
    return aligned([_HEADINGS, *(_row(step) for step in funnel)], right=range(1, 4))


def weight_lines(conformers: Sequence[WeightedConformer]) -> list[str]:
    """Return free energies and energies of the conformers with the populations that each gives, as a table.

    Nothing where the conformers are weighed by their energies alone.
    """
    if not any(c.energy_population is not None for c in conformers):
        return []
    energies = [c.energy_hartree for c in conformers]
    free = [e + (c.free_energy_correction_hartree or 0.0) for c, e in zip(conformers, energies, strict=True)]
    rows = [
        (
            c.label,
            f"{(g - min(free)) * HARTREE_KCAL_PER_MOL:.2f}",
            f"{100 * c.population:.1f}",
            f"{(e - min(energies)) * HARTREE_KCAL_PER_MOL:.2f}",
            f"{100 * (c.energy_population or 0.0):.1f}",
        )
        for c, e, g in zip(conformers, energies, free, strict=True)
    ]
    return aligned([_WEIGHT_HEADINGS, *rows], right=range(1, 5))


def _row(step: FunnelStep) -> tuple[str, ...]:
    words = "; ".join(word for word in (step.method, step.remark) if word)
    return (step.name, str(step.entered), str(step.left), f"{step.cpu_seconds:.1f}", words)
