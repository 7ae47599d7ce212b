"""What patients take of what they are given: missed injections, and days without their tablets.

An injection that is missed is a dose of zero. What flows in steadily is switched off on a day on
which it is not taken, and on again on the next that it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.engine.batch import Events
from ifnfactory.pharmacology.coupling import LAMIVUDINE_BLOCK, LAMIVUDINE_ON, NA_BLOCK
from ifnfactory.trial.adherence import CLASSES, FORGOTTEN, PAUSED, TAKEN, DrugClass, Intake

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Counts = NDArray[np.int16]

NUCLEOSIDE_INPUTS: Final = (NA_BLOCK, LAMIVUDINE_BLOCK, LAMIVUDINE_ON)
_DEPOT: Final = "depot_"


@dataclass(frozen=True)
class Missed:
    """Doses from a visit to the next: injections, and days of what is taken daily.

    Attributes
    ----------
    due
        What physicians wanted to be taken, shape (patients, visits, classes).
    forgotten, paused
        What was not taken of it, by reason, same shape.
    """

    due: Counts
    forgotten: Counts
    paused: Counts

    @staticmethod
    def none(patients: int, visits: int) -> Missed:
        """Return the record of patients before anything is due."""
        shape = (patients, visits, len(CLASSES))
        return Missed(*(np.zeros(shape, dtype=np.int16) for _ in fields(Missed)))

    def rows(self, keep: Bools | slice) -> Missed:
        """Return the record of some of the patients."""
        return Missed(*(getattr(self, field.name)[keep] for field in fields(self)))

    def taken_share(self, index: int) -> Floats:
        """Return the share of a class's doses taken after each visit; NaN where none was due."""
        due = self.due[:, :, index].astype(np.float64)
        missed = self.forgotten[:, :, index] + self.paused[:, :, index]
        return np.divide(due - missed, due, out=np.full(due.shape, np.nan), where=due > 0.0)

    def until(self, week: Floats, last_week: Floats) -> Missed:
        """Return what fell due at or after visits to which patients came."""
        came = (week[None, :] <= last_week[:, None])[:, :, None]
        return Missed(*(np.where(came, getattr(self, f.name), 0) for f in fields(self)))


def join_missed(parts: Sequence[Missed]) -> Missed | None:
    """Return the record of the patients of all parts, in their order; None without parts."""
    if not parts:
        return None
    names = [field.name for field in fields(Missed)]
    return Missed(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def class_of(target: str) -> DrugClass:
    """Return the class of the drug that an event is about."""
    if target.startswith(_DEPOT):
        return "interferon"
    return "nucleoside" if target in NUCLEOSIDE_INPUTS else "other"


class Taking:
    """Takes some patients through what they are given, visit after visit.

    Attributes
    ----------
    missed
        Grows visit after visit.
    """

    def __init__(self, intake: Intake, visits: int) -> None:
        self._intake = intake
        self._prescribed: dict[str, Floats] = {}
        self._current: dict[str, Floats] = {}
        self.missed = Missed.none(len(intake.reason), visits)

    def take(self, visit: int, given: Events, start: float, stop: float) -> Events:
        """Return what is taken of what is given from one visit to the next.

        Parameters
        ----------
        start, stop
            Days of the visits.
        """
        boluses = [
            (float(given.day[i]), given.target[i], True, self._bolus(visit, given, i))
            for i in np.flatnonzero(given.add).tolist()
        ]
        columns = [*self._settings(visit, given, start, stop), *boluses]
        columns.sort(key=lambda column: (column[0], column[2]))  # settings first, as planned
        if not columns:
            return given
        day, target, add, value = zip(*columns, strict=True)
        return Events(
            np.array(day), target, np.array(add), np.ascontiguousarray(np.stack(value, axis=1))
        )

    def _bolus(self, visit: int, given: Events, index: int) -> Floats:
        name, amount = class_of(given.target[index]), given.value[:, index]
        reason = self._intake.on(name, given.day[index : index + 1])[:, 0]
        self._count(visit, name, reason, amount > 0.0)
        return np.where(reason == TAKEN, amount, 0.0)

    def _settings(
        self, visit: int, given: Events, start: float, stop: float
    ) -> list[tuple[float, str, bool, Floats]]:
        """Return the settings of every day on which something changes in somebody."""
        if not self._prescribed and given.add.all():
            return []
        changes = {float(day) for day, add in zip(given.day, given.add, strict=True) if not add}
        columns: list[tuple[float, str, bool, Floats]] = []
        for day in sorted({start, *np.arange(np.ceil(start), stop).tolist(), *changes}):
            self._prescribe(given, day)
            for name in ("nucleoside", "other"):
                columns.extend(self._day(visit, name, day))
        return columns

    def _prescribe(self, given: Events, day: float) -> None:
        for index in np.flatnonzero(~given.add & (given.day == day)):
            self._prescribed[given.target[index]] = given.value[:, index]

    def _day(
        self, visit: int, name: DrugClass, day: float
    ) -> list[tuple[float, str, bool, Floats]]:
        wanted = {t: value for t, value in self._prescribed.items() if class_of(t) == name}
        if not wanted:
            return []
        reason = self._intake.on(name, np.array([day]))[:, 0]
        if day == np.floor(day):  # a change within a day is no further dose
            due = np.any(np.stack(list(wanted.values())) > 0.0, axis=0)
            self._count(visit, name, reason, due)
        columns: list[tuple[float, str, bool, Floats]] = []
        for target, value in wanted.items():
            now = np.where(reason == TAKEN, value, 0.0)
            if target not in self._current or not np.array_equal(self._current[target], now):
                columns.append((day, target, False, now))
                self._current[target] = now
        return columns

    def _count(self, visit: int, name: DrugClass, reason: NDArray[np.int8], due: Bools) -> None:
        column = CLASSES.index(name)
        self.missed.due[:, visit, column] += due
        self.missed.forgotten[:, visit, column] += due & (reason == FORGOTTEN)
        self.missed.paused[:, visit, column] += due & (reason == PAUSED)
