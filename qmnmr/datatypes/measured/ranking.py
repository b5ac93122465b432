"""Candidates for a spectrum, and how much speaks for each."""

from __future__ import annotations

from dataclasses import dataclass

from qmnmr.datatypes.measured.comparison import ComparedPair, NucleusErrors

COUPLINGS = "J(HH)"
"""What evidence by nucleus calls that of couplings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedCandidate:
    """One candidate with what was found."""

    name: str
    smiles: str
    evidence: float  # logarithm of how much likelier its errors are if it is the right one than if it is not
    evidence_by_nucleus: dict[str, float]  # that of couplings, where they count, under COUPLINGS
    probability: float | None  # None where it is the only candidate
    # Where populations are off as much as their error says: where nine of ten such probabilities lie, and how often it
    # is the likeliest; None and 0 where it is the only candidate.
    probability_range: tuple[float, float] | None
    first_share: float
    fit: float  # share of right structures that fit at least as badly
    errors: tuple[NucleusErrors, ...]
    pairs: tuple[ComparedPair, ...]  # of the signals that count, the same ones for all candidates in the same order
    signal_evidence: tuple[float, ...]  # of each of these pairs
    dp4: float | None  # the probability of 2010, with candidate-wise scaling, for comparison with the literature


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingSignal:
    """A signal that speaks for the first candidate and against the second, or the other way round."""

    nucleus: str
    measured_ppm: float
    first: ComparedPair
    second: ComparedPair
    evidence: float  # for the first above the second


@dataclass(frozen=True, slots=True, kw_only=True)
class NextSpectrum:
    """What a spectrum that was not measured would show of the first two candidates."""

    nucleus: str
    signals: int  # that lie more than two error bars apart
    first_ppm: float  # of the signal that is furthest apart
    second_ppm: float
    error_bars: float  # by which they differ


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What has no part in the ranking."""

    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Candidates, the likeliest first."""

    source: str  # of the experiment
    candidates: tuple[RankedCandidate, ...]
    none_probability: float | None  # that it is none of them; None with a single candidate
    none_prior: float
    tempering: float
    couplings: int  # that had a part in it
    deciding: tuple[DecidingSignal, ...]  # between the first two, the strongest first
    next_spectra: tuple[NextSpectrum, ...]  # of nuclei without a signal, the most telling first
    unknown: tuple[LeftOut, ...]  # candidates without result: their share is unknown
    impossible: tuple[LeftOut, ...]  # candidates that the experiment can't be of: too many signals, above all
    left_out: tuple[LeftOut, ...]  # signals
    warnings: tuple[str, ...]
    notes: tuple[str, ...] = ()
