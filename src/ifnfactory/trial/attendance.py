"""Who stops coming, and why: what is not seen is missing.

Patients leave faster while a side effect troubles them, and while therapy visibly does nothing. A
missing value is a failure in a proportion (the rule of most trials) and does not count in a mean.
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
Bools = NDArray[np.bool_]
WEEKS_PER_YEAR: Final = 365.25 / 7.0


@dataclass(frozen=True)
class Attendance:
    """How fast patients are lost.

    Attributes
    ----------
    lost_per_year
        Hazard of leaving for good [1/year]; all reasons together, as a rule.
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


REASONS: Final = ("stays", "adverse event", "lack of efficacy", "other")
OTHER, TROUBLED, FRUITLESS = 0.7, 1.7, 1.0
"""Hazard of leaving, in units of `lost_per_year`: of everybody, and in addition while a side effect
of grade 2 or more lasts, and while HBV DNA has not fallen [prior: with them 5 to 6 % of patients on
peginterferon are missing in week 48]."""
FRUITLESS_WEEKS: Final = 24.0
FRUITLESS_LOG10: Final = 1.0
FRUITLESS_DNA: Final = 2000.0
"""Therapy does visibly nothing: in week 24 or later HBV DNA is above 2,000 IU/mL and has fallen by
less than 1 log10 since entry [prior: primary non-response]."""


@dataclass(frozen=True)
class Departure:
    """When and why patients stop coming, shape (patients,).

    Attributes
    ----------
    week
        Infinite for who stays.
    reason
        Index in `REASONS`.
    """

    week: Floats
    reason: NDArray[np.int8]


@dataclass(frozen=True)
class Restlessness:
    """What chance decides about leaving, the same in every arm, shape (patients,).

    Attributes
    ----------
    threshold
        Cumulative hazard at which a patient leaves.
    reason
        Which of the hazards it was, as a number between 0 and 1.
    """

    threshold: Floats
    reason: Floats


def draw_restlessness(seed: Seed, patients: int) -> Restlessness:
    """Draw from named streams; patient i is the same for any number of patients."""
    return Restlessness(
        stream(seed, "trial", "attendance").standard_exponential(patients),
        stream(seed, "trial", "reason to leave").random(patients),
    )


def departures(
    attendance: Attendance, chance: Restlessness, week: Floats, troubled: Bools, fruitless: Bools
) -> Departure:
    """Return who leaves when and why. Everybody comes to the first visit.

    Parameters
    ----------
    week
        Weeks of the visits, shape (visits,).
    troubled, fruitless
        What a visit has shown, shape (patients, visits): it counts until the next.
    """
    parts = np.stack([TROUBLED * troubled, FRUITLESS * fruitless, np.full(troubled.shape, OTHER)])
    hazard = parts[:, :, :-1] * np.diff(week) * (attendance.lost_per_year / WEEKS_PER_YEAR)
    total = np.concatenate(
        [np.zeros((len(troubled), 1)), np.cumsum(hazard.sum(axis=0), axis=1)], axis=1
    )
    due = chance.threshold[:, None]
    leaves = total[:, -1] > chance.threshold
    at = np.minimum((total <= due).sum(axis=1) - 1, len(week) - 2)
    rows = np.arange(len(at))
    gained = total[rows, at + 1] - total[rows, at]
    share = np.divide(
        chance.threshold - total[rows, at], gained, out=np.zeros(len(at)), where=gained > 0.0
    )
    left = np.where(leaves, week[at] + share * (week[at + 1] - week[at]), np.inf)
    odds = np.cumsum(parts[:, rows, at], axis=0)
    which = (chance.reason * odds[-1] >= odds[:-1]).sum(axis=0) + 1
    return Departure(left, np.where(leaves, which, 0).astype(np.int8))


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
