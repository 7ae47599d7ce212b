"""What became of therapy: which rules acted on whom, from when, and what was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.rules.action import CAUSES
from ifnfactory.trial.intake import Missed, join_missed

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NOBODY: Final = -1


@dataclass(frozen=True)
class Conduct:
    """Decisions about an arm's patients.

    Attributes
    ----------
    rules, causes
        Names of the arm's rules, and the cause of what each does.
    stops
        Which of the rules end therapy.
    acted
        Week in which each rule was first acted on, shape (patients, rules); infinite where never.
    stopped_week
        Week in which a rule ended therapy, shape (patients,); infinite where none did.
    stopped_by
        That rule, shape (patients,); `NOBODY` where none did.
    dose_share
        Interferon given from a visit to the next as a share of the planned amount, shape (patients,
        visits); NaN where none is planned.
    missed
        Doses that patients did not take; None in a trial in which every dose is taken.
    """

    rules: tuple[str, ...]
    causes: tuple[str, ...]
    stops: tuple[bool, ...]
    acted: Floats
    stopped_week: Floats
    stopped_by: NDArray[np.int64]
    dose_share: Floats
    missed: Missed | None = None

    def rows(self, keep: Bools | slice) -> Conduct:
        """Return the decisions about some of the patients."""
        return replace(
            self,
            acted=self.acted[keep],
            stopped_week=self.stopped_week[keep],
            stopped_by=self.stopped_by[keep],
            dose_share=self.dose_share[keep],
            missed=None if self.missed is None else self.missed.rows(keep),
        )

    def until(self, week: Floats, last_week: Floats) -> Conduct:
        """Return what was decided, and missed, while patients still came.

        Parameters
        ----------
        week
            Weeks of the visits.
        last_week
            After which each patient does not come any more.
        """
        gone = self.stopped_week > last_week
        return replace(
            self,
            acted=np.where(self.acted > last_week[:, None], np.inf, self.acted),
            stopped_week=np.where(gone, np.inf, self.stopped_week),
            stopped_by=np.where(gone, NOBODY, self.stopped_by),
            missed=None if self.missed is None else self.missed.until(week, last_week),
        )

    def modified(self, week: float, cause: str | None = None) -> Bools:
        """Return whose dose was reduced or held up to a week, perhaps for one cause."""
        hit = [
            not stops and cause in (None, each)
            for each, stops in zip(self.causes, self.stops, strict=True)
        ]
        return np.logical_or.reduce(self.acted[:, hit] <= week, axis=1)

    def stopped(self, week: float, reason: str | None = None) -> Bools:
        """Return whose therapy a rule ended up to a week, perhaps for one reason of `CAUSES`."""
        due = self.stopped_week <= week
        if reason is None or not self.causes:
            return due
        hit = np.array([CAUSES[cause] == reason for cause in self.causes])
        return np.logical_and(due, hit[self.stopped_by])


def join_conduct(parts: Sequence[Conduct]) -> Conduct:
    """Return the decisions about the patients of all parts, in their order."""
    return replace(
        parts[0],
        acted=np.concatenate([part.acted for part in parts]),
        stopped_week=np.concatenate([part.stopped_week for part in parts]),
        stopped_by=np.concatenate([part.stopped_by for part in parts]),
        dose_share=np.concatenate([part.dose_share for part in parts]),
        missed=join_missed([part.missed for part in parts if part.missed is not None]),
    )
