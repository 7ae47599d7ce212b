"""The difference of two means: Student's interval of pairs, Welch's of different persons."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtrit

from ifnfactory.assays.panel import Floats
from ifnfactory.trial.contrasts.proportions import Interval
from ifnfactory.trial.estimates import LEVEL


def mean_difference(group: Floats, control: Floats, paired: bool, level: float = LEVEL) -> Interval:
    """Return the mean of a group minus that of a control group.

    Parameters
    ----------
    group, control
        Shape (patients,), finite; row by row the same person if `paired`.
    """
    if min(len(group), len(control)) == 0:
        return Interval(math.nan, math.nan, math.nan)
    value = float(group.mean() - control.mean())
    if min(len(group), len(control)) < 2:
        return Interval(value, math.nan, math.nan)
    if paired:
        freedom, error = len(group) - 1.0, _error(group - control)
    else:
        a, b = _error(group) ** 2, _error(control) ** 2
        error = math.sqrt(a + b)
        weights = a**2 / (len(group) - 1) + b**2 / (len(control) - 1)
        freedom = (a + b) ** 2 / weights if weights > 0.0 else 1.0
    half = float(stdtrit(freedom, 0.5 + level / 2)) * error
    return Interval(value, value - half, value + half)


def _error(values: Floats) -> float:
    return float(np.std(values, ddof=1)) / math.sqrt(len(values))
