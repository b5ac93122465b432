"""From the comparisons of several candidates with one experiment to a ranking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qmnmr.datatypes.calibration import ScalingFactors
from qmnmr.datatypes.measured.comparison import ComparedCoupling, ComparedPair, Comparison
from qmnmr.datatypes.measured.ranking import COUPLINGS, DecidingSignal, LeftOut, RankedCandidate
from qmnmr.shifts.apply_factors import level_error_ppm
from qmnmr.shifts.comparison import errors_by_nucleus
from qmnmr.shifts.ranking.classic import DP4_2010, normalised, scaled_errors
from qmnmr.shifts.ranking.coupling_evidence import coupling_evidence
from qmnmr.shifts.ranking.evidence import (
    Array,
    ErrorModel,
    Errors,
    log_evidence,
    misfit,
    probabilities,
    signal_evidence,
)

TEMPERING = 0.7
"""How much the evidence of one spectrum counts: errors of one candidate are not independent of each other."""

OTHER_PPM = {"13C": 2.5, "1H": 0.17}
"""What shifts of two diastereomers differ by, root mean square.

From the eight 1,6-anhydrohexopyranoses: errors of 56 wrong assignments of measured spectra to mPW1PW91/6-31+G(d,p)
shieldings are 2.7 (13C) and 0.19 ppm (1H), those of the 8 right ones 0.9 and 0.09, each less its mean.
"""

OFFSET_PPM = {"13C": 1.0, "1H": 0.1}
"""What the referencing of a measured spectrum is off by, standard deviation."""

_WITHOUT_MEANING = ("exchangeable", "bonded to", "geometry ")
_DECIDING = 8
_DRAWS = 1000
_WEIGHT_DRAWS = 200
_RANGE = (0.05, 0.95)
_SEED = 20261130


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The pairs of each candidate that count, in the same order, and what does not."""

    pairs: dict[str, tuple[ComparedPair, ...]]
    left_out: tuple[LeftOut, ...]


Key = tuple[str, float, int]
"""A measured signal: nucleus, shift, and which of several of the same shift."""


def signals_that_count(comparisons: Mapping[str, Comparison]) -> Counted:
    """Return the signals that every candidate has a shift for whose error has a meaning."""
    keyed = {name: _keyed(comparison.pairs) for name, comparison in comparisons.items()}
    everything = dict.fromkeys(key for pairs in keyed.values() for key in pairs)
    kept: list[Key] = []
    left_out = []
    for key in everything:
        reasons = [reason for name, pairs in keyed.items() if (reason := _reason(name, pairs.get(key)))]
        if reasons:
            left_out.append(LeftOut(what=f"{key[0]} {key[1]:g} ppm", why=reasons[0]))
        else:
            kept.append(key)
    return Counted(
        pairs={name: tuple(pairs[key] for key in kept) for name, pairs in keyed.items()}, left_out=tuple(left_out)
    )


def _keyed(pairs: Sequence[ComparedPair]) -> dict[Key, ComparedPair]:
    seen: Counter[tuple[str, float]] = Counter()
    found = {}
    for pair in pairs:
        place = (pair.nucleus, round(pair.measured_ppm, 4))
        found[(*place, seen[place])] = pair
        seen[place] += 1
    return found


def _reason(name: str, pair: ComparedPair | None) -> str:
    """Return why a signal does not count for a candidate, or an empty string."""
    if pair is None:
        return f"{name} has no shift for it"
    if pair.uncertainty_ppm is None:
        return f"the shift of {name} has no error bar"
    if pair.nucleus not in OTHER_PPM:
        return f"it is not known how {pair.nucleus} shifts of two structures differ"
    flag = flag_without_meaning(pair.flags)
    return f"in {name} {flag}" if flag else ""


def flag_without_meaning(flags: Sequence[str]) -> str:
    """Return the flag of a shift whose error has no meaning, or an empty string."""
    return next((flag for flag in flags if flag.startswith(_WITHOUT_MEANING)), "")


def ranked(
    pairs: Mapping[str, Sequence[ComparedPair]],
    smiles: Mapping[str, str],
    factors: Mapping[str, ScalingFactors],
    *,
    none_prior: float,
    is_alone: bool = False,
    couplings: Mapping[str, Sequence[ComparedCoupling]] | None = None,
) -> tuple[tuple[RankedCandidate, ...], float | None]:
    """Return the candidates, the likeliest first, and the probability of none of them.

    `is_alone`: no other candidate was given, so that there are no probabilities. One that is left of several has one.
    `couplings`: of each candidate those that count too.
    """
    models = {
        nucleus: ErrorModel(nu=f.bar_nu, other_ppm=OTHER_PPM[nucleus], offset_ppm=OFFSET_PPM[nucleus])
        for nucleus, f in factors.items()
        if nucleus in OTHER_PPM
    }
    by_nucleus = {name: {n: _errors(found, n) for n in models} for name, found in pairs.items()}
    evidence = {
        name: {n: float(log_evidence(e, models[n])) for n, e in found.items() if len(e.errors_ppm)}
        for name, found in by_nucleus.items()
    }
    by_couplings = {name: coupling_evidence(found) for name, found in (couplings or {}).items() if found}
    for name, value in by_couplings.items():
        evidence[name][COUPLINGS] = value
    counts = {n: len(e.errors_ppm) for n, e in next(iter(by_nucleus.values())).items()}
    draws = {n: _draws(factors[n], count) for n, count in counts.items()}
    totals = [sum(found.values()) for found in evidence.values()]
    shares, none = probabilities(np.array(totals), none_prior=none_prior, tempering=TEMPERING)
    drawn = np.array(
        [_evidence_by_weights(found, models) + by_couplings.get(name, 0.0) for name, found in pairs.items()]
    ).T
    varied, _ = probabilities(drawn, none_prior=none_prior, tempering=TEMPERING)
    ranges = np.quantile(varied, _RANGE, axis=0).T
    firsts = np.bincount(np.argmax(varied, axis=-1), minlength=len(pairs)) / _WEIGHT_DRAWS
    classic = normalised([_log_dp4(found) for found in pairs.values()])
    candidates = [
        RankedCandidate(
            name=name,
            smiles=smiles[name],
            evidence=total,
            evidence_by_nucleus=evidence[name],
            probability=None if is_alone else float(share),
            probability_range=None if is_alone else (float(low), float(high)),
            first_share=0.0 if is_alone else float(first),
            fit=_fit(by_nucleus[name], models, draws),
            errors=errors_by_nucleus(found),
            pairs=tuple(found),
            signal_evidence=_signal_evidence(found, by_nucleus[name], models),
            dp4=None if is_alone else float(dp4),
        )
        for (name, found), total, share, (low, high), first, dp4 in zip(
            pairs.items(), totals, shares, ranges, firsts, classic, strict=True
        )
    ]
    candidates.sort(key=lambda c: -c.evidence)
    return tuple(candidates), None if is_alone else float(none)


