"""Whether the levels that shield a conformer are of one molecule: their energies held against each other."""

from __future__ import annotations

from collections.abc import Sequence

from qmnmr.datatypes.calculation import CalculationFailure, CalculationResult, FailureKind
from qmnmr.engines.plausibility import Doubt, doubt_levels


def disagreeing_levels(conformers: Sequence[Sequence[CalculationResult]]) -> tuple[CalculationFailure | None, ...]:
    """Return for each conformer the failure that two of its levels disagree, None where all agree.

    `conformers` holds the results of each, (n_conformers, n_levels), with the levels in the same order. Which of two
    levels went wrong is not known: the failure names the later one and shows both energies.
    """
    first, *others = zip(*conformers, strict=True) if conformers else ((),)
    failures: list[CalculationFailure | None] = [None] * len(conformers)
    for second in others:
        for number, (result, doubt) in enumerate(zip(second, doubt_levels(first, second), strict=True)):
            if doubt is not None:
                failures[number] = _failure(result, doubt)
    return tuple(failures)


def _failure(result: CalculationResult, doubt: Doubt) -> CalculationFailure:
    return CalculationFailure(
        label=result.label,
        kind=result.kind,
        failure=FailureKind.UNPHYSICAL,
        message=doubt.message,
        evidence=doubt.evidence,
        hint="Please report it with the molecule's calculations.",
    )
