"""From the patients a trial enrolled back to the candidates that its entry criteria saw.

A trial prints the baseline of the patients it let in. Drawing candidates from that distribution
and filtering them again would shift it (a floor on HBV DNA pushes the mean up twice). So the
candidates are drawn from the normal distribution which, *after* the criteria, has the printed
mean and SD as nearly as a normal can.

Criteria look at the value measured at screening, which differs from the patient's own level by
natural fluctuation; accepted candidates therefore have slightly more moderate levels than the
limits say (regression to the mean).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.special import ndtr

_GRID = 1501
_WEIGHT_OF_MEAN = 5.0
_NOBODY = 1e-9
_WIDEST = 1.6
"""Candidates spread at most this much more than the enrolled do: beyond it a tail, not a normal,
would be matched and nearly everybody would be turned away."""


@dataclass(frozen=True)
class Window:
    """Limits on the screening value of one marker, on the marker's own (log) scale.

    Attributes
    ----------
    low, high
        Limits of the screening value.
    noise
        SD of screening value minus level.
    ceiling
        Highest level that exists.
    measured
        Whether a printed baseline is that of the screening values, not of the levels.
    """

    low: float
    high: float
    noise: float
    ceiling: float = math.inf
    measured: bool = False


@dataclass(frozen=True)
class Candidates:
    """A normal distribution of candidates and what the criteria make of it.

    Attributes
    ----------
    mean, sd
        Of the candidates' levels.
    enrolled_mean, enrolled_sd
        Of those who are let in: of their levels, or of their screening values where the window says
        that these are printed.
    level_mean, level_sd
        Of the levels of those who are let in.
    accepted
        Share that is let in.
    """

    mean: float
    sd: float
    enrolled_mean: float
    enrolled_sd: float
    level_mean: float
    level_sd: float
    accepted: float


@lru_cache(maxsize=64)
def candidates_for(mean: float, sd: float, window: Window) -> Candidates:
    """Return the candidates whose enrolled part has `mean` and `sd`, as nearly as possible.

    The candidates' mean stays within two SDs of `mean` and their SD within 0.4 to 1.6 times
    `sd`, so what comes back is always a distribution; compare `enrolled_mean` with `mean` to see
    whether the criteria and the baseline can both be true.
    """
    if sd <= 0.0:
        return _enrol(mean, max(sd, 1e-9), window)

    def miss(at: NDArray[np.float64]) -> NDArray[np.float64]:
        found = _enrol(float(at[0]), float(at[1]), window)
        # Where not both can be had, the mean matters more.
        return np.array(
            [_WEIGHT_OF_MEAN * (found.enrolled_mean - mean) / sd, (found.enrolled_sd - sd) / sd]
        )

    bounds = ([mean - 2.0 * sd, 0.4 * sd], [mean + 2.0 * sd, _WIDEST * sd])
    solution = least_squares(miss, [mean, sd], bounds=bounds, x_scale=sd, diff_step=1e-4)
    return _enrol(float(solution.x[0]), float(solution.x[1]), window)


def _enrol(mean: float, sd: float, window: Window) -> Candidates:
    top = min(mean + 8.0 * sd, window.ceiling)
    bottom = min(mean - 8.0 * sd, top - sd)
    level = np.linspace(bottom, top, _GRID)
    density = np.exp(-0.5 * ((level - mean) / sd) ** 2)
    everybody = sd * math.sqrt(2.0 * math.pi) / (level[1] - level[0])
    let_in = density * acceptance(level, window)
    total = float(let_in.sum())
    if not total > 0.0:
        return Candidates(mean, sd, math.nan, math.nan, math.nan, math.nan, 0.0)
    share = let_in / total
    centre = float(share @ level)
    spread = math.sqrt(float(share @ (level - centre) ** 2))
    enrolled = (centre, spread)
    if window.measured and window.noise > 0.0:
        first, second = _fluctuation_of_the_accepted(level, window)
        seen = float(share @ (level + first))
        variance = float(share @ (second - first**2 + (level + first - seen) ** 2))
        enrolled = (seen, math.sqrt(variance))
    return Candidates(mean, sd, *enrolled, centre, spread, total / everybody)


def _fluctuation_of_the_accepted(
    level: NDArray[np.float64], window: Window
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and mean square of screening value minus level of those who pass.

    The moments of a normal distribution cut at two limits; shape of `level` each.
    """
    low, high = (window.low - level) / window.noise, (window.high - level) / window.noise
    passed = acceptance(level, window)
    # Of levels from which nobody passes, the moments count for nothing.
    passed = np.where(passed > _NOBODY, passed, np.inf)
    at_low, at_high = _density(low), _density(high)
    first = (at_low - at_high) / passed
    # A limit at infinity has no density, and infinity times nothing is nothing here.
    edges = np.where(np.isfinite(low), low, 0.0) * at_low
    edges -= np.where(np.isfinite(high), high, 0.0) * at_high
    second = 1.0 + edges / passed
    return window.noise * first, window.noise**2 * second


def _density(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(-0.5 * x**2) / math.sqrt(2.0 * math.pi)


def acceptance(level: NDArray[np.float64], window: Window) -> NDArray[np.float64]:
    """Return the probability that a patient of this level passes screening, shape of `level`."""
    if window.noise <= 0.0:
        passed = (level >= window.low) & (level <= window.high)
        return passed.astype(np.float64)
    return ndtr((window.high - level) / window.noise) - ndtr((window.low - level) / window.noise)
