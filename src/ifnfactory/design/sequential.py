"""How likely a group-sequential test stops where: recursive numerical integration.

The standardised statistics of the looks are jointly normal, with the drift of a Brownian motion
and independent increments. The density of the statistic among trials that still run is carried
from look to look on a grid that is dense where the density is.

Armitage P, McPherson CK, Rowe BC, J R Stat Soc A 1969;132:235-44 (the recursion); Jennison C,
Turnbull BW, Group Sequential Methods, Chapman & Hall 2000, chapter 19 (the grid and its weights).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]
GRID: Final = 24
"""The grid has 12 GRID − 3 points; tests/test_design_sequential.py shows that it is fine enough."""


@dataclass(frozen=True)
class Running:
    """Trials that have passed a look without stopping.

    Attributes
    ----------
    information
        Share of the final information at that look.
    z, mass
        Points of the standardised statistic, and the probability that each stands for.
    """

    information: float
    z: Floats
    mass: Floats


@dataclass(frozen=True)
class Crossing:
    """Where trials stop: arrays of shape (looks,).

    Attributes
    ----------
    upper, lower
        Probability of stopping at each look above its upper, and below its lower boundary.
    """

    upper: Floats
    lower: Floats


START: Final = Running(0.0, np.zeros(1), np.ones(1))
"""Before the first look every trial runs."""


def crossing(information: Floats, lower: Floats, upper: Floats, drift: float = 0.0) -> Crossing:
    """Return how likely a trial stops at each look and side.

    Parameters
    ----------
    information
        Shape (looks,): increasing shares of the final information, the last one 1.
    lower, upper
        Shape (looks,): boundaries of the standardised statistic; ±inf where there is none.
    drift
        Mean of the standardised statistic at full information; 0 under no effect.
    """
    running = START
    up, down = np.zeros(len(information)), np.zeros(len(information))
    for k, share in enumerate(information):
        up[k] = beyond(running, float(share), float(upper[k]), drift)
        down[k] = below(running, float(share), float(lower[k]), drift)
        if k + 1 < len(information):
            running = go_on(running, float(share), float(lower[k]), float(upper[k]), drift)
    return Crossing(up, down)


def beyond(running: Running, information: float, bound: float, drift: float = 0.0) -> float:
    """Return the probability that a running trial exceeds `bound` at the next look."""
    return float(running.mass @ ndtr(-_standardised(running, information, bound, drift)))


def below(running: Running, information: float, bound: float, drift: float = 0.0) -> float:
    """Return the probability that a running trial falls below `bound` at the next look."""
    return float(running.mass @ ndtr(_standardised(running, information, bound, drift)))


def go_on(
    running: Running, information: float, lower: float, upper: float, drift: float = 0.0
) -> Running:
    """Return the trials that pass the next look between its boundaries."""
    z, weight = _grid(drift * np.sqrt(information), lower, upper)
    gained = information - running.information
    scaled = (
        z[None, :] * np.sqrt(information)
        - running.z[:, None] * np.sqrt(running.information)
        - gained * drift
    ) / np.sqrt(gained)
    density = np.exp(-0.5 * scaled**2) / np.sqrt(2.0 * np.pi) * np.sqrt(information / gained)
    return Running(information, z, weight * (running.mass @ density))


def _standardised(running: Running, information: float, bound: float, drift: float) -> Floats:
    gained = information - running.information
    at = bound * np.sqrt(information) - running.z * np.sqrt(running.information)
    return (at - gained * drift) / np.sqrt(gained)


def _grid(mean: float, lower: float, upper: float) -> tuple[Floats, Floats]:
    """Return points and Simpson weights between two boundaries, dense around `mean`."""
    i = np.arange(1, 6 * GRID, dtype=np.float64)
    offset = np.where(
        i < GRID,
        -3.0 - 4.0 * np.log(GRID / np.minimum(i, GRID)),
        np.where(
            i <= 5 * GRID,
            -3.0 + 3.0 * (i - GRID) / (2.0 * GRID),
            3.0 + 4.0 * np.log(GRID / np.minimum(6.0 * GRID - i, GRID)),
        ),
    )
    inside = np.clip(mean + offset, lower, upper)
    knots = np.unique(inside)
    if len(knots) < 2:  # boundaries so far from the mean that nothing passes between them
        return knots, np.zeros_like(knots)
    width = np.diff(knots)
    z = np.empty(2 * len(knots) - 1)
    z[::2], z[1::2] = knots, 0.5 * (knots[:-1] + knots[1:])
    weight = np.zeros_like(z)
    weight[1::2] = 4.0 * width / 6.0
    weight[:-1:2] += width / 6.0
    weight[2::2] += width / 6.0
    return z, weight
