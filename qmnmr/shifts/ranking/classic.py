"""DP4 and DP4+-like probabilities, for comparison with the literature.

DP4 (Smith, Goodman, J. Am. Chem. Soc. 132, 12946 (2010)): calculated shifts are regressed on the measured ones for each
candidate and nucleus, and each error counts with the tail of Student's t beyond it. DP4+ (Grimblat, Zanardi, Sarotti,
J. Org. Chem. 80, 12526 (2015)) multiplies the tails of errors without that regression, about the mean of their class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import logsumexp

from qmnmr.shifts.ranking.evidence import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """Student's t of one class of errors, in ppm."""

    mean_ppm: float
    sigma_ppm: float
    nu: float

    def log_tails(self, errors_ppm: Array) -> Array:
        """Return the logarithm of the share of errors that are further from the mean, of one side."""
        return np.asarray(stats.t.logsf(np.abs(errors_ppm - self.mean_ppm) / self.sigma_ppm, df=self.nu))


DP4_2010 = {
    "13C": Tail(mean_ppm=0.0, sigma_ppm=2.306, nu=11.38),
    "1H": Tail(mean_ppm=0.0, sigma_ppm=0.185, nu=14.18),
}
"""The parameters of 2010."""


def scaled_errors(calculated_ppm: Array, measured_ppm: Array) -> Array:
    """Return errors after the regression of calculated on measured shifts; of less than three shifts as they are.

    Both (n,), in ppm.
    """
    if len(measured_ppm) < 3 or np.ptp(measured_ppm) == 0.0:  # a line through two points has no errors
        return calculated_ppm - measured_ppm
    slope, intercept = np.polyfit(measured_ppm, calculated_ppm, 1)
    return np.asarray((calculated_ppm - intercept) / slope - measured_ppm)


def normalised(log_products: Sequence[float]) -> Array:
    """Return probabilities of candidates from the logarithms of their products."""
    logs = np.asarray(log_products, dtype=float)
    return np.asarray(np.exp(logs - logsumexp(logs)))
