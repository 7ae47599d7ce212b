"""Extinction of a lineage of infected cells."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from ifnfactory.foundation.streams import stream

_SAFE: Final = 400
"""A lineage of so many lives on for ever, to all purposes."""


def extinction_poisson(r0: float) -> float:
    """Return the root of q = exp(R0 (q - 1)) below 1."""
    q = 0.0
    for _ in range(10_000):
        q = math.exp(r0 * (q - 1.0))
    return q


def extinction_geometric(r0: float) -> float:
    """Return q = 1/R0: offspring of an exponentially long life."""
    return min(1.0, 1.0 / r0)


def extinction_measured(r0: float, poisson: bool, lineages: int, seed: int) -> float:
    """Return the share of simulated lineages that die out."""
    generator = stream(seed, "branching", "poisson" if poisson else "geometric", str(r0))
    alive = np.ones(lineages, dtype=np.int64)
    for _ in range(500):
        some = (alive > 0) & (alive < _SAFE)
        if not some.any():
            break
        parents = alive[some]
        if poisson:
            alive[some] = generator.poisson(r0 * parents)
        else:
            alive[some] = generator.negative_binomial(parents, 1.0 / (1.0 + r0))
    return float(np.mean(alive == 0))
