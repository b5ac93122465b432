"""The fit of computed shieldings to measured shifts, and its errors.

Sigma is regressed on delta, as in Lodewyk, Siebert, Tantillo, Chem. Rev. 2012, 112, 1839: sigma = intercept + slope
delta, with an offset for each kind of environment (`environment_fit`). Sums are exact (math.fsum) and results rounded,
so the same data give the same factors on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from qmnmr.datatypes.calibration import CalibrationPoint, EnvironmentFactors, Residual, ScalingFactors
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.errors import InputError
from qmnmr.shifts.fit.environment_fit import EnvironmentFit, fit_beside, fit_environments

MIN_POINTS = 4
FIT_HINT = f"give at least {MIN_POINTS} different shifts of two molecules"
MAX_NU = 100.0
PRIOR_SHIFTS = 8
"""How many measured shifts an environment needs for its own errors to count as much as what all others say."""

_CONFIDENCE = 0.95


def what_a_fit_lacks(measured: Sequence[tuple[str, float]]) -> str:
    """Return why no line can be fitted to these shifts, each with its molecule; "" if one can."""
    molecules, shifts = ({row[k] for row in measured} for k in (0, 1))
    if len(measured) < MIN_POINTS or len(molecules) < 2:
        of = "of one molecule" if len(molecules) == 1 else f"of {len(molecules)} molecules"
        what = "one measured shift" if len(measured) == 1 else f"{len(measured)} measured shifts"
        return f"{what} {of}, too few for a fit"
    return "all measured shifts are the same" if len(shifts) < 2 else ""


def fit_factors(
    points: Sequence[CalibrationPoint],
    *,
    nucleus: str,
    shielding_level: LevelOfTheory,
    base: ScalingFactors | None = None,
    decimals: int = 4,
) -> ScalingFactors:
    """Return the factors of one nucleus with all their statistics.

    The fit rests on all points, each with the same weight; intervals are Student's with n - 2 degrees of freedom. The
    other errors are of the predicted shift, in ppm; those of a molecule that is left out are of a fit, offsets and
    their spread included, that has not seen it. With `base`, the factors of another solvent, its line is moved to the
    points where that has the smaller leave-one-out error than a line of their own.

    Raises InputError if there are fewer than four points or two molecules.
    """
    molecules = list(dict.fromkeys(p.molecule for p in points))
    reason = what_a_fit_lacks([(p.molecule, p.measured_ppm) for p in points])
    if reason:
        raise InputError(f"{nucleus}: {reason}", hint=FIT_HINT)
    ways: list[Callable[[Sequence[CalibrationPoint]], EnvironmentFit]] = [fit_environments]
    if base is not None:
        ways.append(partial(fit_beside, base=base))
    fit, residuals = min((_residuals(points, way, decimals) for way in ways), key=_left_out_squares)
    worst = max(residuals, key=lambda r: abs(r.residual_ppm))
    left_out = [r.left_out_ppm for r in residuals]
    sigma, nu = fit_student(left_out)
    environments = _environments(fit, residuals, decimals)
    bar_nu = fit_student([r.left_out_ppm / (environments[r.point.environment].error_ppm or 1.0) for r in residuals])[1]
    slope_95, intercept_95 = _intervals(fit, len(points))
    measured = [p.measured_ppm for p in points] + list(fit.base.measured_range_ppm if fit.base else ())
    return ScalingFactors(
        nucleus=nucleus,
        shielding_level=shielding_level,
        slope=fit.slope,
        intercept_ppm=fit.intercept_ppm,
        slope_interval_95=(round(fit.slope - slope_95, 6), round(fit.slope + slope_95, 6)),
        intercept_interval_95_ppm=(
            round(fit.intercept_ppm - intercept_95, decimals),
            round(fit.intercept_ppm + intercept_95, decimals),
        ),
        n=len(points),
        n_molecules=len(molecules),
        measured_range_ppm=(min(measured), max(measured)),
        rmsd_ppm=round(root_mean_square([r.residual_ppm for r in residuals]), decimals),
        mae_ppm=round(mean_absolute([r.residual_ppm for r in residuals]), decimals),
        largest_residual_ppm=worst.residual_ppm,
        largest_residual_atom=worst.point.described(nucleus),
        loo_rmsd_ppm=round(root_mean_square(left_out), decimals),
        loo_mae_ppm=round(mean_absolute(left_out), decimals),
        dp4_sigma_ppm=round(sigma, decimals),
        dp4_nu=round(nu, 2),
        bar_nu=round(bar_nu, 2),
        environments=environments,
        unseen_error_ppm=round(fit.expected_error_ppm(""), decimals),
        residuals=residuals,
        moved_from=_solvent_of(fit.base),
    )


def _solvent_of(factors: ScalingFactors | None) -> str:
    solvent = None if factors is None else factors.shielding_level.solvent
    return "" if solvent is None else solvent.name


def _residuals(
    points: Sequence[CalibrationPoint], way: Callable[[Sequence[CalibrationPoint]], EnvironmentFit], decimals: int
) -> tuple[EnvironmentFit, tuple[Residual, ...]]:
    """Return the fit by one way, and for each point the errors of that and of the fit without its molecule."""
    fit = _rounded(way(points), decimals)
    without = {m: way([p for p in points if p.molecule != m]) for m in {p.molecule for p in points}}
    return fit, tuple(
        Residual(
            point=p,
            residual_ppm=round(fit.shift_ppm(p.shielding_ppm, p.environment) - p.measured_ppm, decimals),
            left_out_ppm=round(
                without[p.molecule].shift_ppm(p.shielding_ppm, p.environment) - p.measured_ppm, decimals
            ),
        )
        for p in points
    )


def _left_out_squares(found: tuple[EnvironmentFit, tuple[Residual, ...]]) -> float:
    return math.fsum(r.left_out_ppm**2 for r in found[1])


def root_mean_square(errors_ppm: Sequence[float]) -> float:
    """Return sqrt(sum e^2 / n)."""
    return math.sqrt(math.fsum(e * e for e in errors_ppm) / len(errors_ppm))


def mean_absolute(errors_ppm: Sequence[float]) -> float:
    """Return sum |e| / n."""
    return math.fsum(abs(e) for e in errors_ppm) / len(errors_ppm)


def fit_student(errors_ppm: Sequence[float]) -> tuple[float, float]:
    """Return (sigma, nu) of the Student distribution around 0 that makes these errors most likely.

    The parameters that DP4 needs (Smith, Goodman, J. Am. Chem. Soc. 2010, 132, 12946): sigma is the scale, nu the
    degrees of freedom, at most 100, where the distribution is normal.
    """
    from scipy.optimize import minimize_scalar

    if not any(errors_ppm):
        return 0.0, MAX_NU
    found = minimize_scalar(
        lambda inverse: -_log_likelihood(errors_ppm, nu=1.0 / inverse),
        bounds=(1.0 / MAX_NU, 1.0),
        method="bounded",
        options={"xatol": 1e-9},
    )
    nu = 1.0 / float(found.x)
    if _log_likelihood(errors_ppm, nu=MAX_NU) >= -float(found.fun):
        nu = MAX_NU
    return _student_scale(errors_ppm, nu=nu), nu


def _student_scale(errors: Sequence[float], *, nu: float) -> float:
    """Return the most likely scale at fixed nu, by iterated reweighting."""
    variance = root_mean_square(errors) ** 2
    for _ in range(500):
        weighted = math.fsum((nu + 1) * e * e / (nu + e * e / variance) for e in errors) / len(errors)
        if abs(weighted - variance) <= 1e-14 * variance:
            break
        variance = weighted
    return math.sqrt(variance)


def _log_likelihood(errors: Sequence[float], *, nu: float) -> float:
    sigma = _student_scale(errors, nu=nu)
    constant = math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2) - 0.5 * math.log(nu * math.pi) - math.log(sigma)
    return math.fsum(constant - (nu + 1) / 2 * math.log1p((e / sigma) ** 2 / nu) for e in errors)


def _intervals(fit: EnvironmentFit, n: int) -> tuple[float, float]:
    """Return the half widths of the 95 % intervals of slope and intercept."""
    from scipy.stats import t

    factor = float(t.ppf(0.5 + _CONFIDENCE / 2, n - 2))
    return factor * fit.slope_error, factor * fit.intercept_error_ppm


def _environments(fit: EnvironmentFit, residuals: Sequence[Residual], decimals: int) -> dict[str, EnvironmentFactors]:
    """Return by environment its offset and error.

    The error of an environment is that of its own shifts, left out, and what the fit expects of it: the mean of the
    squares, with the expectation counted as PRIOR_SHIFTS shifts.
    """
    found = {}
    for name, offset in fit.offsets_ppm.items():
        errors = [r.left_out_ppm for r in residuals if r.point.environment == name]
        own, expected = root_mean_square(errors) if errors else 0.0, fit.expected_error_ppm(name)
        squares = len(errors) * own**2 + PRIOR_SHIFTS * expected**2
        found[name] = EnvironmentFactors(
            n=len(errors),
            offset_ppm=offset,
            error_ppm=round(math.sqrt(squares / (len(errors) + PRIOR_SHIFTS)), decimals),
            loo_rmsd_ppm=round(own, decimals),
        )
    return found


def _rounded(fit: EnvironmentFit, decimals: int) -> EnvironmentFit:
    # The shipped digits are the ones that are used: what the file says is what a prediction does.
    return replace(
        fit,
        slope=round(fit.slope, 6),
        intercept_ppm=round(fit.intercept_ppm, decimals),
        offsets_ppm={name: round(offset, decimals) for name, offset in fit.offsets_ppm.items()},
    )
