import math
import random
from dataclasses import replace

import numpy as np
import pytest
from scipy import optimize, stats

from qmnmr.datatypes.calibration import CalibrationPoint
from qmnmr.datatypes.solvents import CHLOROFORM
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.errors import InputError
from qmnmr.shifts.apply_factors import level_error_ppm, shift_ppm
from qmnmr.shifts.fit.environment_fit import fit_beside, fit_environments
from qmnmr.shifts.fit.regression import MAX_NU, PRIOR_SHIFTS, fit_factors, fit_student
from tests.support.refit import refit

LEVEL = LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=None)


def synthetic_points(*, n_molecules=12, per_molecule=3, noise=1.3, seed=7, offsets=None):
    """Return points on a line with noise; `offsets` of the shift by environment, one environment without them."""
    source = random.Random(seed)
    points = []
    for m in range(n_molecules):
        for k in range(per_molecule):
            delta = source.uniform(0, 200)
            kind = source.choice(sorted(offsets)) if offsets else "all"
            points.append(
                CalibrationPoint(
                    molecule=f"m{m}",
                    atoms=(k + 1,),
                    environment=kind,
                    measured_ppm=round(delta, 2),
                    shielding_ppm=round(
                        190.0 - 1.02 * (delta - (offsets or {}).get(kind, 0.0)) + source.gauss(0, noise), 4
                    ),
                )
            )
    return points


@pytest.fixture
def points():
    return synthetic_points()


@pytest.fixture
def mixed():
    return synthetic_points(n_molecules=40, offsets={"a": 4.0, "b": -3.0, "c": 0.5, "d": 1.5, "e": -2.0})


def test_with_one_environment_the_line_is_that_of_scipy(points):
    line = fit_environments(points)
    other = stats.linregress([p.measured_ppm for p in points], [p.shielding_ppm for p in points])
    assert line.slope == pytest.approx(other.slope, rel=1e-12)
    assert line.intercept_ppm == pytest.approx(other.intercept, rel=1e-12)


def test_exact_data_give_their_own_line_back():
    points = [
        CalibrationPoint(molecule=f"m{x}", atoms=(1,), environment="sp3", measured_ppm=x, shielding_ppm=31.0 - 1.05 * x)
        for x in (0.5, 2.0, 4.0, 9.5)
    ]
    factors = fit_factors(points, nucleus="1H", shielding_level=LEVEL)
    assert (factors.slope, factors.intercept_ppm) == (-1.05, 31.0)
    assert factors.rmsd_ppm == factors.loo_rmsd_ppm == 0.0


def test_intervals_are_those_of_scipy(points):
    factors = fit_factors(points, nucleus="13C", shielding_level=LEVEL)
    other = stats.linregress([p.measured_ppm for p in points], [p.shielding_ppm for p in points])
    factor = stats.t.ppf(0.975, len(points) - 2)
    low, high = factors.slope_interval_95
    assert (high - low) / 2 == pytest.approx(factor * other.stderr, abs=1e-6)
    low, high = factors.intercept_interval_95_ppm
    assert (high - low) / 2 == pytest.approx(factor * other.intercept_stderr, abs=1e-4)


def test_errors_are_those_of_the_predicted_shifts(points):
    factors = fit_factors(points, nucleus="13C", shielding_level=LEVEL)
    predicted = [(p.shielding_ppm - factors.intercept_ppm) / factors.slope for p in points]
    errors = np.array(predicted) - [p.measured_ppm for p in points]
    assert factors.rmsd_ppm == pytest.approx(float(np.sqrt((errors**2).mean())), abs=1e-4)
    assert factors.mae_ppm == pytest.approx(float(np.abs(errors).mean()), abs=1e-4)
    worst = int(np.abs(errors).argmax())
    assert factors.largest_residual_ppm == pytest.approx(float(errors[worst]), abs=1e-4)
    assert factors.largest_residual_atom == points[worst].described("13C")


