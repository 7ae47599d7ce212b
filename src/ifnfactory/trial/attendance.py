"""Who stops coming: patients leave a trial at random, and what is not seen is missing.

A missing value counts as a failure in a proportion (the rule of most trials) and not at all in a
mean. Reasons to leave that depend on how a patient fares are not part of this version.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.panel import Panel
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.streams import Seed, stream

Floats = NDArray[np.float64]
WEEKS_PER_YEAR: Final = 365.25 / 7.0


@dataclass(frozen=True)
class Attendance:
    """How fast patients are lost.

    Attributes
    ----------
    lost_per_year
        Hazard of leaving for good [1/year].
    default
        True where the trial does not say.
    """

    lost_per_year: float
    source: Source
    default: bool = False


DEFAULT: Final = Attendance(
    lost_per_year=0.055,
    source=Source(
        "5 % missing at week 48 and 8 % at week 72 in the trials of the 2000s, as assumed by the "
        "exploratory calibration (feasibility.md: missing = failure)",
        "S",
    ),
    default=True,
)


def last_weeks(attendance: Attendance, patients: int, seed: Seed) -> Floats:
    """Return the week in which each patient is last seen, shape (patients,).

    A patient leaves in the same week in every arm. Everybody comes to the first visit.
    """
    draw = stream(seed, "trial", "attendance").standard_exponential(patients)
    if attendance.lost_per_year == 0.0:
        return np.full(patients, np.inf)
    return draw * WEEKS_PER_YEAR / attendance.lost_per_year


def unseen_after(panel: Panel, last_week: Floats) -> Panel:
    """Return the panel without what happened after each patient's last week."""
    gone = panel.week[None, :] > last_week[:, None]
    hidden: dict[str, NDArray[np.float64] | NDArray[np.bool_]] = {}
    for field in fields(panel):
        values = getattr(panel, field.name)
        if values.ndim == 2:
            missing = np.nan if values.dtype == np.float64 else False
            hidden[field.name] = np.where(gone, missing, values).astype(values.dtype)
    return replace(panel, **hidden)
