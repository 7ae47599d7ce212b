"""Differences and ratios in words."""

from __future__ import annotations

import math

from ifnfactory.report.words import MISSING, number
from ifnfactory.trial.contrasts.compare import Row
from ifnfactory.trial.contrasts.proportions import Interval

POINTS = "percentage points"


def level(row: Row, side: int) -> str:
    """Return the percentage or mean of the group (0) or the control (1)."""
    return number(row.levels[side], "%" if row.unit == POINTS else row.unit)


def interval(found: Interval, unit: str = "") -> str:
    """Return ``"1.24 (1.10 to 1.39)"``; infinity where there is no upper end."""
    if math.isnan(found.value):
        return MISSING
    told = "%" if unit == POINTS else unit
    value, low, high = (_end(each, told) for each in (found.value, found.low, found.high))
    return f"{value} ({low} to {high})"


def _end(value: float, unit: str) -> str:
    return "∞" if value == math.inf else number(value, unit)
