"""A local linear picture of what a whole qualification answers to a change of numbers.

One qualification costs seconds and its answer is noisy by the draw of patients; a hundred of them,
scattered around a point, fix the slopes of every target with respect to every number at once by
weighted ridge regression. Near points weigh more, so that all evaluations of a search serve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
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
EDGE: Final = 1.96
"""A simulated value within so many standard errors of the published one is inside."""
CROSSING: Final = 4.0
"""Loss of a target that is outside, beside what its residual costs: a qualification asks how many
are inside. Nearly four times what a target on its edge costs by its residual; at 1.5 a search
lowered the loss by 16 units in two rounds without bringing one more target inside."""
BREADTH: Final = 0.3
"""Width of that step, in standard errors, so that the loss has a slope."""
STEPS: Final = 40
ITERATIONS: Final = 100
"""The way through the picture: each step a 40th of the longest way, at most a hundred of them."""


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


def anchored(local: LocalPicture, simulated: Floats) -> LocalPicture:
    """Return the picture with simulated predictions at its centre, shape (targets,).

    Scattered points lie on a curved surface, and their plane misses its middle.
    """
    known = np.isfinite(simulated) & np.isfinite(local.value)
    return replace(local, value=np.where(known, simulated, local.value))


def misfit(predicted: Floats, observed: Observations) -> float:
    """Return the weighted loss of scaled predictions, shape (targets,): Cauchy's, and the step."""
    z = np.nan_to_num((predicted - observed.value) / observed.sd)
    robust = 0.5 * OUTLIER**2 * np.log1p((z / OUTLIER) ** 2)
    return float(np.sum(observed.weight * (robust + CROSSING * _outside(np.abs(z)))))


def _outside(z: Floats) -> Floats:
    """Return 0 well inside and 1 well outside, from residuals in standard errors."""
    return 1.0 / (1.0 + np.exp(-(z - EDGE) / BREADTH))


def _likelihood_pull(z: Floats) -> Floats:
    """Return the slope of Cauchy's loss over the residual: the weight of a target."""
    return 1.0 / (1.0 + (z / OUTLIER) ** 2)


def _pull(z: Floats) -> Floats:
    """Return the slope of the whole loss over the residual."""
    away = np.maximum(np.abs(z), 1e-6)
    outside = _outside(away)
    return _likelihood_pull(z) + CROSSING / BREADTH * outside * (1.0 - outside) / away


def normal_equations(
    local: LocalPicture, observed: Observations, pull: Callable[[Floats], Floats] = _pull
) -> tuple[Floats, Floats]:
    """Return curvature and downhill direction of the objective at the centre.

    Parameters
    ----------
    pull
        Residuals in standard errors → weights of the targets.

    Returns
    -------
    tuple[Floats, Floats]
        Shapes (numbers, numbers) and (numbers,). The priors are standard normal.
    """
    missing = ~np.isfinite(local.value)
    miss = np.where(missing, 0.0, observed.value - np.nan_to_num(local.value))
    weight = observed.weight * pull(miss / observed.sd) / observed.sd**2
    weight = np.where(missing, 0.0, weight)
    curvature = local.slope.T @ (weight[:, None] * local.slope) + np.eye(len(local.centre))
    downhill = local.slope.T @ (weight * miss) - local.centre
    return curvature, downhill


def step(local: LocalPicture, observed: Observations, longest: float) -> Floats:
    """Return the way from the centre to the least loss of the picture at most `longest` away.

    In SDs of the priors. Many short Gauss-Newton steps, since a target's pull changes on the way.
    """
    place, short = local.centre.copy(), longest / STEPS
    for _ in range(ITERATIONS):
        value = local.value + local.slope @ (place - local.centre)
        moved = place + _short_step(replace(local, centre=place, value=value), observed, short)
        away = moved - local.centre
        place = local.centre + away * min(1.0, longest / max(float(np.linalg.norm(away)), 1e-12))
    return place - local.centre


def _short_step(local: LocalPicture, observed: Observations, longest: float) -> Floats:
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
    curvature, _ = normal_equations(local, observed, _likelihood_pull)
    return np.asarray(np.linalg.inv(curvature), dtype=np.float64)
