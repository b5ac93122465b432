"""Failures, and what was done about them, as sentences."""

from __future__ import annotations

from collections.abc import Iterable

from qmnmr.datatypes.calculation import CalculationFailure, CalculationResult


def failure_text(failure: CalculationFailure) -> str:
    """Return what failed, the line that says so, and what was tried in vain."""
    tried = "; ".join(str(applied.remedy) for applied in failure.remedies)
    in_vain = f"; tried in vain: {tried}" if tried else ""
    return f"{failure.label}: {failure.message} ({failure.evidence}){in_vain}"


def remedy_notes(results: Iterable[CalculationResult]) -> tuple[str, ...]:
    """Return a sentence for each result that needed remedies."""
    return tuple(
        f"{result.label} failed first: "
        + "; ".join(f"{a.failure.rstrip('.')} ({a.evidence}), then {a.remedy}" for a in result.remedies)
        for result in results
        if result.remedies
    )
