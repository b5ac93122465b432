"""A ranking as text and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qmnmr.datatypes.measured.ranking import COUPLINGS, RankedCandidate, Ranking
from qmnmr.report.columns import aligned
from qmnmr.report.measured.comparison_report import errors_object
from qmnmr.report.words import counted

if TYPE_CHECKING:
    import pandas as pd

_MOST_PERCENT = 99.9
_FEWEST_PERCENT = 0.1
_WEAK_FIT = 0.05


def percent(probability: float | None) -> str:
    """Return a probability in percent, never 100 and never 0."""
    if probability is None:
        return "-"
    value = 100.0 * probability
    if value > _MOST_PERCENT:
        return f"> {_MOST_PERCENT}"
    return f"< {_FEWEST_PERCENT}" if value < _FEWEST_PERCENT else f"{value:.1f}"


def ranking_text(ranking: Ranking) -> str:
    """Return the candidates, what decides between the first two, and what had no part in it."""
    nuclei = [e.nucleus for e in ranking.candidates[0].errors]
    is_alone = ranking.none_probability is None
    has_range = any(moves_with_weights(candidate) for candidate in ranking.candidates)
    head = ["", "candidate", *([] if is_alone else ["P, %"]), *(["range"] if has_range else []), "fit, %"]
    head += [f"{nucleus} {what}" for nucleus in nuclei for what in ("MAE", "largest")]
    rows: list[tuple[str, ...]] = [(*head, *([] if is_alone else ["DP4, %"]), "SMILES")]
    rows += [
        _row(number, candidate, is_alone=is_alone, has_range=has_range)
        for number, candidate in enumerate(ranking.candidates, start=1)
    ]
    if not is_alone:
        rows.append(("", "none of these", percent(ranking.none_probability), *[""] * (len(head) - 3), "", ""))
    lines = aligned(rows, right=range(2, len(head) + (0 if is_alone else 1)))
    used = " and ".join(f"{e.n} {e.nucleus}" for e in ranking.candidates[0].errors)
    lines += ["", f"{used} signals of {ranking.source}; {meaning(ranking)}"]
    lines += [words for words in (couplings_words(ranking), weights_words(ranking) if has_range else "") if words]
    if ranking.deciding:
        first, second = ranking.candidates[:2]
        lines += ["", f"What decides between {first.name} and {second.name}:"]
        table = [("nucleus", "measured", first.name, "+/-", second.name, "+/-", "speaks for")]
        table += [
            (
                signal.nucleus,
                f"{signal.measured_ppm:.2f}",
                f"{signal.first.predicted_ppm:.2f}",
                f"{signal.first.uncertainty_ppm or 0.0:.2f}",
                f"{signal.second.predicted_ppm:.2f}",
                f"{signal.second.uncertainty_ppm or 0.0:.2f}",
                f"{first.name if signal.evidence > 0 else second.name} ({abs(signal.evidence):.1f})",
            )
            for signal in ranking.deciding
        ]
        lines += aligned(table, right=range(1, 6))
    if words := next_words(ranking):
        lines += ["", words]
    if ranking.left_out:
        lines += ["", *(f"left out: {entry.what}: {entry.why}" for entry in ranking.left_out)]
    if ranking.impossible:
        lines += ["", *(f"can't be: {entry.what}: {entry.why}" for entry in ranking.impossible)]
    if ranking.unknown:
        lines += ["", *(f"not ranked, its share is unknown: {entry.what}: {entry.why}" for entry in ranking.unknown)]
    return "\n".join(lines) + "\n"


def couplings_words(ranking: Ranking) -> str:
    """Return how much couplings say; "" where they have no part in it."""
    if not ranking.couplings:
        return ""
    each = ", ".join(f"{c.name} {c.evidence_by_nucleus[COUPLINGS]:+.1f}" for c in ranking.candidates)
    return (
        f"{counted(ranking.couplings, 'coupling')} of hydrogens counted too (evidence: {each}): "
        "how right such probabilities are was not tried on known cases"
    )


def next_words(ranking: Ranking) -> str:
    """Return what another spectrum would tell; "" where none is known."""
    if not ranking.next_spectra:
        return ""
    found = ranking.next_spectra[0]
    first, second = ranking.candidates[:2]
    shifts = f"{first.name} {found.first_ppm:.2f}, {second.name} {found.second_ppm:.2f} ppm"
    furthest = f"furthest apart: {shifts}, {found.error_bars:.1f} error bars"
    if not found.signals:
        return f"A {found.nucleus} spectrum would hardly tell them apart ({furthest})"
    signals = counted(found.signals, "signal")
    return f"A {found.nucleus} spectrum would help: {signals} more than two error bars apart ({furthest})"


def moves_with_weights(candidate: RankedCandidate) -> bool:
    """Say whether conformer weights move the probability so that it can be seen."""
    found = candidate.probability_range
    return found is not None and percent(found[0]) != percent(found[1])


def weights_words(ranking: Ranking) -> str:
    """Return what the column of ranges is, and whether other weights have another winner."""
    words = "range: nine of ten such P if conformer energies are off as much as their error says"
    others = [c for c in ranking.candidates[1:] if c.first_share > 0.0]
    if not others:
        return f"{words}; the first stays first"
    named = ", ".join(f"{c.name} ({percent(c.first_share)} % of the draws)" for c in others)
    return f"{words}; the first may change: {named}"


def _row(number: int, candidate: RankedCandidate, *, is_alone: bool, has_range: bool) -> tuple[str, ...]:
    errors = [words for e in candidate.errors for words in (f"{e.mae_ppm:.2f}", f"{e.largest_ppm:+.2f}")]
    return (
        str(number),
        candidate.name,
        *([] if is_alone else [percent(candidate.probability)]),
        *([range_words(candidate)] if has_range else []),
        percent(candidate.fit),
        *errors,
        *([] if is_alone else [percent(candidate.dp4)]),
        candidate.smiles,
    )


def range_words(candidate: RankedCandidate) -> str:
    """Return between which percents a probability lies; "" where that is not known."""
    found = candidate.probability_range
    return "" if found is None else f"{percent(found[0])} to {percent(found[1])}"


def meaning(ranking: Ranking) -> str:
    """Return what the columns are."""
    fit = "fit: share of right structures that fit at least as badly"
    if ranking.none_probability is None:
        return f"{fit}. One candidate has no probability"
    given = counted(len(ranking.candidates), "candidate")
    words = f"P: before anything is measured {100 * ranking.none_prior:g} % for none of the {given}"
    return f"{words}; {fit}; DP4: of 2010, for comparison, knows no none"


def ranking_frame(ranking: Ranking) -> pd.DataFrame:
    """Return one row for each candidate, the likeliest first, and one for none of them; unknown values are missing.

    Columns: candidate, smiles, probability and where nine of ten such lie (low, high), fit, evidence, dp4, and for each
    nucleus n, mae_ppm and largest_ppm of predicted minus measured, with the nucleus behind: mae_ppm_13C.
    """
    import pandas as pd  # half of a second that runs without a table need not spend

    rows: list[dict[str, object]] = []
    for c in ranking.candidates:
        low, high = c.probability_range or (None, None)
        row: dict[str, object] = {
            "candidate": c.name,
            "smiles": c.smiles,
            "probability": c.probability,
            "low": low,
            "high": high,
            "fit": c.fit,
            "evidence": c.evidence,
            "dp4": c.dp4,
        }
        for e in c.errors:
            row |= {
                f"n_{e.nucleus}": e.n,
                f"mae_ppm_{e.nucleus}": e.mae_ppm,
                f"largest_ppm_{e.nucleus}": e.largest_ppm,
            }
        rows.append(row)
    if ranking.none_probability is not None:
        rows.append({"candidate": "none of these", "smiles": "", "probability": ranking.none_probability})
    return pd.DataFrame(rows)


def ranking_object(ranking: Ranking) -> dict[str, Any]:
    """Return the ranking as builtin types; probabilities from 0 to 1, ppm with four decimals, atoms from 1."""
    return {
        "schema": 1,
        "source": ranking.source,
        "none_probability": _rounded(ranking.none_probability),
        "none_prior": ranking.none_prior,
        "tempering": ranking.tempering,
        "couplings": ranking.couplings,
        "candidates": [
            {
                "name": c.name,
                "smiles": c.smiles,
                "probability": _rounded(c.probability),
                "probability_range": None
                if c.probability_range is None
                else [_rounded(p) for p in c.probability_range],
                "first_share": _rounded(c.first_share),
                "evidence": round(c.evidence, 4),
                "evidence_by_nucleus": {n: round(value, 4) for n, value in c.evidence_by_nucleus.items()},
                "fit": _rounded(c.fit),
                "dp4": _rounded(c.dp4),
                "errors": errors_object(c.errors),
                "signals": [
                    {
                        "nucleus": p.nucleus,
                        "measured_ppm": p.measured_ppm,
                        "atoms": list(p.atoms),
                        "assigned": p.is_assigned,
                        "predicted_ppm": round(p.predicted_ppm, 4),
                        "uncertainty_ppm": _rounded(p.uncertainty_ppm),
                        "evidence": round(evidence, 4),
                    }
                    for p, evidence in zip(c.pairs, c.signal_evidence, strict=True)
                ],
            }
            for c in ranking.candidates
        ],
        "next_spectra": [
            {
                "nucleus": s.nucleus,
                "signals_apart": s.signals,
                "first_ppm": round(s.first_ppm, 4),
                "second_ppm": round(s.second_ppm, 4),
                "error_bars": round(s.error_bars, 4),
            }
            for s in ranking.next_spectra
        ],
        "impossible": [{"candidate": entry.what, "why": entry.why} for entry in ranking.impossible],
        "not_ranked": [{"candidate": entry.what, "why": entry.why} for entry in ranking.unknown],
        "left_out": [{"signal": entry.what, "why": entry.why} for entry in ranking.left_out],
        "warnings": list(ranking.warnings),
        "notes": list(ranking.notes),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
