"""What the funnel's table says of a step."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.calculation import CalculationResult
from qmnmr.programs.run_calculation import Outcome


def remark(
    *,
    gradients: int = 0,
    duplicates: int = 0,
    above: int = 0,
    window_kcal_per_mol: float = 0.0,
    failed: int = 0,
    rare: int = 0,
) -> str:
    """Return in words how many of DFT's gradients were taken, and where the conformers went that did not go on."""
    words = [f"{gradients} gradient{'s' * (gradients > 1)}"] if gradients else []
    words += [f"{failed} failed"] if failed else []
    words += [f"{duplicates} duplicate{'s' * (duplicates > 1)}"] if duplicates else []
    words += [f"{above} above {window_kcal_per_mol:g} kcal/mol"] if above else []
    words += [f"{rare} too rare"] if rare else []
    return ", ".join(words)


def xtb_method(done: Sequence[CalculationResult]) -> str:
    """Return level and version of finished xTB calculations, for the funnel's table; "" where none finished."""
    return f"{done[0].level}, {done[0].program} {done[0].program_version}" if done else ""


def total_cpu_seconds(outcomes: Sequence[Outcome]) -> float:
    """Return the CPU time of the finished calculations among these, rounded to 10 ms."""
    return round(sum(o.cpu_seconds for o in outcomes if isinstance(o, CalculationResult)), 2)


def outcome_words(outcome: Outcome) -> str:
    """Return in one line what a calculation gave and took, or why it gave nothing."""
    if not isinstance(outcome, CalculationResult):
        return f"{outcome.label} failed: {outcome.message} ({outcome.evidence})"
    told = f"{outcome.label}: {outcome.energy_hartree:.6f} hartree, {outcome.cpu_seconds:.1f} s of CPU"
    steps = "" if outcome.optimization_steps is None else f", {outcome.optimization_steps} steps"
    remedies = f", after {', '.join(applied.remedy for applied in outcome.remedies)}" if outcome.remedies else ""
    return f"{told}{steps}{remedies}, {outcome.level}, {outcome.program} {outcome.program_version}"
