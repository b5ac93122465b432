"""Ranking: the literature's numbers from published shieldings, and what a probability with none of these does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from qmnmr.shifts.ranking.classic import DP4_2010, Tail, normalised, scaled_errors
from qmnmr.shifts.ranking.evidence import ErrorModel, Errors, log_density, log_evidence, probabilities, signal_evidence
from qmnmr.shifts.ranking.rank_candidates import OFFSET_PPM, OTHER_PPM, TEMPERING

HEXOSES = json.loads((Path(__file__).parents[2] / "golden" / "ranking" / "anhydrohexoses.json").read_text())
CANDIDATES = tuple(HEXOSES["candidates"])
NUCLEI = ("13C", "1H")

# DP4+ of mPW1PW91/6-31+G(d,p), PCM, on B3LYP/6-31G*: all carbons and their hydrogens are sp3 here
SCALED = {
    "13C": Tail(mean_ppm=0.0, sigma_ppm=1.5569, nu=6.2274),
    "1H": Tail(mean_ppm=0.0, sigma_ppm=0.1044, nu=3.8935),
}
UNSCALED = {
    "13C": Tail(mean_ppm=2.9085, sigma_ppm=1.6000, nu=6.2693),
    "1H": Tail(mean_ppm=-0.0180, sigma_ppm=0.1118, nu=3.6511),
}
TMS = {"13C": 196.8009, "1H": 31.5496}


def signals(experiment: dict, candidate: str, nucleus: str) -> tuple[np.ndarray, np.ndarray]:
    """Return measured shifts and computed shieldings of one nucleus."""
    rows = [row for row in experiment["signals"] if row["nucleus"] == nucleus]
    return (
        np.array([row["measured_ppm"] for row in rows]),
        np.array([row["shieldings_ppm"][candidate] for row in rows]),
    )


def dp4_plus(experiment: dict, candidates: tuple[str, ...]) -> np.ndarray:
    products = []
    for candidate in candidates:
        total = 0.0
        for nucleus in NUCLEI:
            measured, shieldings = signals(experiment, candidate, nucleus)
            calculated = TMS[nucleus] - shieldings
            total += SCALED[nucleus].log_tails(scaled_errors(calculated, measured)).sum()
            total += UNSCALED[nucleus].log_tails(calculated - measured).sum()
        products.append(total)
    return normalised(products)


def test_dp4_plus_of_the_anhydrohexoses_is_right_eight_times() -> None:
    for experiment in HEXOSES["experiments"]:
        found = dict(zip(CANDIDATES, dp4_plus(experiment, CANDIDATES), strict=True))
        assert found[experiment["correct"]] > 0.998


def test_dp4_plus_is_as_sure_of_a_wrong_one_where_the_right_one_is_withheld() -> None:
    best = []
    for experiment in HEXOSES["experiments"]:
        others = tuple(c for c in CANDIDATES if c != experiment["correct"])
        best.append(dp4_plus(experiment, others).max())
    assert np.round(100 * np.array(best)).tolist() == [61, 100, 65, 57, 100, 51, 100, 83]


def right_line(nucleus: str, *, left_out: str) -> tuple[float, float]:
    """Return slope and intercept of the shieldings of right assignments, without one experiment."""
    points = [np.array(signals(e, e["correct"], nucleus)) for e in HEXOSES["experiments"] if e["correct"] != left_out]
    measured, shieldings = np.hstack(points)
    slope, intercept = np.polyfit(measured, shieldings, 1)
    return float(slope), float(intercept)


def evidence(experiment: dict, candidate: str) -> float:
    """Return the evidence with factors that have not seen the experiment, and error bars as `standard` has them."""
    total = 0.0
    for nucleus, uncertainty in (("13C", 1.5), ("1H", 0.09)):
        slope, intercept = right_line(nucleus, left_out=experiment["correct"])
        measured, shieldings = signals(experiment, candidate, nucleus)
        errors = (shieldings - intercept) / slope - measured
        model = ErrorModel(nu=8.0, other_ppm=OTHER_PPM[nucleus], offset_ppm=OFFSET_PPM[nucleus])
        found = Errors(errors_ppm=errors, uncertainties_ppm=np.full(len(errors), uncertainty))
        total += float(log_evidence(found, model))
    return total


def test_the_right_one_of_eight_diastereomers_comes_first_and_is_missed_where_it_is_withheld() -> None:
    of_the_right, of_the_best_wrong, none = [], [], []
    for experiment in HEXOSES["experiments"]:
        found = {c: evidence(experiment, c) for c in CANDIDATES}
        shares, _ = probabilities(np.array(list(found.values())), none_prior=0.1, tempering=TEMPERING)
        by_name = dict(zip(CANDIDATES, shares, strict=True))
        assert max(by_name, key=by_name.__getitem__) == experiment["correct"]
        of_the_right.append(by_name[experiment["correct"]])
        del found[experiment["correct"]]
        shares, without = probabilities(np.array(list(found.values())), none_prior=0.1, tempering=TEMPERING)
        of_the_best_wrong.append(shares.max())
        none.append(without)
    assert np.mean(of_the_right) > 0.8
    assert np.mean(of_the_best_wrong) < 0.5
    assert np.mean(none) > 0.3


def test_what_shifts_of_two_diastereomers_differ_by_is_from_these_data() -> None:
    for nucleus in NUCLEI:
        right: list[np.ndarray] = []
        wrong: list[np.ndarray] = []
        for experiment in HEXOSES["experiments"]:
            slope, intercept = right_line(nucleus, left_out="")
            for candidate in CANDIDATES:
                measured, shieldings = signals(experiment, candidate, nucleus)
                errors = (shieldings - intercept) / slope - measured
                (right if candidate == experiment["correct"] else wrong).append(errors - errors.mean())
        excess = np.sqrt(np.concatenate(wrong).var() - np.concatenate(right).var())
        assert excess == pytest.approx(OTHER_PPM[nucleus], rel=0.05)


MODEL = ErrorModel(nu=5.0, other_ppm=2.5, offset_ppm=1.0)


def errors_of(*values: float, uncertainty: float = 1.5) -> Errors:
    return Errors(errors_ppm=np.array(values), uncertainties_ppm=np.full(len(values), uncertainty))


def test_without_a_referencing_error_the_density_is_that_of_independent_errors() -> None:
    model = ErrorModel(nu=5.0, other_ppm=2.5, offset_ppm=0.0)
    scale = 1.5 * np.sqrt(3.0 / 5.0)
    expected = float(np.sum(stats.t.logpdf([0.3, -2.0], df=5.0, scale=scale)))
    assert log_density(errors_of(0.3, -2.0), model, is_right=True) == pytest.approx(expected)


def test_a_common_offset_costs_little_and_a_spread_of_the_same_size_much() -> None:
    shifted, spread = errors_of(1.5, 1.5, 1.5, 1.5), errors_of(1.5, -1.5, 1.5, -1.5)
    assert log_evidence(shifted, MODEL) > log_evidence(spread, MODEL) > log_evidence(errors_of(6, -6), MODEL)


def test_the_signals_shares_add_up_to_the_evidence_where_no_offset_is_open() -> None:
    model = ErrorModel(nu=5.0, other_ppm=2.5, offset_ppm=0.0)
    found = errors_of(0.3, -2.0, 5.0)
    assert signal_evidence(found, model).sum() == pytest.approx(log_evidence(found, model))


def test_draws_are_what_each_of_them_is_alone() -> None:
    draws = np.array([[0.3, -2.0], [4.0, 1.0]])
    each = log_evidence(Errors(errors_ppm=draws, uncertainties_ppm=np.full(2, 1.5)), MODEL)
    assert each == pytest.approx([float(log_evidence(errors_of(*row), MODEL)) for row in draws])
    shares, none = probabilities(np.stack([each, -each]), none_prior=0.1, tempering=TEMPERING)
    first, first_none = probabilities(each, none_prior=0.1, tempering=TEMPERING)
    assert shares[0] == pytest.approx(first)
    assert none[0] == pytest.approx(float(first_none))


def test_probabilities_and_none_add_up_to_one() -> None:
    shares, none = probabilities(np.array([3.0, -800.0, 1.0]), none_prior=0.1, tempering=1.0)
    assert shares.sum() + none == pytest.approx(1.0)
    assert shares[1] < 1e-300
    assert probabilities(np.array([3.0]), none_prior=0.0, tempering=1.0)[1] == 0.0


def test_a_candidate_that_nothing_speaks_for_or_against_keeps_its_prior() -> None:
    shares, none = probabilities(np.array([0.0, 0.0]), none_prior=0.2, tempering=1.0)
    assert shares == pytest.approx([0.4, 0.4])
    assert none == pytest.approx(0.2)


def test_a_prior_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="prior"):
        probabilities(np.array([0.0]), none_prior=1.0, tempering=1.0)


def test_scaling_takes_a_line_off_and_leaves_two_shifts_alone() -> None:
    measured = np.array([10.0, 20.0, 70.0])
    assert np.abs(scaled_errors(3.0 + 1.05 * measured, measured)).max() < 1e-9
    assert scaled_errors(np.array([11.0, 22.0]), measured[:2]).tolist() == [1.0, 2.0]


def test_dp4_of_2010_halves_at_no_error() -> None:
    for tail in DP4_2010.values():
        assert np.exp(tail.log_tails(np.zeros(1)))[0] == pytest.approx(0.5)
