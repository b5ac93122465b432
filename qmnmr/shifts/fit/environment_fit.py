"""The line of shielding on measured shift, with an offset for each kind of environment.

sigma = a + b delta + v(environment) + e, with the offsets v drawn from one normal distribution and e from another: a
linear mixed model (Laird, Ware, Biometrics 1982, 38, 963). The ratio of the two variances is the most likely one by
residual maximum likelihood; offsets are their best linear unbiased predictions, so that an environment with few
measured shifts moves little from the common line, and one that was not measured is off by the spread of all. With one
environment this is ordinary least squares. In a solvent with few measurements the line and the offsets may be those of
another one, and what is fitted is a level and offsets beside them. Sums are exact (math.fsum) and the ratio is one of a
list, so the same data give the same numbers on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qmnmr.datatypes.calibration import CalibrationPoint, ScalingFactors
from qmnmr.errors import InputError
from qmnmr.shifts.apply_factors import level_error_ppm, shift_ppm

_RATIOS = (0.0, *(2.0 ** (k / 2) for k in range(-12, 13)))
"""Variance of the offsets over variance of the rest: what is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentFit:
    """sigma = intercept + slope * (delta - offset)."""

    slope: float
    intercept_ppm: float
    offsets_ppm: dict[str, float]  # of the shift: added to what the line gives
    variance_ppm2: float  # of a shift beside its environment's mean
    ratio: float
    counts: dict[str, int]
    slope_error: float  # standard errors
    intercept_error_ppm: float
    base: ScalingFactors | None = None  # whose line this is moved from

    def shift_ppm(self, shielding_ppm: float, environment: str) -> float:
        """Return the shift of a nucleus with this shielding, both in ppm; of an unknown environment the line's."""
        return (shielding_ppm - self.intercept_ppm) / self.slope + self.offsets_ppm.get(environment, 0.0)

    def expected_error_ppm(self, environment: str) -> float:
        """Return the standard error of a new shift: what is left beside the offset, and that of the offset."""
        count = self.counts.get(environment, 0)
        of_offset = self.variance_ppm2 * _shrinkage(count, self.ratio)
        if self.base is not None and not count:
            return math.hypot(level_error_ppm(self.base, environment), math.sqrt(of_offset))
        return math.sqrt(self.variance_ppm2 + of_offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """Sums over the shifts of one environment, centred: x measured shift, y shielding."""

    n: int
    x: float
    y: float
    xx: float
    xy: float
    yy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Solution:
    """Generalised least squares at one ratio."""

    ratio: float
    level: float
    slope: float
    squares: float  # of the residuals, weighted
    inverse: tuple[float, float, float]  # of the normal matrix: level, level and slope, slope
    log_likelihood: float  # residual, but for a constant


def fit_environments(points: Sequence[CalibrationPoint]) -> EnvironmentFit:
    """Return the fit to these points, each with the same weight.

    Raises InputError if fewer than two different shifts were measured, or the shieldings do not depend on them.
    """
    x, y = [p.measured_ppm for p in points], [p.shielding_ppm for p in points]
    if len(set(x)) < 2:
        raise InputError(
            f"a line needs two different measured shifts, found {len(set(x))}", hint="add molecules to the set"
        )
    x_mean, y_mean = math.fsum(x) / len(x), math.fsum(y) / len(y)
    sums = _sums(points, x_mean=x_mean, y_mean=y_mean)
    freedom = len(points) - 2
    found = _likeliest([_solution(sums, ratio, freedom, has_slope=True) for ratio in _RATIOS])
    if found.slope == 0.0:
        raise InputError("the shieldings do not depend on the measured shifts", hint="check the assignments of the set")
    variance = found.squares / freedom if freedom else 0.0
    of_level, both, of_slope = (variance * element for element in found.inverse)
    return EnvironmentFit(
        slope=found.slope,
        intercept_ppm=y_mean + found.level - found.slope * x_mean,
        offsets_ppm={
            name: -_shrinkage(s.n, found.ratio) * (s.y - s.n * found.level - found.slope * s.x) / found.slope
            for name, s in sums.items()
        },
        variance_ppm2=variance / found.slope**2,
        ratio=found.ratio,
        counts={name: s.n for name, s in sums.items()},
        slope_error=math.sqrt(of_slope),
        intercept_error_ppm=math.sqrt(max(of_level - 2.0 * x_mean * both + x_mean**2 * of_slope, 0.0)),
    )


def fit_beside(points: Sequence[CalibrationPoint], base: ScalingFactors) -> EnvironmentFit:
    """Return the line and the offsets of other factors, moved to these points: one level, and an offset by environment.

    What is fitted are the differences between measured shifts and those that the other factors give. Environments that
    no point has keep their offset.
    """
    rest = [
        replace(p, measured_ppm=0.0, shielding_ppm=p.measured_ppm - shift_ppm(base, p.shielding_ppm, p.environment))
        for p in points
    ]
    sums = _sums(rest, x_mean=0.0, y_mean=0.0)
    freedom = len(points) - 1
    found = _likeliest([_solution(sums, ratio, freedom, has_slope=False) for ratio in _RATIOS])
    variance = found.squares / freedom if freedom else 0.0
    offsets = {name: e.offset_ppm for name, e in base.environments.items()}
    moves = {name: _shrinkage(s.n, found.ratio) * (s.y - s.n * found.level) for name, s in sums.items()}
    return EnvironmentFit(
        slope=base.slope,
        intercept_ppm=base.intercept_ppm - base.slope * found.level,
        offsets_ppm={name: offsets.get(name, 0.0) + moves.get(name, 0.0) for name in sorted({*offsets, *moves})},
        variance_ppm2=variance,
        ratio=found.ratio,
        counts={name: s.n for name, s in sums.items()},
        slope_error=0.0,
        intercept_error_ppm=abs(base.slope) * math.sqrt(variance * found.inverse[0]),
        base=base,
    )


def _likeliest(solutions: Sequence[_Solution]) -> _Solution:
    """Return the likeliest; where ratios can't be told apart (one environment) that with the smallest."""
    found = solutions[0]
    for solution in solutions[1:]:
        if solution.log_likelihood > found.log_likelihood + _SAME_LIKELIHOOD:
            found = solution
    return found


def _sums(points: Sequence[CalibrationPoint], *, x_mean: float, y_mean: float) -> dict[str, _Sums]:
    by_name: dict[str, list[tuple[float, float]]] = {}
    for p in points:
        by_name.setdefault(p.environment, []).append((p.measured_ppm - x_mean, p.shielding_ppm - y_mean))
    return {
        name: _Sums(
            n=len(found),
            x=math.fsum(a for a, _ in found),
            y=math.fsum(b for _, b in found),
            xx=math.fsum(a * a for a, _ in found),
            xy=math.fsum(a * b for a, b in found),
            yy=math.fsum(b * b for _, b in found),
        )
        for name, found in sorted(by_name.items())
    }


def _shrinkage(n: int, ratio: float) -> float:
    return ratio / (1.0 + n * ratio)


def _solution(sums: dict[str, _Sums], ratio: float, freedom: int, *, has_slope: bool) -> _Solution:
    """Return the level and slope at this ratio: each environment's block of the covariance is 1 + ratio everywhere."""
    shares = [(s, _shrinkage(s.n, ratio)) for s in sums.values()]
    level_level = math.fsum(s.n - w * s.n * s.n for s, w in shares)
    level_slope = math.fsum(s.x - w * s.n * s.x for s, w in shares)
    slope_slope = math.fsum(s.xx - w * s.x * s.x for s, w in shares)
    level_y = math.fsum(s.y - w * s.n * s.y for s, w in shares)
    slope_y = math.fsum(s.xy - w * s.x * s.y for s, w in shares)
    yy = math.fsum(s.yy - w * s.y * s.y for s, w in shares)
    if not has_slope:
        level_slope, slope_slope, slope_y = 0.0, 1.0, 0.0
    determinant = level_level * slope_slope - level_slope**2
    if determinant <= 0.0:  # as many environments as shifts, and offsets that take all
        return _Solution(ratio=ratio, level=0.0, slope=0.0, squares=0.0, inverse=(0, 0, 0), log_likelihood=-math.inf)
    inverse = (slope_slope / determinant, -level_slope / determinant, level_level / determinant)
    level = inverse[0] * level_y + inverse[1] * slope_y
    slope = inverse[1] * level_y + inverse[2] * slope_y
    squares = max(yy - level * level_y - slope * slope_y, 0.0)
    if freedom and squares > _EXACT * max(yy, 1.0):
        spread = freedom * math.log(squares / freedom) + math.log(determinant)
        log_likelihood = -0.5 * (spread + math.fsum(math.log1p(s.n * ratio) for s in sums.values()))
    else:
        log_likelihood = 0.0  # nothing is left to tell ratios apart
    return _Solution(
        ratio=ratio, level=level, slope=slope, squares=squares, inverse=inverse, log_likelihood=log_likelihood
    )


_SAME_LIKELIHOOD = 1e-6

_EXACT = 1e-18
"""Squares of residuals beside those of the shieldings below which the line goes through all points."""
