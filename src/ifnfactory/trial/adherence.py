"""Who forgets doses and who stops taking them for a while: drawn for each patient and day.

A patient has one inclination for all drugs, and is the same in every arm. Chance decides day by
day, so that what is due on a day is taken or missed whatever else the arms differ in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.streams import Seed, stream
from ifnfactory.pharmacology.drug import Drug, Interferon, Nucleoside

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Reasons = NDArray[np.int8]

DrugClass = Literal["interferon", "nucleoside", "other"]
CLASSES: Final[tuple[DrugClass, ...]] = ("interferon", "nucleoside", "other")
REASONS: Final = ("taken", "forgotten", "paused")
TAKEN, FORGOTTEN, PAUSED = range(len(REASONS))
SMALLEST_SPREAD: Final = 1e-3
"""A smaller SD of shares is none: nobody could see it, and its beta distribution is a spike."""
DAYS_PER_YEAR: Final = 365.25
DAYS_PER_WEEK: Final = 7.0


def drug_class(drug: Drug) -> DrugClass:
    """Return the class of a drug."""
    if isinstance(drug, Interferon):
        return "interferon"
    return "nucleoside" if isinstance(drug, Nucleoside) else "other"


@dataclass(frozen=True)
class Habit:
    """How patients take one class of drugs.

    Attributes
    ----------
    taken
        Mean share of doses taken outside pauses, 0 to 1.
    spread
        SD of that share between patients; the shares have a beta distribution.
    pauses_per_year
        How often a patient stops taking the drug for a while [1/year].
    pause_weeks
        Mean length of a pause [week]; lengths are geometric in days.
    """

    taken: float
    spread: float = 0.0
    pauses_per_year: float = 0.0
    pause_weeks: float = 0.0

    def shares(self, rank: Floats) -> Floats:
        """Return each patient's share of doses taken, from ranks between 0 and 1."""
        if self.spread < SMALLEST_SPREAD:
            return np.full_like(rank, self.taken)
        size = self.taken * (1.0 - self.taken) / self.spread**2 - 1.0
        return betaincinv(self.taken * size, (1.0 - self.taken) * size, rank)


@dataclass(frozen=True)
class Adherence:
    """How the patients of a trial take their drugs; a class that is not named is always taken.

    Attributes
    ----------
    habits
        Drug class and habit.
    """

    habits: tuple[tuple[DrugClass, Habit], ...]
    source: Source
    default: bool = False


@dataclass(frozen=True)
class Intake:
    """What becomes of a dose that is due.

    Attributes
    ----------
    reason
        Index in `REASONS`, shape (patients, classes, days).
    """

    reason: Reasons

    def of(self, part: slice) -> Intake:
        """Return the intake of some patients."""
        return Intake(self.reason[part])

    def on(self, drug_class: DrugClass, days: Floats) -> Reasons:
        """Return what becomes of doses due on some days, shape (patients, days)."""
        return self.reason[:, CLASSES.index(drug_class), days.astype(np.int64)]


def draw_intake(adherence: Adherence, patients: int, days: int, seed: Seed) -> Intake:
    """Draw from named streams; patient i is the same for any number of patients.

    Parameters
    ----------
    days
        How many days the trial lasts.
    """
    reason = np.zeros((patients, len(CLASSES), days), dtype=np.int8)
    rank = stream(seed, "adherence", "patient").random(patients)
    for name, habit in adherence.habits:
        share = habit.shares(rank)
        luck = stream(seed, "adherence", name, "dose").random((patients, days))
        missed = luck >= share[:, None]
        paused = _pauses(habit, stream(seed, "adherence", name, "pause").random((patients, days)))
        column = CLASSES.index(name)
        reason[:, column] = np.where(paused, PAUSED, np.where(missed, FORGOTTEN, TAKEN))
    return Intake(reason)


def _pauses(habit: Habit, luck: Floats) -> Bools:
    """Return on which days a patient has stopped taking the drug; nobody begins with a pause."""
    begins = -np.expm1(-habit.pauses_per_year / DAYS_PER_YEAR)
    ends = 1.0 / max(habit.pause_weeks * DAYS_PER_WEEK, 1.0)
    paused = np.zeros(luck.shape, dtype=np.bool_)
    now = np.zeros(len(luck), dtype=np.bool_)
    for day in range(luck.shape[1]):
        now = np.where(now, luck[:, day] >= ends, luck[:, day] < begins)
        paused[:, day] = now
    return paused
