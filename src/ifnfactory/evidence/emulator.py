"""A local linear picture of what a whole qualification answers to a change of numbers.

One qualification costs seconds and its answer is noisy by the draw of patients; a hundred of them,
scattered around a point, fix the slopes of every target with respect to every number at once by
weighted ridge regression. Near points weigh more, so that all evaluations of a search serve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.evidence.observations import Observations

Floats = NDArray[np.float64]
REACH: Final = 1.3
"""Kernel width of the regression in units of the scatter of the points."""
RIDGE: Final = 0.15
"""Weight of the ridge, in points a number: slopes that the points do not show stay at zero."""
OUTLIER: Final = 1.5
"""Residuals beyond so many standard errors lose their pull (Cauchy), so that a published number
which contradicts the others does not drag them along."""


@dataclass(frozen=True)
class LocalPicture:
    """Value and slopes at a point.

    Attributes
    ----------
    centre
        Shape (numbers,).
    value
        Shape (targets,): scaled predictions at the centre.
    slope
        Shape (targets, numbers).
    """

    centre: Floats
    value: Floats
    slope: Floats


def picture(points: Floats, predicted: Floats, centre: Floats, scatter: float) -> LocalPicture:
    """Fit value and slopes at `centre`.

    Parameters
    ----------
    points
        Shape (evaluations, numbers), in SDs of the priors.
    predicted
        Shape (evaluations, targets); a target with a NaN gets neither value nor slope.
    scatter
        SD of the points around the centre.
    """
    away = points - centre
    distance = np.sqrt(np.mean(away**2, axis=1)) / (REACH * scatter)
    weight = np.exp(-0.5 * (distance - distance.min()) * (distance + distance.min()))
    known = np.where(np.isfinite(predicted), predicted, 0.0)
    total = float(weight.sum())
    mean_away, mean_known = weight @ away / total, weight @ known / total
    x, y = away - mean_away, known - mean_known
    n = x.shape[1]
    normal = x.T @ (weight[:, None] * x) + RIDGE * n * scatter**2 * np.eye(n)
    slope = np.linalg.solve(normal, x.T @ (weight[:, None] * y)).T
    value = mean_known - slope @ mean_away
    missing = ~np.isfinite(predicted).all(axis=0)
    value[missing], slope[missing] = np.nan, 0.0
    return LocalPicture(centre, value, slope)


def misfit(predicted: Floats, observed: Observations) -> float:
    """Return the weighted Cauchy loss of scaled predictions, shape (targets,)."""
    z = np.nan_to_num((predicted - observed.value) / observed.sd)
    return float(np.sum(observed.weight * 0.5 * OUTLIER**2 * np.log1p((z / OUTLIER) ** 2)))


def normal_equations(local: LocalPicture, observed: Observations) -> tuple[Floats, Floats]:
    """Return curvature and downhill direction of minus the log-posterior at the centre.

    Returns
    -------
    tuple[Floats, Floats]
        Shapes (numbers, numbers) and (numbers,). The priors are standard normal.
    """
    missing = ~np.isfinite(local.value)
    miss = np.where(missing, 0.0, observed.value - np.nan_to_num(local.value))
    robust = 1.0 / (1.0 + (miss / (OUTLIER * observed.sd)) ** 2)
    weight = np.where(missing, 0.0, observed.weight * robust / observed.sd**2)
    curvature = local.slope.T @ (weight[:, None] * local.slope) + np.eye(len(local.centre))
    downhill = local.slope.T @ (weight * miss) - local.centre
    return curvature, downhill


def step(local: LocalPicture, observed: Observations, longest: float) -> Floats:
    """Return the damped Gauss-Newton step from the centre, at most `longest` SDs of the priors."""
    curvature, downhill = normal_equations(local, observed)
    damping, move = 1.0, np.linalg.solve(curvature, downhill)
    while float(np.linalg.norm(move)) > longest:
        move = np.linalg.solve(curvature + damping * np.eye(len(downhill)), downhill)
        damping *= 1.5
    return np.asarray(move, dtype=np.float64)


def posterior_covariance(local: LocalPicture, observed: Observations) -> Floats:
    """Return the covariance of the numbers given the targets (Laplace), shape (numbers, numbers).

    Diagonal near 1: the number stays at its prior. Far below: the data move it.
    """
    curvature, _ = normal_equations(local, observed)
    return np.asarray(np.linalg.inv(curvature), dtype=np.float64)
