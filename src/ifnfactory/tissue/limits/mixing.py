"""The well-mixed limit: many cells that all meet follow the equation, few scatter around it.

Kurtz: the mean of N cells differs from the equation by O(1/N), their scatter is O(N^-1/2).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.streams import stream
from ifnfactory.tissue.measures import slope

SIZES = np.array([1e2, 1e3, 1e4, 1e5, 1e6])


def mixing_slopes(repeats: int, seed: int) -> tuple[float, float]:
    """Return the log-log slopes of bias and of standard deviation against the number of cells.

    Cells are infected with probability 1 - exp(-beta I/N dt) and recover with 1 - exp(-gamma dt);
    cells that all meet are alike, so that their numbers are binomial and a million cost as much
    as a hundred. The bias is far smaller than the scatter: what is averaged is the difference from
    the linear response to the same noise, whose mean is the equation's own solution.
    """
    found = np.array([_bias_and_sd(int(n), repeats, seed) for n in SIZES])
    logs = np.log(SIZES)
    return slope(logs, np.log(np.abs(found[:, 0]))), slope(logs, np.log(found[:, 1]))


def _bias_and_sd(n: int, repeats: int, seed: int) -> tuple[float, float]:
    beta, gamma, dt, steps = 1.0, 0.4, 0.05, 120
    generator = stream(seed, "mixing", n)
    recover = -np.expm1(-gamma * dt)

    def mean_step(i: NDArray[np.float64]) -> NDArray[np.float64]:
        return i + (1.0 - i) * -np.expm1(-beta * dt * i) - i * recover

    def gradient(i: float) -> float:
        chance = -np.expm1(-beta * dt * i)
        return 1.0 - chance + (1.0 - i) * beta * dt * np.exp(-beta * dt * i) - recover

    infected = np.full(repeats, n // 10, dtype=np.int64)
    expected = np.array(0.1)
    linear = np.zeros(repeats)
    for _ in range(steps):
        share = infected / n
        new = generator.binomial(n - infected, -np.expm1(-beta * dt * share))
        gone = generator.binomial(infected, recover)
        infected = infected + new - gone
        noise = infected / n - mean_step(share)
        linear = gradient(float(expected)) * linear + noise
        expected = mean_step(expected)
    share = infected / n
    bias = float(np.mean(share - float(expected) - linear))
    return bias, float(np.std(share, ddof=1))
