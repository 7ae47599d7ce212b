"""Numbers that the tissue is held against, as they were published, derived or measured."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Final

TOLERANCES: Final[Mapping[str, tuple[float, float]]] = {
    "threshold": (0.001, 0.0),
    "front_speed": (0.001, 0.0),
    "extinction_probability": (0.002, 0.0),
    "mean_r2_over_4Dt": (1e-9, 0.0),
    "total_times_kd_over_Q": (1e-8, 0.0),
    "loglog_slope_bias": (0.05, 0.0),
    "loglog_slope_SD": (0.02, 0.0),
    "loglog_slope": (0.02, 0.0),
    "immune_fraction_that_stops_spread": (0.001, 0.0),
    "max_stable_step": (0.05, 0.0),
    "hepatocytes_covered": (0.5, 0.0),
    "relative_Linf_error": (0.0, 0.02),
}
"""Absolute and relative half-width for analytic rows that were printed without an interval: half of
the last digit where the value is exact, otherwise what a few minutes of simulation can tell apart.
Chosen before the first comparison."""

POINT_TOLERANCE: Final = 0.25
"""Relative half-width for published values without an interval (prior, as in the outlook)."""

LOG_CHANGE_TOLERANCE: Final = 0.1
"""Half-width around a published "no change" on a log10 scale (prior: what an assay repeats)."""

_NOT_HERE: Final[Mapping[str, str]] = {
    "HBV-shen-ic50-hepg2": "a cell line with few receptors; the tissue is of hepatocytes",
}


@dataclass(frozen=True)
class Target:
    """One row.

    Attributes
    ----------
    value, low, high
        In `unit`; NaN where the source gives none.
    """

    target_id: str
    model: str
    case: str
    quantity: str
    time: str
    value: float
    low: float
    high: float
    unit: str
    source: str

    def inside(self, value: float) -> bool:
        """Return whether `value` lies within the bounds that there are; NaN never does."""
        if math.isnan(value):
            return False
        return not (value < self.low or value > self.high)

    @property
    def bounded(self) -> bool:
        """Whether there is anything to be inside of."""
        return not (math.isnan(self.low) and math.isnan(self.high))


@lru_cache(maxsize=1)
def published_targets() -> tuple[Target, ...]:
    """Return the rows as they stand in the file."""
    text = files("ifnfactory.tissue").joinpath("data/tissue_targets.csv").read_text("utf-8")
    return tuple(_target(row) for row in csv.DictReader(io.StringIO(text)))


@lru_cache(maxsize=1)
def targets() -> tuple[Target, ...]:
    """Return the usable rows, each with bounds: all but those that `left_out` names."""
    return tuple(_with_bounds(t) for t in published_targets() if left_out(t) is None)


def left_out(target: Target) -> str | None:
    """Return why a row is not used, or None for one that is."""
    if target.quantity == "radius_R_I1_replicate_1":
        return "one published replicate, without an interval; the medians of twenty are used"
    return _NOT_HERE.get(target.target_id)


def _with_bounds(target: Target) -> Target:
    if target.bounded or math.isnan(target.value):
        return target
    if target.model == "analytic":
        fixed, share = TOLERANCES[target.quantity]
        half = fixed + share * abs(target.value)
    else:
        half = POINT_TOLERANCE * abs(target.value)
        half = half or LOG_CHANGE_TOLERANCE
    return replace(target, low=target.value - half, high=target.value + half)


def _target(row: Mapping[str, str]) -> Target:
    return Target(
        row["target_id"],
        row["model"],
        row["case"],
        row["quantity"],
        row["time"],
        _number(row["value"]),
        _number(row["low"]),
        _number(row["high"]),
        row["unit"],
        row["source"],
    )


def _number(text: str) -> float:
    return float(text) if text.strip() else math.nan
