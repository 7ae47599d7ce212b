"""How an infection of a tissue ended: contained, endemic or overrun."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.table import ColumnTable
from ifnfactory.tissue.measures import Share, slope
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.sampling import EXTENT, first_of
from ifnfactory.tissue.state import Status

OVERRUN: Final = 0.5
"""Share of cells at which a tissue counts as overrun (prior)."""
STILL: Final = 0.05
"""Relative growth over the last quarter of a run below which spread has stopped (prior)."""


class Ending(StrEnum):
    """The three phases of the phase diagram, and none of them."""

    CONTAINED = "contained"  # spread has stopped before half of the tissue
    ENDEMIC = "endemic"  # below half, and still spreading
    OVERRUN = "overrun"  # half of the tissue or more
    STOPPED = "stopped"  # the numbers went wrong: nobody knows how it would have ended


@dataclass(frozen=True)
class Outcome:
    """One replicate.

    Attributes
    ----------
    extent
        Share of cells that the infection has reached at the end; NaN for a model without infection,
        and where the run was stopped.
    speed
        Of the front in the second half of the run [cell diameters/h]; NaN where it was stopped.
    """

    ending: Ending
    extent: float
    speed: float


STOPPED: Final = Outcome(Ending.STOPPED, math.nan, math.nan)
"""A run that did not reach its end."""


def outcome_of(
    model: Model, table: ColumnTable, statuses: tuple[Status, ...]
) -> tuple[Outcome, ...]:
    """Return how each replicate ended."""
    name = first_of(model, EXTENT)
    which = np.asarray(table.column("replicate"))
    found: list[Outcome] = []
    for replicate, status in enumerate(statuses):
        if status is not Status.COMPLETED:
            found.append(STOPPED)
            continue
        rows = which == replicate
        hours = np.asarray(table.column("hour"), dtype=np.float64)[rows]
        radius = np.asarray(table.column("radius"), dtype=np.float64)[rows]
        extent = np.full(hours.size, math.nan)
        if name is not None:
            extent = np.asarray(table.column(name), dtype=np.float64)[rows]
        found.append(Outcome(ending_of(extent), float(extent[-1]), _speed(hours, radius)))
    return tuple(found)


def ending_of(extent: NDArray[np.float64]) -> Ending:
    """Judge a curve of the share that an infection has reached."""
    last = float(extent[-1])
    if last >= OVERRUN:
        return Ending.OVERRUN
    earlier = float(extent[max(0, (3 * extent.size) // 4 - 1)])
    grew = last - earlier
    return Ending.ENDEMIC if last > 0.0 and grew > STILL * last else Ending.CONTAINED


def _speed(hours: NDArray[np.float64], radius: NDArray[np.float64]) -> float:
    late = hours >= 0.5 * hours[-1]
    if np.count_nonzero(late) < 2 or np.isnan(radius).any():
        return math.nan
    return slope(hours[late], radius[late])


def contained(outcomes: tuple[Outcome, ...]) -> Share:
    """Return how many replicates were contained, of those that reached their end."""
    good = sum(outcome.ending is Ending.CONTAINED for outcome in outcomes)
    return Share(good, sum(outcome.ending is not Ending.STOPPED for outcome in outcomes))


def commonest(outcomes: tuple[Outcome, ...]) -> Ending:
    """Return the ending of most replicates that reached it; in a draw the worse one."""
    if not contained(outcomes).of:
        return Ending.STOPPED
    order = [ending for ending in Ending if ending is not Ending.STOPPED]
    counts = [sum(outcome.ending is ending for outcome in outcomes) for ending in order]
    return max(zip(counts, range(len(order)), order, strict=True))[2]