def test_leaving_a_molecule_out_leaves_out_all_its_nuclei(points):
    factors = fit_factors(points, nucleus="13C", shielding_level=LEVEL)
    errors = []
    for p in points:
        rest = [q for q in points if q.molecule != p.molecule]
        line = np.polyfit([q.measured_ppm for q in rest], [q.shielding_ppm for q in rest], 1)
        errors.append((p.shielding_ppm - line[1]) / line[0] - p.measured_ppm)
    assert factors.loo_rmsd_ppm == pytest.approx(float(np.sqrt(np.mean(np.square(errors)))), abs=1e-4)
    assert factors.loo_rmsd_ppm > factors.rmsd_ppm
    assert factors.environments["all"].n == len(points)
    assert factors.environments["all"].loo_rmsd_ppm == factors.loo_rmsd_ppm


def residual_log_likelihood(points, ratio):
    """Return the REML criterion of the model by whole matrices, and the level, slope and offsets (as shieldings)."""
    names = sorted({p.environment for p in points})
    z = np.array([[p.environment == name for name in names] for p in points], dtype=float)
    x = np.column_stack([np.ones(len(points)), [p.measured_ppm for p in points]])
    y = np.array([p.shielding_ppm for p in points])
    inverse = np.linalg.inv(np.eye(len(points)) + ratio * z @ z.T)
    normal = x.T @ inverse @ x
    line = np.linalg.solve(normal, x.T @ inverse @ y)
    rest = y - x @ line
    squares = rest @ inverse @ rest
    freedom = len(points) - 2
    value = freedom * np.log(squares) - np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(normal)[1]
    return -value / 2, line, dict(zip(names, ratio * z.T @ inverse @ rest, strict=True)), squares / freedom, normal


def test_offsets_are_those_of_the_mixed_model_by_whole_matrices(mixed):
    fit = fit_environments(mixed)
    _, line, offsets, variance, normal = residual_log_likelihood(mixed, fit.ratio)
    assert (fit.intercept_ppm, fit.slope) == pytest.approx(tuple(line), rel=1e-10)
    assert fit.offsets_ppm == pytest.approx({name: -v / line[1] for name, v in offsets.items()}, abs=1e-9)
    assert fit.variance_ppm2 == pytest.approx(variance / line[1] ** 2, rel=1e-9)
    errors = np.sqrt(np.diag(variance * np.linalg.inv(normal)))
    assert (fit.intercept_error_ppm, fit.slope_error) == pytest.approx(tuple(errors), rel=1e-9)


def test_the_ratio_of_the_variances_is_the_likeliest(mixed):
    fit = fit_environments(mixed)
    assert fit.ratio > 0.5
    best = residual_log_likelihood(mixed, fit.ratio)[0]
    for other in (0.0, fit.ratio / 2**0.5, fit.ratio * 2**0.5):
        assert residual_log_likelihood(mixed, other)[0] < best


def test_offsets_that_are_there_are_found_and_their_errors_cover_them(mixed):
    true = {"a": 4.0, "b": -3.0, "c": 0.5, "d": 1.5, "e": -2.0}
    factors = fit_factors(mixed, nucleus="13C", shielding_level=LEVEL)
    found = {name: e.offset_ppm for name, e in factors.environments.items()}
    middle = np.mean(list(true.values()))
    assert found == pytest.approx({name: value - middle for name, value in true.items()}, abs=1.2)
    assert factors.loo_rmsd_ppm < 1.6
    assert factors.unseen_error_ppm > 2.5
    without = fit_factors([replace(p, environment="all") for p in mixed], nucleus="13C", shielding_level=LEVEL)
    assert without.loo_rmsd_ppm > 2.5


