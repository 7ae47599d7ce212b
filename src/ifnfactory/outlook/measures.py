"""What a cohort study would report of people who were followed.

`firsts` is as in `simulate.Course`: the month of each person's first event of a kind.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ifnfactory.outlook.simulate import first_of
from ifnfactory.outlook.states import Event

Firsts = NDArray[np.int16]

DEATHS = (Event.LIVER_DEATH, Event.OTHER_DEATH)


def cumulative(firsts: Firsts, events: Sequence[Event], years: float) -> float:
    """Return the share of everybody who had one of `events` within `years` [%]."""
    month = first_of(firsts, events)
    return 100.0 * float(np.mean((month >= 0) & (month < round(years * 12))))


def survival(firsts: Firsts, years: float) -> float:
    """Return the share that lives after `years` [%]."""
    return 100.0 - cumulative(firsts, DEATHS, years)


def rate(
    firsts: Firsts,
    events: Sequence[Event],
    years: float,
    from_years: float = 0.0,
    censor: Sequence[Event] = (),
) -> float:
    """Return first events per 100 person-years at risk between two times.

    A person is at risk until the first of `events`, until death and until the first of `censor`.
    """
    start, end = round(from_years * 12), round(years * 12)
    event = _or_never(first_of(firsts, events), end)
    stop = _or_never(first_of(firsts, [*DEATHS, *censor]), end)
    leaves = np.minimum(np.minimum(event, stop), end)
    at_risk = np.maximum(leaves - start, 0).sum() / 12.0
    happened = np.count_nonzero((event >= start) & (event < end) & (event <= stop))
    return 100.0 * happened / at_risk if at_risk > 0 else float("nan")


def rise(firsts: Firsts, events: Sequence[Event], years: float, from_years: float) -> float:
    """Return the rate after `from_years` over the rate before."""
    return rate(firsts, events, years, from_years) / rate(firsts, events, from_years)


def _or_never(month: NDArray[np.int64], end: int) -> NDArray[np.int64]:
    return np.where(month < 0, end, month)
