"""Deaths at the level of each published estimate: side by side, never averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.outlook.comparisons import Estimate
from ifnfactory.outlook.country import Country, DeathEstimate

Floats = NDArray[np.float64]

SETTLED: Final = slice(4, 9)
"""Years whose mean under the first policy stands for the modelled level of deaths: the pool of
people with HCC, whom a country file rarely knows, has filled by then [prior]."""


@dataclass(frozen=True)
class DeathScenario:
    """The deaths as one published estimate would count them.

    Attributes
    ----------
    estimate
        The published estimate.
    scale
        Its deaths over the modelled ones, once these have settled.
    total
        Of each policy, over all years; its interval holds the course, not the level, which is the
        estimate's in every draw.
    """

    estimate: DeathEstimate
    scale: float
    total: tuple[Estimate, ...]


def death_scenarios(country: Country, deaths: Floats, spread: Floats) -> tuple[DeathScenario, ...]:
    """Return the deaths at the level of each published estimate, in every draw as well.

    Parameters
    ----------
    deaths
        Shape (policies, years): as modelled.
    spread
        Shape (draws, policies, years), or empty.
    """

    def level(of: Floats) -> Floats:
        return np.maximum(of[..., 0, SETTLED].mean(axis=-1), 1e-9)

    def relative(of: Floats) -> Floats:
        return of.sum(axis=-1) / level(of)[..., None]

    middle = relative(deaths)
    drawn = relative(spread) if spread.size else spread
    return tuple(
        DeathScenario(
            each,
            each.deaths / float(level(deaths)),
            estimates_of(middle * each.deaths, drawn * each.deaths),
        )
        for each in country.deaths
    )


def estimates_of(middle: Floats, spread: Floats) -> tuple[Estimate, ...]:
    """Return an estimate a policy; `spread` has shape (draws, policies), or is empty."""
    if spread.size == 0:
        return tuple(Estimate(float(value), None, None) for value in middle)
    low, high = np.quantile(spread, [0.025, 0.975], axis=0)
    return tuple(
        Estimate(float(value), float(a), float(b))
        for value, a, b in zip(middle, low, high, strict=True)
    )
