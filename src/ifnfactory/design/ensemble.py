"""Parameter vectors that a prediction is spread over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.population.release import Population
from ifnfactory.population.released import Release

_GOLDEN: Final = 0.6180339887498949


@dataclass(frozen=True)
class Ensemble:
    """Populations that differ in their parameters, with weights that add up to 1."""

    populations: tuple[Population, ...]
    weights: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.populations)

    def members_of(self, replicates: int) -> NDArray[np.int64]:
        """Return the member that each replicate is drawn from, shape (replicates,).

        The fractional parts of multiples of the golden ratio fill the weights evenly, whatever
        the number of replicates; the first hundred stay as they are when there are a thousand.
        """
        places = np.mod((np.arange(replicates) + 0.5) * _GOLDEN, 1.0)
        found = np.searchsorted(np.cumsum(self.weights), places, side="right")
        return np.minimum(found, len(self) - 1).astype(np.int64)


def single(population: Population) -> Ensemble:
    """Return one population alone."""
    return Ensemble((population,), (1.0,))


def ensemble_of(release: Release) -> Ensemble:
    """Return the members of a released population with their weights."""
    weights, populations = zip(*release.ensemble(), strict=True)
    return Ensemble(tuple(populations), tuple(weights))
