"""How much more likely errors are if the structure is right than if it is another one.

For the right structure an error (predicted minus measured) follows Student's t with the scale that the shift's own
error bar gives, for another one the same widened by what the shifts of two structures differ by. The experiment's
referencing is off by one amount for each nucleus, which is integrated out. All this is done with logarithms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

Array = NDArray[np.float64]

_GRID = np.linspace(-4.0, 4.0, 21)
"""Referencing errors that are integrated over, in units of their standard deviation."""


_BLOCK = 20
"""Ratios whose product is taken at once: of errors of a million error bars it is still a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorModel:
    """What is supposed of one nucleus."""

    nu: float  # degrees of freedom of Student's t, from the calibration
    other_ppm: float  # root mean square of what shifts of two structures differ by
    offset_ppm: float  # standard deviation of an experiment's referencing error


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """The errors of one candidate for one nucleus."""

    errors_ppm: Array  # predicted minus measured, (n,)
    uncertainties_ppm: Array  # standard deviations, (n,)


def log_density(errors: Errors, model: ErrorModel, *, is_right: bool) -> Array:
    """Return the logarithm of the errors' density, (1/ppm)^n, with the referencing error integrated out.

    Errors are (n,) or (n_draws, n); the result is () or (n_draws,).
    """
    ratios, constants = _ratios_by_offset(errors, model, is_right=is_right)
    each = constants.sum() - (model.nu + 1.0) / 2.0 * _sum_of_log1p(ratios)
    logs = each + log_offset_weights().reshape(-1, *[1] * (each.ndim - 1))
    largest = logs.max(axis=0)
    return np.asarray(largest + np.log(np.exp(logs - largest).sum(axis=0)))


def densities_by_offset(errors: Errors, model: ErrorModel, *, is_right: bool) -> Array:
    """Return the log density of each error for each referencing error, (n_offsets, n).

    Errors may have further axes before the last one: then the result has them between the two.
    """
    ratios, constants = _ratios_by_offset(errors, model, is_right=is_right)
    return np.asarray(constants - (model.nu + 1.0) / 2.0 * np.log1p(ratios))


def _ratios_by_offset(errors: Errors, model: ErrorModel, *, is_right: bool) -> tuple[Array, Array]:
    """Return t^2/nu of each error for each referencing error, and what its log density is at zero, (n,)."""
    variances = errors.uncertainties_ppm**2 + (0.0 if is_right else model.other_ppm**2)
    scales = np.sqrt(variances * max(model.nu - 2.0, 0.5))  # so that the variance is that of the error bar
    offsets = model.offset_ppm * _GRID.reshape(-1, *[1] * errors.errors_ppm.ndim)
    ratios = errors.errors_ppm - offsets
    ratios /= scales
    ratios *= ratios
    constant = gammaln((model.nu + 1.0) / 2.0) - gammaln(model.nu / 2.0) - 0.5 * np.log(np.pi)
    return ratios, np.asarray(constant - np.log(scales))


def _sum_of_log1p(ratios: Array) -> Array:
    """Return the sum of log(1 + x) over the last axis by logarithms of products, since a logarithm costs most here."""
    blocks = np.split(1.0 + ratios, range(_BLOCK, ratios.shape[-1], _BLOCK), axis=-1)
    return np.asarray(sum(np.log(block.prod(axis=-1)) for block in blocks))


def log_offset_weights() -> Array:
    """Return the logarithms of the offsets' prior weights, which sum to 1."""
    weights = -0.5 * _GRID**2
    return np.asarray(weights - logsumexp(weights))


def log_evidence(errors: Errors, model: ErrorModel) -> Array:
    """Return the logarithm of how much likelier a candidate's errors are if it is the right one than if it is not.

    Errors are (n,) or (n_draws, n); the result is () or (n_draws,).
    """
    return np.asarray(log_density(errors, model, is_right=True) - log_density(errors, model, is_right=False))


def signal_evidence(errors: Errors, model: ErrorModel) -> Array:
    """Return the share of each signal in the evidence, (n,), at the likeliest referencing error of either case."""
    shares = []
    for is_right in (True, False):
        each = densities_by_offset(errors, model, is_right=is_right)
        shares.append(each[int(np.argmax(each.sum(axis=1) + log_offset_weights()))])
    return np.asarray(shares[0] - shares[1])


def probabilities(evidence: Array, *, none_prior: float, tempering: float) -> tuple[Array, Array]:
    """Return the candidates' probabilities, and that of none of them.

    Evidence is (n,) or (n_draws, n); the results have its shape, and that without the last axis.

    The candidates share 1 - none_prior alike before anything is measured. The errors of one candidate go together
    (one set of conformers, one level), so that evidence counts `tempering` of what independent errors would give.

    Raises ValueError for a prior outside of [0, 1).
    """
    if not 0.0 <= none_prior < 1.0:
        raise ValueError(f"the prior of none is {none_prior}, not between 0 and 1")
    logs = tempering * evidence + np.log((1.0 - none_prior) / evidence.shape[-1])
    none = np.full((*logs.shape[:-1], 1), np.log(none_prior) if none_prior else -np.inf)
    total = logsumexp(np.concatenate([logs, none], axis=-1), axis=-1, keepdims=True)
    return np.exp(logs - total), np.exp(none - total)[..., 0]


def misfit(errors: Errors, model: ErrorModel) -> Array:
    """Return how much less likely a right structure's errors are than errors of zero, as a logarithm; of each draw.

    Errors are (n,) or (n_draws, n); the result is () or (n_draws,).
    """
    zero = Errors(errors_ppm=np.zeros_like(errors.uncertainties_ppm), uncertainties_ppm=errors.uncertainties_ppm)
    return np.asarray(log_density(zero, model, is_right=True) - log_density(errors, model, is_right=True))