def test_an_environment_that_was_not_measured_has_no_offset_and_a_wider_bar(mixed):
    factors = fit_factors(mixed, nucleus="13C", shielding_level=LEVEL)
    assert shift_ppm(factors, 100.0, "f") == pytest.approx((100.0 - factors.intercept_ppm) / factors.slope)
    offset = shift_ppm(factors, 100.0, "a") - shift_ppm(factors, 100.0, "f")
    assert offset == pytest.approx(factors.environments["a"].offset_ppm)
    assert level_error_ppm(factors, "f") == factors.unseen_error_ppm
    assert level_error_ppm(factors, "a") == factors.environments["a"].error_ppm < factors.unseen_error_ppm


def test_no_offsets_are_made_up_where_there_are_none(points):
    shuffled = [replace(p, environment="abc"[k % 3]) for k, p in enumerate(points)]
    assert fit_environments(shuffled).ratio < 0.1


def test_as_many_environments_as_shifts_give_the_plain_line(points):
    alone = [replace(p, environment=str(k)) for k, p in enumerate(points)]
    fit, plain = fit_environments(alone), fit_environments(points)
    assert (fit.ratio, fit.slope) == (0.0, plain.slope)


def test_the_error_of_an_environment_is_its_own_and_what_all_others_expect(mixed):
    factors = fit_factors(mixed, nucleus="13C", shielding_level=LEVEL)
    fit = fit_environments(mixed)
    for name, e in factors.environments.items():
        own, expected = e.loo_rmsd_ppm, fit.expected_error_ppm(name)
        mean = (e.n * own**2 + PRIOR_SHIFTS * expected**2) / (e.n + PRIOR_SHIFTS)
        assert e.error_ppm == pytest.approx(math.sqrt(mean), abs=2e-4)


def test_one_wrong_label_shows_in_the_largest_residual(points):
    wrong = [
        replace(points[5], measured_ppm=points[5].measured_ppm + 30.0) if i == 5 else p for i, p in enumerate(points)
    ]
    factors = fit_factors(wrong, nucleus="13C", shielding_level=LEVEL)
    assert factors.largest_residual_atom == points[5].described("13C")
    assert factors.largest_residual_ppm < -25


def test_the_order_of_the_points_changes_no_digit(points):
    shuffled = points.copy()
    random.Random(1).shuffle(shuffled)
    first = fit_factors(points, nucleus="13C", shielding_level=LEVEL)
    second = fit_factors(shuffled, nucleus="13C", shielding_level=LEVEL)
    assert replace(first, residuals=()) == replace(second, residuals=())


def test_fitting_the_stored_shieldings_again_gives_the_same_factors_to_the_last_digit(points):
    factors = fit_factors(points, nucleus="13C", shielding_level=LEVEL)
    assert refit(factors) == factors


def test_student_parameters_are_those_of_another_minimiser():
    errors = stats.t.rvs(4.0, scale=1.5, size=4000, random_state=3).tolist()
    sigma, nu = fit_student(errors)

    def loss(x):
        return -np.sum(stats.t.logpdf(errors, math.exp(x[0]), scale=math.exp(x[1])))

    other = np.exp(optimize.minimize(loss, [1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-6}).x)
    assert (nu, sigma) == pytest.approx(tuple(other), rel=1e-3)
    assert sigma == pytest.approx(1.5, rel=0.05)


def test_normal_errors_have_the_largest_nu():
    errors = stats.norm.ppf((np.arange(200) + 0.5) / 200).tolist()
    sigma, nu = fit_student(errors)
    assert nu == MAX_NU
    assert sigma == pytest.approx(float(np.std(errors)), rel=0.02)


def test_too_few_points_are_refused(points):
    with pytest.raises(InputError, match="too few"):
        fit_factors(points[:3], nucleus="13C", shielding_level=LEVEL)


def test_points_of_one_molecule_are_refused(points):
    with pytest.raises(InputError, match="36 measured shifts of one molecule, too few for a fit"):
        fit_factors([replace(p, molecule="x") for p in points], nucleus="13C", shielding_level=LEVEL)


def test_equal_shifts_are_refused(points):
    with pytest.raises(InputError, match="two different"):
        fit_environments([replace(p, measured_ppm=7.36) for p in points])