def deciding(candidates: Sequence[RankedCandidate]) -> tuple[DecidingSignal, ...]:
    """Return the signals that decide most between the first two candidates."""
    if len(candidates) < 2:
        return ()
    first, second = candidates[:2]
    found = [
        DecidingSignal(
            nucleus=a.nucleus, measured_ppm=a.measured_ppm, first=a, second=b, evidence=for_first - for_second
        )
        for a, b, for_first, for_second in zip(
            first.pairs, second.pairs, first.signal_evidence, second.signal_evidence, strict=True
        )
    ]
    return tuple(sorted(found, key=lambda s: -abs(s.evidence))[:_DECIDING])


def _errors(pairs: Sequence[ComparedPair], nucleus: str) -> Errors:
    own = [p for p in pairs if p.nucleus == nucleus]
    return Errors(
        errors_ppm=np.array([p.difference_ppm for p in own]),
        uncertainties_ppm=np.array([p.uncertainty_ppm or 0.0 for p in own]),
    )


def _evidence_by_weights(pairs: Sequence[ComparedPair], models: Mapping[str, ErrorModel]) -> Array:
    """Return a candidate's evidence with conformer energies that are off, (_WEIGHT_DRAWS,).

    Each of the energies' independent errors is drawn from a normal distribution; shifts move with it in proportion.
    """
    count = max((len(p.weight_moves_ppm) for p in pairs), default=0)
    drawn = np.random.default_rng(_SEED).standard_normal((_WEIGHT_DRAWS, count)) if count else None
    total = np.zeros(_WEIGHT_DRAWS)
    for nucleus, model in models.items():
        errors = _errors(pairs, nucleus)
        if not len(errors.errors_ppm):
            continue
        if drawn is None:
            total += log_evidence(errors, model)
            continue
        moves = np.array([p.weight_moves_ppm or (0.0,) * count for p in pairs if p.nucleus == nucleus])
        moved = Errors(errors_ppm=errors.errors_ppm + drawn @ moves.T, uncertainties_ppm=errors.uncertainties_ppm)
        total += log_evidence(moved, model)
    return total


def _signal_evidence(
    pairs: Sequence[ComparedPair], errors: Mapping[str, Errors], models: Mapping[str, ErrorModel]
) -> tuple[float, ...]:
    each = {n: iter(signal_evidence(e, models[n]).tolist()) for n, e in errors.items() if len(e.errors_ppm)}
    return tuple(float(next(each[pair.nucleus])) for pair in pairs)


def _log_dp4(pairs: Sequence[ComparedPair]) -> float:
    total = 0.0
    for nucleus, tail in DP4_2010.items():
        own = [p for p in pairs if p.nucleus == nucleus]
        if own:
            calculated, measured = (np.array([getattr(p, f"{n}_ppm") for p in own]) for n in ("predicted", "measured"))
            total += float(tail.log_tails(scaled_errors(calculated, measured)).sum())
    return total


def _fit(errors: Mapping[str, Errors], models: Mapping[str, ErrorModel], draws: Mapping[str, Array]) -> float:
    """Return the share of right structures that fit at least as badly.

    Right ones are drawn from the calibration's molecules, whole ones, since the errors of one molecule go together,
    with their leave-one-out errors in units of those that are expected.
    """
    observed, drawn = 0.0, np.zeros(_DRAWS)
    for nucleus, found in errors.items():
        if len(found.errors_ppm):
            values = draws[nucleus] * found.uncertainties_ppm
            like = Errors(errors_ppm=values, uncertainties_ppm=found.uncertainties_ppm)
            observed += float(misfit(found, models[nucleus]))
            drawn += misfit(like, models[nucleus])
    return float((1 + (drawn >= observed).sum()) / (1 + _DRAWS))


def _draws(factors: ScalingFactors, count: int) -> Array:
    """Return leave-one-out errors over their expected size, (_DRAWS, count), molecule after molecule."""
    generator = np.random.default_rng(_SEED)
    by_molecule: dict[str, list[float]] = {}
    for residual in factors.residuals:
        expected = level_error_ppm(factors, residual.point.environment)
        by_molecule.setdefault(residual.point.molecule, []).append(residual.left_out_ppm / expected)
    blocks = list(by_molecule.values())
    found = np.empty((_DRAWS, count))
    for row in found:
        values: list[float] = []
        while len(values) < count:
            values += blocks[int(generator.integers(len(blocks)))]
        row[:] = values[:count]
    return found
