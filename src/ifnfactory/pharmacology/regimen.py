"""Courses and regimens: what a patient is given, readable as a prescription and as a calendar."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.pharmacology.dose import Dose, Interval, micrograms, parse_dose, parse_interval
from ifnfactory.pharmacology.drug import Drug, Interferon, TargetedDrug, load_drug

DAYS_PER_WEEK = 7.0
MAX_INTERFERONS = 2
"""Distinct interferons that one patient can be given: the model has two depots."""
MAX_TARGETED = 3
"""Distinct drugs that are neither interferon nor nucleoside which one patient can be given."""
_IMPLAUSIBLE = 20.0
"""A dose this many times the usual one is taken for a slip of the unit (mg written for ug)."""
_TYPICAL_WEIGHT_KG = 70.0
_EPSILON_DAY = 1e-9


@dataclass(frozen=True)
class Course:
    """One drug, one dose, one interval, from one week to another.

    Attributes
    ----------
    start_week, stop_week
        The first dose is given at the start week, none at or after the stop week.
    """

    drug: Drug
    dose: Dose
    every: Interval
    start_week: float
    stop_week: float

    def __str__(self) -> str:
        return (
            f"{self.drug.label} {self.dose} {self.every}, "
            f"weeks {self.start_week:g}-{self.stop_week:g}"
        )


@dataclass(frozen=True)
class CalendarEntry:
    """One line of a treatment calendar.

    Attributes
    ----------
    day, week
        Time since baseline.
    what
        ``"dose 3 of 48"`` for an injection; ``"start"`` and ``"stop"`` of a course.
    """

    day: float
    week: float
    drug: str
    dose: str
    what: str


@dataclass(frozen=True)
class CourseFault:
    """Something wrong with one course of a regimen.

    Attributes
    ----------
    course
        Index of the course; None where the whole regimen is meant.
    key
        The course's attribute that has to change.
    """

    course: int | None
    key: str
    what: str
    fix: str


@dataclass(frozen=True)
class Regimen:
    """All courses of one arm; no course at all for an untreated arm.

    Raises
    ------
    UserInputError
        If the courses cannot be given together; every fault at once.
    """

    courses: tuple[Course, ...] = ()

    def __post_init__(self) -> None:
        faults = regimen_faults(self.courses)
        if faults:
            raise UserInputError(
                [
                    Problem(
                        what=fault.what,
                        where="regimen" if fault.course is None else f"course {fault.course + 1}",
                        fix=fault.fix,
                    )
                    for fault in faults
                ]
            )

    @property
    def end_of_treatment_week(self) -> float:
        """Week of the last stop; 0 for an untreated arm."""
        return max((course.stop_week for course in self.courses), default=0.0)

    def interferons(self) -> tuple[Interferon, ...]:
        """Return the distinct interferons, in the order of their first dose."""
        return tuple(drug for drug in self._drugs() if isinstance(drug, Interferon))

    def targeted(self) -> tuple[TargetedDrug, ...]:
        """Return the distinct drugs that are neither interferon nor nucleoside, in that order."""
        return tuple(drug for drug in self._drugs() if isinstance(drug, TargetedDrug))

    def _drugs(self) -> tuple[Drug, ...]:
        ordered = sorted(self.courses, key=lambda course: course.start_week)
        return tuple(dict.fromkeys(course.drug for course in ordered))

    def prescription(self) -> list[str]:
        """Return one line a course, in the order of their start."""
        ordered = sorted(self.courses, key=lambda course: (course.start_week, course.drug.label))
        return [str(course) for course in ordered] or ["no treatment"]

    def calendar(self) -> list[CalendarEntry]:
        """Return every start, injection and stop in the order of time.

        Daily tablets are not listed one by one: their start and stop say all.
        """
        entries: list[CalendarEntry] = []
        for course in self.courses:
            entries.extend(_entries(course))
        order = {"stop": 0, "start": 1}
        return sorted(entries, key=lambda e: (e.day, order.get(e.what, 2), e.drug))


def course(
    drug: str, dose: str, every: str, *, start_week: float = 0.0, stop_week: float
) -> Course:
    """Return a course from the words of a prescription.

    Examples
    --------
    >>> str(course("peg2a", "180 ug", "1 week", stop_week=48))
    'peginterferon alfa-2a 180 ug once weekly, weeks 0-48'

    Raises
    ------
    UserInputError
        If the drug, the dose or the interval cannot be read.
    """
    problems: list[Problem] = []
    found: Drug | None = None
    try:
        found = load_drug(drug)
    except UserInputError as error:
        problems.extend(error.problems)
    amount: Dose | None = None
    try:
        amount = parse_dose(dose)
    except ValueError as error:
        problems.append(Problem(str(error), "dose", 'write for example "180 ug" or "1.5 ug/kg"'))
    interval: Interval | None = None
    try:
        interval = parse_interval(every)
    except ValueError as error:
        problems.append(Problem(str(error), "every", 'write for example "1 week"'))
    if found is None or amount is None or interval is None:
        raise UserInputError(problems)
    return Course(found, amount, interval, float(start_week), float(stop_week))


def dose_days(course: Course) -> NDArray[np.float64]:
    """Return the days of all doses of `course`, shape (doses,), increasing."""
    first, last = course.start_week * DAYS_PER_WEEK, course.stop_week * DAYS_PER_WEEK
    periods = math.ceil(max(last - first, 0.0) / course.every.period)
    starts = first + course.every.period * np.arange(periods, dtype=np.float64)
    days = (starts[:, None] + np.asarray(course.every.offsets, dtype=np.float64)).ravel()
    return days[days < last - _EPSILON_DAY]


def regimen_faults(courses: Sequence[Course]) -> list[CourseFault]:
    """Return everything that is wrong with giving `courses` to one patient."""
    faults: list[CourseFault] = []
    for index, one in enumerate(courses):
        faults.extend(_own_faults(index, one))
        for other_index in range(index):
            other = courses[other_index]
            if one.drug.name == other.drug.name and _overlap(one, other):
                faults.append(
                    CourseFault(
                        index,
                        "start_week",
                        f"two courses of {one.drug.label} overlap "
                        f"(weeks {other.start_week:g}-{other.stop_week:g} and "
                        f"{one.start_week:g}-{one.stop_week:g})",
                        "let one stop before the other starts",
                    )
                )
    for kind, words, most in (
        (Interferon, "interferons", MAX_INTERFERONS),
        (TargetedDrug, "drugs beside interferons and nucleosides", MAX_TARGETED),
    ):
        found = dict.fromkeys(c.drug.label for c in courses if isinstance(c.drug, kind))
        if len(found) > most:
            faults.append(
                CourseFault(
                    None,
                    "course",
                    f"{len(found)} different {words} in one arm ({', '.join(found)})",
                    f"give at most {most} different {words}",
                )
            )
    return faults


def _overlap(one: Course, other: Course) -> bool:
    return one.start_week < other.stop_week and other.start_week < one.stop_week


def _own_faults(index: int, course: Course) -> list[CourseFault]:
    faults: list[CourseFault] = []
    if not course.start_week >= 0:
        faults.append(
            CourseFault(
                index,
                "start_week",
                f"a course starts at week {course.start_week:g}, before baseline",
                "start it at week 0 or later",
            )
        )
    if not course.stop_week > course.start_week or math.isinf(course.stop_week):
        faults.append(
            CourseFault(
                index,
                "stop_week",
                f"a course of {course.drug.label} stops at week {course.stop_week:g} "
                f"but starts at week {course.start_week:g}",
                "give a stop week after the start week",
            )
        )
    try:
        ratio = _typical_daily_ug(course) / _usual_daily_ug(course.drug)
    except ValueError as error:
        return [*faults, CourseFault(index, "dose", str(error), f'e.g. "{course.drug.usual_dose}"')]
    if not course.dose.amount > 0:
        faults.append(
            CourseFault(index, "dose", f"the dose {course.dose} is not positive", "dose above zero")
        )
    elif ratio > _IMPLAUSIBLE:
        faults.append(
            CourseFault(
                index,
                "dose",
                f"{course.drug.label} {course.dose} {course.every} is {ratio:.0f} times the usual "
                f"{course.drug.usual_dose} per {course.drug.usual_interval}",
                "check the unit of the dose",
            )
        )
    return faults


def _typical_daily_ug(course: Course) -> float:
    amount = micrograms(course.dose, course.drug)
    weight = _TYPICAL_WEIGHT_KG if course.dose.per_kg else 1.0
    return amount * weight * course.every.doses_per_day


def _usual_daily_ug(drug: Drug) -> float:
    usual = Course(drug, parse_dose(drug.usual_dose), parse_interval(drug.usual_interval), 0.0, 1.0)
    return _typical_daily_ug(usual)


def relative_intensity(course: Course) -> float:
    """Return the daily amount of `course` relative to the drug's usual one (70 kg adult)."""
    return _typical_daily_ug(course) / _usual_daily_ug(course.drug)


def _entries(course: Course) -> list[CalendarEntry]:
    label, dose = course.drug.label, f"{course.dose} {course.every}"
    first, last = course.start_week, course.stop_week
    entries = [CalendarEntry(first * DAYS_PER_WEEK, first, label, dose, "start")]
    if course.every.doses_per_day < 1:
        days = dose_days(course)
        entries.extend(
            CalendarEntry(
                float(day),
                float(day) / DAYS_PER_WEEK,
                label,
                str(course.dose),
                f"dose {number} of {len(days)}",
            )
            for number, day in enumerate(days, start=1)
        )
    entries.append(CalendarEntry(last * DAYS_PER_WEEK, last, label, dose, "stop"))
    return entries
