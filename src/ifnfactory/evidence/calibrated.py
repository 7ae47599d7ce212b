"""From the answer of a search to a population, and what the data say about its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.evidence.calibrate import Answer
from ifnfactory.evidence.free import Free, Space
from ifnfactory.population.released import Member, Release, write_release

Floats = NDArray[np.float64]
POPULATION: Final = "population.json"
DECIDED: Final = 0.5
"""A number whose SD fell below this share of its prior's is moved by the data."""
LEFT: Final = 0.9
"""A number whose SD stayed above this share of its prior's is left where it was."""
TRADING: Final = 0.6
"""Two numbers correlated beyond this trade off."""


@dataclass(frozen=True)
class Identified:
    """What the targets say about one number.

    Attributes
    ----------
    shift
        From the middle of its prior, in SDs of the prior.
    sd
        That remains, in SDs of the prior.
    """

    path: str
    start: float
    value: float
    shift: float
    sd: float

    @property
    def verdict(self) -> str:
        """Return in a word what the data did."""
        if self.sd <= DECIDED:
            return "decided by the data"
        return "left at its prior" if self.sd >= LEFT else "narrowed"


@dataclass(frozen=True)
class Trade:
    """Two numbers that the targets know together better than apart."""

    one: str
    other: str
    correlation: float


def identifiability(space: Space, answer: Answer) -> tuple[Identified, ...]:
    """Return every free number, the best known first."""
    starts, values = space.numbers(np.zeros(len(space.free))), space.numbers(answer.centre)
    remaining = np.sqrt(np.diag(answer.covariance))
    rows = [
        Identified(item.path, starts[item.path], values[item.path], float(shift), float(sd))
        for item, shift, sd in zip(space.free, answer.centre, remaining, strict=True)
    ]
    return tuple(sorted(rows, key=lambda row: row.sd))


def trades(free: tuple[Free, ...], answer: Answer) -> tuple[Trade, ...]:
    """Return the pairs that trade off, the closest first."""
    sd = np.sqrt(np.diag(answer.covariance))
    correlation = answer.covariance / np.outer(sd, sd)
    found = [
        Trade(free[i].path, free[j].path, float(correlation[i, j]))
        for i in range(len(free))
        for j in range(i)
        if abs(correlation[i, j]) > TRADING
    ]
    return tuple(sorted(found, key=lambda trade: -abs(trade.correlation)))


def candidate_release(
    space: Space, answer: Answer, name: str, provenance: Mapping[str, str]
) -> Release:
    """Return the answer as a population, with members of equal weight."""
    weight = 1.0 / len(answer.members)
    return Release(
        name=name,
        structure=space.centre.network.fingerprint,
        provenance=tuple(provenance.items()),
        reference=space.numbers(answer.centre),
        members=tuple(Member(weight, space.numbers(point)) for point in answer.members),
    )


def save_candidate(release: Release, folder: Path) -> Path:
    """Write a release into the folder of its search; return the file."""
    file = folder / POPULATION
    fresh = folder / f".{POPULATION}.new"
    fresh.write_text(write_release(release), encoding="utf-8")
    fresh.replace(file)
    return file
