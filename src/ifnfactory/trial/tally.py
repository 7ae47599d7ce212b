"""Counts and sums of an endpoint that add up: an estimate without all patients at hand.

Sums are kept exactly, as whole numbers, so that the estimate is the same to the last bit however
the patients are cut into blocks and in whatever order the blocks come.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from ifnfactory.assays.panel import Floats
from ifnfactory.trial.endpoints import Evaluation, Kind
from ifnfactory.trial.estimates import Estimate, mean_of, proportion_of

_COARSE: Final = 20
_FINE: Final = 52
"""Bits behind the point. A change of a marker on a log scale is below 2^10, so that its coarse part
fits 2^33 times into 64 bits, and what is left of it is below 2^-20."""


@dataclass(frozen=True)
class Tally:
    """What some patients add to the estimate of an endpoint.

    Attributes
    ----------
    kind
        Proportion or mean.
    patients
        Patients who count.
    total, squares
        Patients who reached a proportion, and 0; or the sums of a mean's values and of their
        squares, in units of 2^-52.
    """

    kind: Kind
    patients: int
    total: int
    squares: int

    def __add__(self, other: Tally) -> Tally:
        if self.kind != other.kind:
            raise ValueError(f"a {self.kind} and a {other.kind} do not add up")
        return Tally(
            self.kind,
            self.patients + other.patients,
            self.total + other.total,
            self.squares + other.squares,
        )

    def estimate(self) -> Estimate:
        """Return the estimate over all patients."""
        if self.kind == "proportion":
            return proportion_of(self.total, self.patients)
        if self.patients == 0:
            return mean_of(math.nan, math.nan, 0)
        unit = Fraction(1, 2**_FINE)
        centre = self.total * unit / self.patients
        if self.patients == 1:
            return mean_of(float(centre), math.nan, 1)
        spread = self.squares * unit - centre * self.total * unit
        variance = max(float(spread / (self.patients - 1)), 0.0)
        return mean_of(float(centre), math.sqrt(variance), self.patients)


def tally(evaluation: Evaluation) -> Tally:
    """Return the tally of an endpoint over the patients who count."""
    values = evaluation.values[evaluation.evaluable]
    if evaluation.endpoint.kind == "proportion":
        return Tally("proportion", len(values), int(np.count_nonzero(values)), 0)
    numbers = values.astype(np.float64)
    return Tally("mean", len(numbers), _exact_sum(numbers), _exact_sum(numbers**2))


def _exact_sum(values: Floats) -> int:
    """Return the sum in units of 2^-52, each value rounded to that unit."""
    coarse = np.rint(np.ldexp(values, _COARSE))
    rest = np.rint(np.ldexp(values - np.ldexp(coarse, -_COARSE), _FINE))
    whole = int(np.sum(coarse.astype(np.int64)))
    return (whole << (_FINE - _COARSE)) + int(np.sum(rest.astype(np.int64)))
