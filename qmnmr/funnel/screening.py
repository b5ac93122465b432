"""DFT single points before the optimisations, which cost ten times as much: who lies too high is not optimised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qmnmr.datatypes.calculation import Calculation, CalculationResult
from qmnmr.datatypes.funnel import FunnelStep
from qmnmr.datatypes.molecule import Conformer, Molecule, by_tautomer
from qmnmr.datatypes.protocol import Protocol, ScreeningSettings
from qmnmr.funnel.funnel_words import remark, total_cpu_seconds
from qmnmr.funnel.ranking import Ranked
from qmnmr.funnel.selection import energy_of
from qmnmr.programs.run_calculation import Outcome
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
    """Return the conformers within the window of the lowest one, at the level of the weights on xTB's geometries.

    It pays for those alone that xTB finds high: they are asked, and xTB's lowest one to compare with. Of several
    tautomers all are asked, since xTB's energies of these are rougher. All others go on, also those that xTB did not
    optimise, whose energies can't be compared, and those whose calculation fails.
    """
    asked = _worth_asking(ranked, protocol.screening)
    if protocol.screening is None or not asked:
        return Screened(conformers=ranked.conformers)
    window = protocol.screening.energy_window_kcal_per_mol
    step = protocol.screening_step
    calculations = [step.of(c, molecule) for c in asked]
    outcomes = run(calculations)
    energies = {
        conformer.label: outcome.energy_hartree
        for conformer, outcome in zip(asked, outcomes, strict=True)
        if isinstance(outcome, CalculationResult)
    }
    limit = min(energies.values(), default=0.0) + window / HARTREE_KCAL_PER_MOL
    above = {label for label, energy in energies.items() if energy > limit}
    kept = tuple(c for c in ranked.conformers if c.label not in above)
    told = FunnelStep(
        name=step.title,
        method=str(step.level),
        entered=len(ranked.conformers),
        left=len(kept),
        cpu_seconds=total_cpu_seconds(outcomes),
        remark=remark(
            above=len(above),
            window_kcal_per_mol=window,
            failed=len(asked) - len(energies),
        ),
    )
    return Screened(conformers=kept, step=told)


def _worth_asking(ranked: Ranked, settings: ScreeningSettings | None) -> list[Conformer]:
    """Return xTB's lowest conformer and those far enough above it; none if there are no such."""
    comparable = sorted((c for c in ranked.conformers if c.label in ranked.optimized), key=energy_of)
    if settings is None or not comparable:
        return []
    if len(by_tautomer(comparable)) > 1:
        return comparable
    floor = energy_of(comparable[0]) + settings.ranked_above_kcal_per_mol / HARTREE_KCAL_PER_MOL
    high = [c for c in comparable[1:] if energy_of(c) > floor]
    return [comparable[0], *high] if high else []
