"""What an arm's patients suffered and what became of therapy, as far as the trial saw it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.panel import Panel
from ifnfactory.biology.adverse_events import AdverseEvents, Grades, Susceptibility
from ifnfactory.biology.tolerability import load_tolerability
from ifnfactory.trial.attendance import (
    FRUITLESS_DNA,
    FRUITLESS_LOG10,
    FRUITLESS_WEEKS,
    Attendance,
    Departure,
    Restlessness,
    departures,
)
from ifnfactory.trial.conduct import Conduct
from ifnfactory.trial.findings import NO_COMPLAINT

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TROUBLING_GRADE: Final = 2


@dataclass(frozen=True)
class Safety:
    """Side effects, decisions and departures of an arm.

    Attributes
    ----------
    events
        Side effects that set in while the patient came.
    grade
        Their severity, shape (patients, effects).
    departure
        Who left, when and why.
    """

    events: AdverseEvents
    grade: Grades
    conduct: Conduct
    departure: Departure

    def rows(self, keep: Bools | slice) -> Safety:
        """Return the record of some of the patients."""
        events = (getattr(self.events, field.name)[keep] for field in fields(AdverseEvents))
        return Safety(
            AdverseEvents(*events),
            self.grade[keep],
            self.conduct.rows(keep),
            Departure(self.departure.week[keep], self.departure.reason[keep]),
        )

    def onset_week(self, effect: str) -> Floats:
        """Return when an effect set in, shape (patients,); infinite where it did not [week]."""
        return self.events.onset[:, load_tolerability().names.index(effect)] / 7.0

    def ongoing_grade(self, week: float) -> Grades:
        """Return the grade of every effect that a patient has in a week, 0 for none."""
        return np.where(self.events.ongoing(7.0 * week), self.grade, 0).astype(np.int8)


def seen_safety(
    panel: Panel,
    events: AdverseEvents,
    people: Susceptibility,
    conduct: Conduct,
    attendance: tuple[Attendance, Restlessness],
    treated_weeks: tuple[float, float],
) -> Safety:
    """Return what a trial sees: patients leave by what they suffer and by what therapy does.

    Parameters
    ----------
    panel
        What the laboratory would report of everybody.
    treated_weeks
        First and last week of the arm's therapy.
    """
    week = panel.week
    names = load_tolerability().names
    felt = np.array([name not in NO_COMPLAINT for name in names])
    bad = (people.grade >= TROUBLING_GRADE) & felt
    troubled = np.stack([(events.ongoing(7.0 * w) & bad).any(axis=1) for w in week], axis=1)
    with np.errstate(invalid="ignore"):
        fallen = np.log10(panel.hbv_dna[:, :1] / panel.hbv_dna)
    on = (week >= treated_weeks[0] + FRUITLESS_WEEKS) & (week <= treated_weeks[1])
    fruitless = (fallen < FRUITLESS_LOG10) & (panel.hbv_dna > FRUITLESS_DNA) & on
    departure = departures(attendance[0], attendance[1], week, troubled, fruitless)
    unseen = events.onset > 7.0 * departure.week[:, None]
    seen = replace(
        events,
        onset=np.where(unseen, np.inf, events.onset),
        end=np.where(unseen, np.inf, events.end),
        related=events.related & ~unseen,
    )
    return Safety(seen, people.grade, conduct.until(week, departure.week), departure)
