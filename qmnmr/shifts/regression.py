"""The fit of computed shieldings to measured shifts, and its errors.

Sigma is regressed on delta, as in Lodewyk, Siebert, Tantillo, Chem. Rev. 2012, 112, 1839: sigma = intercept + slope
delta, so delta = (sigma - intercept) / slope. Sums are exact (math.fsum) and results rounded, so the same data give the
same factors on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qmnmr.datatypes.calibration import CalibrationPoint, EnvironmentAccuracy, Residual, ScalingFactors
from qmnmr.datatypes.theory import LevelOfTheory
from qmnmr.errors import InputError

MIN_POINTS = 4
FIT_HINT = f"give at least {MIN_POINTS} different shifts of two molecules"
MAX_NU = 100.0
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """sigma = intercept + slope * delta."""

    slope: float
    intercept_ppm: float

    def shift_ppm(self, shielding_ppm: float) -> float:
        """Return the shift of a nucleus with this shielding, both in ppm."""
        return (shielding_ppm - self.intercept_ppm) / self.slope


def fit_line(points: Sequence[CalibrationPoint]) -> Line:
    """Return the least-squares line of shielding on measured shift.

    Raises InputError if fewer than two different shifts were measured, or the shieldings do not depend on them.
    """
    x, y = [p.measured_ppm for p in points], [p.shielding_ppm for p in points]
    if len(set(x)) < 2:
        raise InputError(
            f"a line needs two different measured shifts, found {len(set(x))}", hint="add molecules to the set"
        )
    x_mean, y_mean = math.fsum(x) / len(x), math.fsum(y) / len(y)
    s_xx = math.fsum((a - x_mean) ** 2 for a in x)
    slope = math.fsum((a - x_mean) * (b - y_mean) for a, b in zip(x, y, strict=True)) / s_xx
    if slope == 0.0:
        raise InputError("the shieldings do not depend on the measured shifts", hint="check the assignments of the set")
    return Line(slope=slope, intercept_ppm=y_mean - slope * x_mean)


def what_a_fit_lacks(measured: Sequence[tuple[str, float]]) -> str:
    """Return why no line can be fitted to these shifts, each with its molecule; "" if one can."""
    molecules, shifts = ({row[k] for row in measured} for k in (0, 1))
    if len(measured) < MIN_POINTS or len(molecules) < 2:
        of = "of one molecule" if len(molecules) == 1 else f"of {len(molecules)} molecules"
        what = "one measured shift" if len(measured) == 1 else f"{len(measured)} measured shifts"
        return f"{what} {of}, too few for a fit"
    return "all measured shifts are the same" if len(shifts) < 2 else ""


def fit_factors(
    points: Sequence[CalibrationPoint], *, nucleus: str, shielding_level: LevelOfTheory, decimals: int = 4
) -> ScalingFactors:
    """Return the factors of one nucleus with all their statistics.

    The line and the intervals rest on all points, each with the same weight; intervals are those of ordinary least
    squares (Student's t with n - 2 degrees of freedom). The other errors are of the predicted shift, in ppm.

    Raises InputError if there are fewer than four points or two molecules.
    """
    molecules = list(dict.fromkeys(p.molecule for p in points))
    reason = what_a_fit_lacks([(p.molecule, p.measured_ppm) for p in points])
    if reason:
        raise InputError(f"{nucleus}: {reason}", hint=FIT_HINT)
    line = _rounded(fit_line(points), decimals)
    without = {m: fit_line([p for p in points if p.molecule != m]) for m in molecules}
    residuals = tuple(
        Residual(
            point=p,
            residual_ppm=round(line.shift_ppm(p.shielding_ppm) - p.measured_ppm, decimals),
            left_out_ppm=round(without[p.molecule].shift_ppm(p.shielding_ppm) - p.measured_ppm, decimals),
        )
        for p in points
    )
    worst = max(residuals, key=lambda r: abs(r.residual_ppm))
    left_out = [r.left_out_ppm for r in residuals]
    sigma, nu = fit_student(left_out)
    slope_95, intercept_95 = _intervals(points, fit_line(points))
    measured = [p.measured_ppm for p in points]
    return ScalingFactors(
        nucleus=nucleus,
        shielding_level=shielding_level,
        slope=line.slope,
        intercept_ppm=line.intercept_ppm,
        slope_interval_95=(round(line.slope - slope_95, 6), round(line.slope + slope_95, 6)),
        intercept_interval_95_ppm=(
            round(line.intercept_ppm - intercept_95, decimals),
            round(line.intercept_ppm + intercept_95, decimals),
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
        environments=_by_environment(residuals, decimals),
        residuals=residuals,
    )


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


def _intervals(points: Sequence[CalibrationPoint], line: Line) -> tuple[float, float]:
    """Return the half widths of the 95 % intervals of slope and intercept."""
    from scipy.stats import t

    n = len(points)
    x = [p.measured_ppm for p in points]
    mean = math.fsum(x) / n
    s_xx = math.fsum((a - mean) ** 2 for a in x)
    squares = math.fsum((p.shielding_ppm - line.intercept_ppm - line.slope * p.measured_ppm) ** 2 for p in points)
    error = math.sqrt(squares / (n - 2) / s_xx)
    factor = float(t.ppf(0.5 + _CONFIDENCE / 2, n - 2))
    return factor * error, factor * error * math.sqrt(math.fsum(a * a for a in x) / n)


def _by_environment(residuals: Sequence[Residual], decimals: int) -> dict[str, EnvironmentAccuracy]:
    names = sorted({r.point.environment for r in residuals})
    errors = {name: [r.left_out_ppm for r in residuals if r.point.environment == name] for name in names}
    return {
        name: EnvironmentAccuracy(n=len(found), loo_rmsd_ppm=round(root_mean_square(found), decimals))
        for name, found in errors.items()
    }


def _rounded(line: Line, decimals: int) -> Line:
    # The shipped digits are the ones that are used: what the file says is what a prediction does.
    return Line(slope=round(line.slope, 6), intercept_ppm=round(line.intercept_ppm, decimals))
