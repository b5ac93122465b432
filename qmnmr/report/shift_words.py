"""What is said of how a nucleus came by its shift, or why it has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from qmnmr.datatypes.decision import Calibrated, Decision, NoReference, Uncalibrated
from qmnmr.datatypes.protocol import AS_GIVEN, BY_DFT, BY_XTB, Protocol
from qmnmr.datatypes.shift import ChemicalShift, ReferenceShielding

FLAGGED_POPULATION = 0.05
"""A larger share of the population in conformers that are not in the average is a flag on every shift."""


def incompleteness_flags(missed_population: float | None) -> tuple[str, ...]:
    """Return the flag of a molecule whose average lacks much of the population; none where that is not known."""
    if missed_population is None or missed_population <= FLAGGED_POPULATION:
        return ()
    return (f"about {100 * missed_population:.0f} % of the population not in the average",)


_GEOMETRIES = {BY_XTB: "of GFN2-xTB", AS_GIVEN: "as given"}


def flagged_geometries(shifts: Sequence[ChemicalShift], *, geometry: str) -> tuple[ChemicalShift, ...]:
    """Return rows whose shifts are flagged where the geometries are not those that factors are fitted to."""
    if geometry == BY_DFT:
        return tuple(shifts)
    flag = f"geometry {_GEOMETRIES[geometry]}"
    return tuple(replace(row, flags=(*row.flags, flag)) if _has_shift(row) else row for row in shifts)


def geometry_words(shifts: Sequence[ChemicalShift], protocol: Protocol) -> tuple[str, ...]:
    """Return what is to be known of shifts on geometries that factors are not fitted to."""
    if protocol.geometry == BY_DFT or not any(map(_has_shift, shifts)):
        return ()
    ours, theirs = _GEOMETRIES[protocol.geometry], protocol.optimization
    told = f"geometries are {ours}, and what makes shifts of shieldings is for those of {theirs}"
    return (f"{told}: shifts may be off by more than their error bars say",)


def _has_shift(row: ChemicalShift) -> bool:
    return row.shift_ppm is not None or row.reference_shift_ppm is not None


def referencing_words(decisions: Mapping[str, Decision]) -> dict[str, str]:
    """Return for every nucleus what turned its shieldings into shifts or differences, or that nothing did."""
    return {
        nucleus: _of_factors(decision)
        if isinstance(decision, Calibrated)
        else _of_reference(decision.reference, nucleus=nucleus)
        for nucleus, decision in decisions.items()
    }


def borrowing_words(decisions: Mapping[str, Decision]) -> tuple[str, ...]:
    """Return one sentence on the nuclei whose factors are of chloroform and not of the run's solvent."""
    moves = {n: d.found.move for n, d in decisions.items() if isinstance(d, Calibrated) and d.found.move is not None}
    if not moves:
        return ()
    solvent = next(iter(moves.values())).solvent
    by = " and ".join(f"{move.ppm:.2f}" for move in moves.values())
    between = "between the two (root mean square)"
    if not all(move.is_measured for move in moves.values()):
        between = f"to the furthest of other solvents, since none were measured in {solvent}"
    why = f"factors from chloroform, since there are none in {solvent}"
    return (
        f"{' and '.join(moves)}: {why}; for that the error bars hold {by} ppm, by which measured shifts move {between}",
    )


def refusal_words(decisions: Mapping[str, Decision], *, protocol: str) -> tuple[str, ...]:
    """Return why nuclei have no shift and what can be done: one sentence for all that have the same reason."""
    reasons = {
        n: _refusal(d, nucleus=n, protocol=protocol) for n, d in decisions.items() if isinstance(d, Uncalibrated)
    }
    return tuple(
        f"{' and '.join(n for n, text in reasons.items() if text == reason)}: {reason}"
        for reason in dict.fromkeys(reasons.values())
    )


def _of_factors(decision: Calibrated) -> str:
    file, factors = decision.found.file, decision.found.factors
    other = ", ".join(decision.other_versions)
    return (
        f"factors: {file.protocol} on {file.set_name} ({', '.join(file.program_versions)}, {file.date}), "
        f"n {factors.n}, leave-one-out {factors.loo_rmsd_ppm:g} ppm" + (f"; this run is of {other}" if other else "")
    )


def _of_reference(reference: ReferenceShielding | NoReference, *, nucleus: str) -> str:
    if isinstance(reference, ReferenceShielding):
        return f"difference to {reference.compound}, {reference.shielding_ppm:.4f} ppm ({reference.provenance})"
    if len(reference.versions) > 1:
        return f"the run mixes program versions {', '.join(reference.versions)}"
    level = reference.level
    return (
        f"no reference compound at {level.shielding_levels[nucleus]} on geometries of {level.geometry_level} "
        f"with {' '.join((level.engine, *reference.versions))}"
    )


def _refusal(decision: Uncalibrated, *, nucleus: str, protocol: str) -> str:
    has_reference = isinstance(decision.reference, ReferenceShielding)
    if not decision.is_in_sets:
        if has_reference:
            return "no factors exist for this nucleus: only the difference to the reference compound, with no error bar"
        return (
            "shieldings only: a shift needs a reference compound computed at this level "
            "(`qmnmr reference --help` says how to make one)"
        )
    level = decision.level
    why = f" (factors of {protocol} are there, but {decision.near})" if decision.near else ""
    difference = "; the difference to the reference compound is not a calibrated shift" if has_reference else ""
    return (
        f"no shift: there are no factors for {level.shielding_levels[nucleus]} on geometries of {level.geometry_level} "
        f"with {level.engine}{why}; `qmnmr calibrate --help` says how to make them{difference}"
    )
