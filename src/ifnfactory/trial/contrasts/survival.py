"""Kaplan-Meier curves with numbers at risk.

The estimate and its interval (Greenwood's variance, complementary log-log) are SciPy's.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from scipy.stats import CensoredData, ecdf

from ifnfactory.assays.panel import Bools, Floats
from ifnfactory.trial.estimates import LEVEL


@dataclass(frozen=True)
class Times:
    """When something happened, or until when it was not seen to.

    Attributes
    ----------
    week
        Shape (patients,): week of the event or of the last look, since the start of the clock.
    happened
        Shape (patients,): False where the patient is censored.
    """

    week: Floats
    happened: Bools

    def __len__(self) -> int:
        return len(self.week)


@dataclass(frozen=True)
class Curve:
    """Share of patients without the event: a step after each of `week`; arrays (steps,).

    Attributes
    ----------
    week
        Weeks in which the share changes or patients are censored, the first one 0.
    free, low, high
        Share without the event from that week on, with its interval.
    at_risk, events
        Patients at risk just before that week, and events in it.
    """

    week: Floats
    free: Floats
    low: Floats
    high: Floats
    at_risk: np.ndarray
    events: np.ndarray

    def at(self, week: float) -> float:
        """Return the share without the event at `week`."""
        return float(self.free[np.searchsorted(self.week, week, side="right") - 1])


def kaplan_meier(times: Times, level: float = LEVEL) -> Curve | None:
    """Return the curve of a group; None for nobody."""
    if not len(times):
        return None
    data = CensoredData(uncensored=times.week[times.happened], right=times.week[~times.happened])
    found = ecdf(data).sf
    steps = np.unique(np.concatenate([[0.0], times.week]))
    with warnings.catch_warnings():
        # Where all or none are left the variance is 0/0; there the interval is the estimate.
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = found.confidence_interval(level, method="log-log")
    free = np.asarray(found.evaluate(steps), dtype=np.float64)
    ends = [np.asarray(end.evaluate(steps)) for end in (interval.low, interval.high)]
    low, high = (np.where(np.isfinite(end), end, free) for end in ends)
    return Curve(
        week=steps,
        free=free,
        low=low,
        high=high,
        at_risk=at_risk(times, steps),
        events=np.array([np.sum(times.happened & (times.week == step)) for step in steps]),
    )


def at_risk(times: Times, weeks: Floats) -> np.ndarray:
    """Return how many patients are still at risk just before each of `weeks`."""
    order = np.sort(times.week)
    return len(order) - np.searchsorted(order, weeks, side="left")