def test_two_molecules_and_two_shifts_are_enough(points):
    two = [replace(p, molecule=f"m{k % 2}") for k, p in enumerate(points)]
    assert fit_factors(two, nucleus="13C", shielding_level=LEVEL).n_molecules == 2
    line = fit_environments([replace(points[0], measured_ppm=x, shielding_ppm=x + 5.0) for x in (1.0, 2.0)])
    assert (line.slope, line.intercept_ppm) == pytest.approx((1.0, 5.0))


def test_shieldings_that_are_all_equal_are_refused(points):
    equal = [replace(p, shielding_ppm=100.0) for p in points]
    with pytest.raises(InputError, match="the shieldings do not depend on the measured shifts") as raised:
        fit_environments(equal)
    assert raised.value.hint == "check the assignments of the set"


def in_another_solvent(points, *, level, by_environment, count, noise=0.2):
    """Return the first points as another solvent has them: all moved, and some environments more."""
    source = random.Random(11)
    return [
        replace(
            p, measured_ppm=p.measured_ppm + level + by_environment.get(p.environment, 0.0) + source.gauss(0, noise)
        )
        for p in points[:count]
    ]


def test_factors_of_another_solvent_are_moved_by_a_level_and_by_environment(mixed):
    base = fit_factors(mixed, nucleus="13C", shielding_level=LEVEL)
    residual = [
        replace(
            p,
            shielding_ppm=base.intercept_ppm
            + base.slope * (p.measured_ppm - base.environments[p.environment].offset_ppm),
        )
        for p in mixed
    ]  # on the line, so that only the solvent is left
    moved = in_another_solvent(residual, level=0.6, by_environment={"a": 3.0}, count=90)
    fit = fit_beside(moved, base)
    assert fit.slope == base.slope
    for name, extra in (("a", 3.0), ("b", 0.0), ("c", 0.0)):
        at = 0.5 * (fit.shift_ppm(100.0, name) + fit.shift_ppm(50.0, name))
        there = 0.5 * (shift_ppm(base, 100.0, name) + shift_ppm(base, 50.0, name))
        assert at - there == pytest.approx(0.6 + extra, abs=0.15)
    assert fit.expected_error_ppm("a") == pytest.approx(0.2, abs=0.06)


def test_an_environment_without_points_in_the_solvent_has_the_other_one_s_error_and_the_spread_of_the_moves(mixed):
    base = fit_factors(mixed, nucleus="13C", shielding_level=LEVEL)
    moved = in_another_solvent(
        [p for p in mixed if p.environment != "e"], level=0.6, by_environment={"a": 3.0}, count=60
    )
    factors = fit_factors(moved, nucleus="13C", shielding_level=LEVEL, base=base)
    own = factors.environments["e"]
    assert own.n == 0
    assert own.offset_ppm == base.environments["e"].offset_ppm
    assert own.error_ppm >= base.environments["e"].error_ppm
    assert factors.unseen_error_ppm >= base.unseen_error_ppm
    assert factors.measured_range_ppm[0] <= base.measured_range_ppm[0]


def test_the_line_of_another_solvent_is_taken_where_it_predicts_better(mixed):
    solvent = LevelOfTheory(functional="b3lyp", basis="6-31g*", spherical=True, solvent=CHLOROFORM)
    base = fit_factors(mixed, nucleus="13C", shielding_level=solvent)
    few = in_another_solvent(mixed, level=0.6, by_environment={}, count=9)
    assert fit_factors(few, nucleus="13C", shielding_level=LEVEL, base=base).moved_from == "chloroform"
    steeper = [replace(p, shielding_ppm=190.0 - 0.8 * p.measured_ppm) for p in mixed]
    own = fit_factors(steeper, nucleus="13C", shielding_level=LEVEL, base=base)
    assert own.moved_from == ""
    assert own.slope == pytest.approx(-0.8)
