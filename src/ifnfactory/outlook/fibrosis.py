"""Stages of fibrosis: how many people stand in each, and how fast one leads to the next.

The published rates are rates of *cirrhosis* in people whose stage nobody knew. A person's rate of
one stage is therefore the one that takes the reference mix of stages of the phase to the published
share of cirrhosis after `HORIZON` years:

    sum over stages k of mix(k) * P(at least 4 - k steps at rate g) = 1 - exp(-c * HORIZON)

so that a cohort of unknown stages develops cirrhosis as published, people at F3 sooner and those
at F0 later. Steps follow each other at one rate (a Poisson process).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.outlook.parameters import Values
from ifnfactory.outlook.states import STAGES, Phase

Floats = NDArray[np.float64]

HORIZON: Final = 10.0
"""Years over which stages reproduce the published rate [prior: the usual follow-up, 5 to 13]."""

STEP_LOW: Final = math.log(1e-6)
STEP_WIDTH: Final = 0.05
STEP_CELLS: Final = 300
"""Grid of the natural logarithm of the rate of cirrhosis: 1e-6 to 3.2 a year."""

_FASTEST: Final = 20.0

YOUNGEST: Final = 25.0
OLDEST: Final = 65.0
"""Ages outside which the effect of age on fibrosis is held constant [year]."""

MEASURED_AT: Final = (32.0, 32.0, 41.0, 41.0, 41.0)
"""Mean age, by `Phase`, of those whose stages are typical of it [year].

The trials of Lau 2005 (HBeAg-positive) and of Marcellin 2004 (HBeAg-negative) [V]; the same for the
other phases [prior].
"""


def stage_shares(values: Values, phase: int) -> Floats:
    """Return the shares of F0 to F3 in people of a phase without cirrhosis, shape (stages,).

    At the age of `MEASURED_AT`. The share of F3 is the parameter; the others follow as in a
    binomial [prior].
    """
    return _binomial(np.array(_step_chance(values, phase)))


def stages_of(
    values: Values, phase: NDArray[np.int8], age: Floats, quantile: Floats
) -> NDArray[np.int8]:
    """Return a stage for everybody whose stage nobody measured.

    A stage is what has progressed until today. As the rate of progression rises e-fold in so many
    years of age, so do the odds of every step: older people enter with more fibrosis.

    Parameters
    ----------
    phase, age, quantile
        Shape (people,): codes of `Phase`, years, and each person's place among people of the
        phase and age.
    """
    typical = np.array([_step_chance(values, p) for p in Phase])[phase]
    years = np.clip(age, YOUNGEST, OLDEST) - np.array(MEASURED_AT)[phase]
    odds = typical / (1.0 - typical) * np.exp(values["cirrhosis_age"] * years)
    chance = odds / (1.0 + odds)
    edges = np.cumsum(_binomial(chance)[:, :-1], axis=1)
    return (quantile[:, None] >= edges).sum(axis=1).astype(np.int8)


def _step_chance(values: Values, phase: int) -> float:
    """Return the chance of each of three steps that gives the share of F3 of a phase."""
    advanced = values[f"fibrosis_f3_{Phase(phase).name.lower()}"]
    return float(advanced ** (1.0 / (STAGES - 1)))


def _binomial(chance: Floats) -> Floats:
    """Return the shares of 0 to 3 steps, shape (..., stages)."""
    steps = np.arange(STAGES)
    ways = np.array([math.comb(STAGES - 1, int(k)) for k in steps])
    made = chance[..., None]
    return ways * made**steps * (1.0 - made) ** (STAGES - 1 - steps)


def step_tables(values: Values) -> Floats:
    """Return the rate of one stage by the rate of cirrhosis, shape (phases, `STEP_CELLS`)."""
    cells = STEP_LOW + STEP_WIDTH * np.arange(STEP_CELLS)
    steps = np.geomspace(1e-7, _FASTEST, 2_000)
    return np.stack(
        [
            np.exp(np.interp(cells, np.log(_cirrhosis_rate(shares, steps)), np.log(steps)))
            for shares in (stage_shares(values, phase) for phase in Phase)
        ]
    )


def _cirrhosis_rate(shares: Floats, step: Floats) -> Floats:
    """Return the constant rate that gives the same share of cirrhosis after `HORIZON` years."""
    expected = step * HORIZON
    still = np.zeros_like(expected)
    term = np.exp(-expected)
    for made in range(STAGES):
        # Whoever stood at F0 to F(3 - made) is still short of cirrhosis after `made` steps.
        still += term * shares[: STAGES - made].sum()
        term = term * expected / (made + 1)
    return np.maximum(-np.log(np.maximum(still, 1e-300)), 1e-300) / HORIZON
