"""Calibrations, fitted again from what their files hold."""

from __future__ import annotations

from qmnmr.datatypes.calibration import ScalingFactors
from qmnmr.shifts.fit.regression import fit_factors


def refit(factors: ScalingFactors) -> ScalingFactors:
    """Return what fitting the stored shieldings again gives; it equals the argument to the last digit."""
    points = [r.point for r in factors.residuals]
    return fit_factors(points, nucleus=factors.nucleus, shielding_level=factors.shielding_level)
