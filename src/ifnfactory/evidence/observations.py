"""Published numbers and simulated ones on scales on which their errors are alike.

A percentage is compared as arcsin √p, whose error is 1/(2 √n) whatever p is; that is the binomial
likelihood to second order, and it stays finite when nobody reached an endpoint. Value and error are
middle and half-width of the published interval on that scale. A mean is compared as it is; its
error is such that the tolerance of a qualification is its 95 % interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.evidence.qualification import Row

Floats = NDArray[np.float64]
_Z95: Final = 1.959964
_PERCENT: Final = 100.0
NATURAL_HISTORY_WEIGHT: Final = 4.0
"""Rates of untreated patients weigh more: a population whose untreated patients do not behave is no
population, however well its trials fit. There are four of them beside 240 results of trials."""


@dataclass(frozen=True)
class Observations:
    """What was published, one entry a target; arrays of shape (targets,).

    Attributes
    ----------
    trial
        Parent trial of each.
    value, sd
        On the scale of `scaled`.
    """

    target_id: tuple[str, ...]
    trial: tuple[str, ...]
    is_share: NDArray[np.bool_]
    value: Floats
    sd: Floats
    weight: Floats

    def __len__(self) -> int:
        return len(self.target_id)

    def scaled(self, simulated: Floats) -> Floats:
        """Return simulated values, shape (targets,), on the scale of `value`."""
        share = np.clip(simulated / _PERCENT, 0.0, 1.0)
        return np.where(self.is_share, np.arcsin(np.sqrt(share)), simulated)

    def predicted(self, rows: Sequence[Row]) -> Floats:
        """Return the scaled simulated values of a qualification; NaN where it has no such row."""
        found = {row.target_id: row.simulated for row in rows}
        return self.scaled(np.array([found.get(name, np.nan) for name in self.target_id]))

    def without(self, trial: str) -> Observations:
        """Return the same observations with one parent trial weighing nothing."""
        kept = np.array([each != trial for each in self.trial])
        return Observations(
            self.target_id, self.trial, self.is_share, self.value, self.sd, self.weight * kept
        )


def observe(rows: Sequence[Row]) -> Observations:
    """Return what the rows of a qualification say was published, in the order of their names."""
    ordered = sorted((row for row in rows if row.weight > 0.0), key=lambda row: row.target_id)
    shares = np.array([row.k is not None and bool(row.n) for row in ordered], dtype=np.bool_)
    pairs = [_observed(row) for row in ordered]
    natural = np.array([row.endpoint_class == "natural_history" for row in ordered])
    return Observations(
        target_id=tuple(row.target_id for row in ordered),
        trial=tuple(row.trial for row in ordered),
        is_share=shares,
        value=np.array([value for value, _ in pairs]),
        sd=np.array([sd for _, sd in pairs]),
        weight=np.array([row.weight for row in ordered])
        * np.where(natural, NATURAL_HISTORY_WEIGHT, 1.0),
    )


def _observed(row: Row) -> tuple[float, float]:
    """Return value and error: the middle of the published interval and its half-width.

    So that what is within 1.96 errors is what a qualification calls inside, also at 0 of n, where
    the interval has one side only.
    """
    if row.k is not None and row.n:
        low, high = row.published_ci or (0.0, 0.0)
        if high <= low:  # no interval: Anscombe's correction keeps 0 of n away from the edge
            share = (row.k + 0.375) / (row.n + 0.75)
            return float(np.arcsin(np.sqrt(share))), 0.5 / float(np.sqrt(row.n))
        ends = np.arcsin(np.sqrt(np.clip([low / _PERCENT, high / _PERCENT], 0.0, 1.0)))
        return float(ends.mean()), float(ends[1] - ends[0]) / (2.0 * _Z95)
    return row.published, sum(row.reach) / (2.0 * _Z95)
