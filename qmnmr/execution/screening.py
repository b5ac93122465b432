"""DFT single points before the optimisations, which cost twenty times as much: who lies too high is not optimised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qmnmr.datatypes.calculation import Calculation, CalculationResult
from qmnmr.datatypes.funnel import FunnelStep
from qmnmr.datatypes.molecule import Conformer, Molecule
from qmnmr.datatypes.theory import Protocol
from qmnmr.execution.conformer_steps import screening_energy
from qmnmr.execution.funnel_words import remark, total_cpu_seconds
from qmnmr.execution.ranking import Ranked
from qmnmr.execution.run_calculation import Outcome
from qmnmr.units import HARTREE_KCAL_PER_MOL


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """The conformers that are optimised, in the order of the ranking, and what is to be told of it."""

    conformers: tuple[Conformer, ...]
    step: FunnelStep | None = None  # None: nothing was to be gained


def screen(
    molecule: Molecule,
    ranked: Ranked,
    protocol: Protocol,
    *,
    run: Callable[[Sequence[Calculation]], list[Outcome]],
) -> Screened:
    """Return the conformers within the window of the lowest one, at the optimisation's level on xTB's geometries.

    Few conformers go on unasked, and so do those that xTB did not optimise, whose energies can't be compared, and those
    whose calculation fails.
    """
    settings = protocol.screening
    comparable = [c for c in ranked.conformers if c.label in ranked.optimized]
    if settings is None or len(comparable) < settings.min_conformers:
        return Screened(conformers=ranked.conformers)
    calculations = [screening_energy(molecule, c, protocol) for c in comparable]
    outcomes = run(calculations)
    energies = {
        conformer.label: outcome.energy_hartree
        for conformer, outcome in zip(comparable, outcomes, strict=True)
        if isinstance(outcome, CalculationResult)
    }
    limit = min(energies.values(), default=0.0) + settings.energy_window_kcal_per_mol / HARTREE_KCAL_PER_MOL
    above = {label for label, energy in energies.items() if energy > limit}
    kept = tuple(c for c in ranked.conformers if c.label not in above)
    step = FunnelStep(
        name="screening",
        method=str(calculations[0].level),
        entered=len(ranked.conformers),
        left=len(kept),
        cpu_seconds=total_cpu_seconds(outcomes),
        remark=remark(
            above=len(above),
            window_kcal_per_mol=settings.energy_window_kcal_per_mol,
            failed=len(comparable) - len(energies),
        ),
    )
    return Screened(conformers=kept, step=step)
