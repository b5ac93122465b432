"""Whether the levels that shield a conformer are of one molecule: their energies held against each other."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.calculation import CalculationFailure, CalculationResult, FailureKind
from qmnmr.engines.plausibility import Doubt, doubt_levels


def disagreeing_levels(conformers: Sequence[Sequence[CalculationResult]]) -> tuple[CalculationFailure, ...]:
    """Return a failure for each conformer in which two levels disagree.

    `conformers` holds the results of each, (n_conformers, n_levels), with the levels in the same order. Which of two
    levels went wrong is not known: the failure names the second and shows both energies.
    """
    first, *others = zip(*conformers, strict=True) if conformers else ((),)
    return tuple(
        _failure(result, doubt)
        for second in others
        for result, doubt in zip(second, doubt_levels(first, second), strict=True)
        if doubt is not None
    )


def _failure(result: CalculationResult, doubt: Doubt) -> CalculationFailure:
    return CalculationFailure(
        label=result.label,
        kind=result.kind,
        failure=FailureKind.UNPHYSICAL,
        message=doubt.message,
        evidence=doubt.evidence,
        hint="Please report it with the molecule's calculations.",
    )
