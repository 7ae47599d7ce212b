"""Estimates with 95 % intervals: Wilson's for a proportion, Student's for a mean."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from ifnfactory.assays.panel import Bools, Floats
from ifnfactory.trial.endpoints import Evaluation

LEVEL = 0.95
"""Coverage of every interval."""


@dataclass(frozen=True)
class Estimate:
    """A value with its interval.

    Attributes
    ----------
    value
        Percent, or the mean in the unit of the endpoint; NaN where nobody counts.
    low, high
        95 % interval; NaN where there is none (nobody; a mean of one patient).
    patients
        How many patients count.
    """

    value: float
    low: float
    high: float
    patients: int


_NOBODY = Estimate(math.nan, math.nan, math.nan, 0)


def proportion(reached: Bools) -> Estimate:
    """Return the percentage of True with Wilson's score interval.

    Parameters
    ----------
    reached
        Shape (patients,).
    """
    return proportion_of(int(np.count_nonzero(reached)), len(reached))


def proportion_of(reached: int, n: int) -> Estimate:
    """Return the percentage of `reached` among `n` with Wilson's score interval."""
    if n == 0:
        return _NOBODY
    p, (low, high) = reached / n, wilson(reached, n)
    return Estimate(100.0 * p, 100.0 * low, 100.0 * high, n)


def wilson(k: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Return Wilson's score interval, two shares, of `k` among `n` above 0."""
    p, z = k / n, float(ndtri(0.5 + level / 2))
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    # At 0 and at 100 % one end is the estimate itself; rounding must not push it beyond.
    return min(max(centre - half, 0.0), p), max(min(centre + half, 1.0), p)


def mean(values: Floats) -> Estimate:
    """Return the mean with Student's interval.

    Parameters
    ----------
    values
        Shape (patients,), finite.
    """
    n = len(values)
    if n == 0:
        return _NOBODY
    sd = math.nan if n == 1 else float(np.std(values, ddof=1))
    return mean_of(float(np.mean(values)), sd, n)


def mean_of(centre: float, sd: float, n: int) -> Estimate:
    """Return the estimate of a mean from mean and standard deviation of `n` patients."""
    if n == 0:
        return _NOBODY
    if n == 1:
        return Estimate(centre, math.nan, math.nan, 1)
    half = float(stdtrit(n - 1, 0.5 + LEVEL / 2)) * sd / math.sqrt(n)
    return Estimate(centre, centre - half, centre + half, n)


def estimate(evaluation: Evaluation) -> Estimate:
    """Return the estimate of an endpoint over the patients who count."""
    values = evaluation.values[evaluation.evaluable]
    if evaluation.endpoint.kind == "proportion":
        return proportion(values.astype(np.bool_))
    return mean(values.astype(np.float64))
