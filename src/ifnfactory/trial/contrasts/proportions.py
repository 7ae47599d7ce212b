"""Two percentages and what lies between them: risk difference, risk ratio and odds ratio.

All intervals start from Wilson's interval of each percentage and combine the two ("square and
add", method of variance estimates recovery). What two groups have in common enters as the
correlation of their outcomes: virtual patients who are the same persons in both groups meet the
same biology and the same assay errors, so that their difference is less noisy than either.

Newcombe RG, Stat Med 1998;17:873-90 and 2635-50 (difference of independent and of paired
proportions, methods 10); Donner A, Zou GY, Stat Methods Med Res 2012;21:347-59 (ratios);
Fagerland MW, Lydersen S, Laake P, Stat Med 2014;33:2850-75 (which intervals to prefer).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ifnfactory.assays.panel import Bools
from ifnfactory.trial.estimates import LEVEL, wilson


@dataclass(frozen=True)
class Interval:
    """A measure with its interval; NaN where there is none, infinity where a group has no event."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Contrast:
    """A group beside a control group.

    Attributes
    ----------
    patients, events
        Patients who count and who reached the endpoint: group, control.
    paired
        Whether both groups are the same persons.
    correlation
        Correlation of the outcomes of a person in the two groups; 0 for different persons.
    difference
        Risk difference in percentage points.
    risk_ratio, odds_ratio
        Ratios of the two percentages and of their odds.
    """

    patients: tuple[int, int]
    events: tuple[int, int]
    paired: bool
    correlation: float
    difference: Interval
    risk_ratio: Interval
    odds_ratio: Interval


@dataclass(frozen=True)
class _Limits:
    """An estimate with the interval of its own."""

    value: float
    low: float
    high: float

    def odds(self) -> _Limits:
        return _Limits(*(_odds(each) for each in (self.value, self.low, self.high)))

    def complement(self) -> _Limits:
        return _Limits(1.0 - self.value, 1.0 - self.high, 1.0 - self.low)


def contrast(group: Bools, control: Bools, paired: bool, level: float = LEVEL) -> Contrast:
    """Return how a group differs from a control group.

    Parameters
    ----------
    group, control
        Shape (patients,): who reached the endpoint; row by row the same person if `paired`.
    paired
        Whether the rows are the same persons.
    level
        Coverage of the intervals.
    """
    shared = correlation(group, control) if paired else 0.0
    n, events = (len(group), len(control)), (int(group.sum()), int(control.sum()))
    if not all(n):
        none = Interval(math.nan, math.nan, math.nan)
        return Contrast(n, events, paired, 0.0, none, none, none)
    ends = [wilson(k, m, level) for k, m in zip(events, n, strict=True)]
    one, two = (_Limits(k / m, *end) for k, m, end in zip(events, n, ends, strict=True))
    gap = _difference(one, two, shared)
    return Contrast(
        patients=n,
        events=events,
        paired=paired,
        correlation=shared,
        difference=Interval(*(100.0 * each for each in (gap.value, gap.low, gap.high))),
        risk_ratio=_ratio(one, two, shared),
        odds_ratio=_odds_ratio(one, two, shared),
    )


def correlation(group: Bools, control: Bools) -> float:
    """Return the correlation of paired outcomes, drawn towards 0 as Newcombe proposes.

    The correction by half a pair keeps the interval from being too narrow in small samples.
    """
    both, neither = float(np.sum(group & control)), float(np.sum(~group & ~control))
    first, second = float(np.sum(group & ~control)), float(np.sum(~group & control))
    margins = (both + first) * (second + neither) * (both + second) * (first + neither)
    if margins == 0.0:
        return 0.0
    excess = both * neither - first * second
    if excess > 0.0:
        excess = max(excess - len(group) / 2.0, 0.0)
    return excess / math.sqrt(margins)


def _difference(one: _Limits, two: _Limits, shared: float) -> Interval:
    down = _joint(one.value - one.low, two.high - two.value, shared)
    up = _joint(one.high - one.value, two.value - two.low, shared)
    value = one.value - two.value
    return Interval(value, max(value - down, -1.0), min(value + up, 1.0))


def _joint(a: float, b: float, shared: float) -> float:
    return math.sqrt(max(a * a - 2.0 * shared * a * b + b * b, 0.0))


def _ratio(one: _Limits, two: _Limits, shared: float) -> Interval:
    """Return a ratio of two estimates whose own intervals hold no negative number.

    Its ends solve a quadratic equation; the lower root is written without a difference of nearly
    equal numbers, and holds where the leading coefficient is negative.
    """
    product, under = _equation(one.value, one.low, two.value, two.high, shared)
    root = math.sqrt(max(product * product - under, 0.0))
    low = _quotient(one.low * (2.0 * one.value - one.low), product + root, empty=0.0)
    product, under = _equation(one.value, one.high, two.value, two.low, shared)
    root = math.sqrt(max(product * product - under, 0.0))
    high = _quotient(product + root, two.low * (2.0 * two.value - two.low), empty=math.inf)
    return Interval(_quotient(one.value, two.value), low, high)


def _equation(
    one: float, end_one: float, two: float, end_two: float, shared: float
) -> tuple[float, float]:
    product = one * two - shared * abs(end_one - one) * abs(end_two - two)
    return product, end_one * (2.0 * one - end_one) * end_two * (2.0 * two - end_two)


def _odds_ratio(one: _Limits, two: _Limits, shared: float) -> Interval:
    if {one.value, two.value} == {0.0, 1.0}:  # everybody against nobody: no odds to combine
        if one.value == 1.0:
            return Interval(math.inf, _odds(one.low) / _odds(two.high), math.inf)
        return Interval(0.0, 0.0, _odds(one.high) / _odds(two.low))
    # Odds of 100 % are infinite: turned round, the same ratio stands between the other odds.
    if one.value == 1.0 or two.value == 1.0:
        return _ratio(two.complement().odds(), one.complement().odds(), shared)
    return _ratio(one.odds(), two.odds(), shared)


def _odds(p: float) -> float:
    return math.inf if p >= 1.0 else p / (1.0 - p)


def _quotient(a: float, b: float, empty: float = math.nan) -> float:
    """Return a / b, infinity for something and `empty` for nothing over nothing."""
    if b > 0.0:
        return a / b
    return math.inf if a > 0.0 else empty
