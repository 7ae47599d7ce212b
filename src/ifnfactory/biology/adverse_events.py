"""Side effects of patients: who gets what, when, how badly, and until when.

Every patient waits for each effect with a threshold of their own, an exponential number; the effect
sets in when the cumulative hazard passes it. The thresholds belong to the patient and not to the
arm, so that arms differ by what they give alone. An effect comes once.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ifnfactory.biology.tolerability import COURSE_DAYS, Effect, load_tolerability
from ifnfactory.foundation.streams import Seed, stream

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Grades = NDArray[np.int8]


@dataclass(frozen=True)
class Susceptibility:
    """What chance gives each patient, the same in every arm; all of shape (patients, effects).

    Attributes
    ----------
    threshold
        Cumulative hazard at which an effect sets in.
    grade
        Its severity, 1 to 4.
    duration
        Its duration in units of the mean.
    factor
        Frailty, sex and history: the factor of the hazard with interferon.
    cause
        Which of the two hazards it was, as a number between 0 and 1.
    """

    threshold: Floats
    grade: Grades
    duration: Floats
    factor: Floats
    cause: Floats

    def of(self, part: slice) -> Susceptibility:
        """Return the susceptibility of some patients."""
        return Susceptibility(*(getattr(self, field.name)[part] for field in fields(self)))


@dataclass(frozen=True)
class AdverseEvents:
    """Side effects of patients up to a day; all of shape (patients, effects).

    Attributes
    ----------
    hazard
        Cumulative hazard so far.
    onset, end
        [day]; infinite where an effect has not begun or not ended.
    related
        Whether interferon caused it.
    """

    hazard: Floats
    onset: Floats
    end: Floats
    related: Bools

    @staticmethod
    def none(patients: int) -> AdverseEvents:
        """Return the record of patients to whom nothing has happened."""
        shape = (patients, len(load_tolerability().effects))
        never = np.full(shape, np.inf)
        return AdverseEvents(np.zeros(shape), never, never, np.zeros(shape, dtype=np.bool_))

    def ongoing(self, day: float) -> Bools:
        """Return which effects a patient has on a day, shape (patients, effects)."""
        return (self.onset <= day) & (day < self.end)


def draw_susceptibility(seed: Seed, female: Bools) -> Susceptibility:
    """Draw from one named stream an effect and purpose; patient i is the same for any number.

    Parameters
    ----------
    female
        Shape (patients,).
    """
    model, n = load_tolerability(), len(female)

    def uniform(*names: str) -> Floats:
        return stream(seed, "tolerability", *names).random(n)

    score = stream(seed, "tolerability", "frailty").standard_normal(n)
    sd = model.frailty_sd.value
    frailty = np.exp(sd * score - sd**2 / 2)
    history = uniform("history") < model.history_share.value
    columns = [
        (
            -np.log1p(-uniform(effect.name, "threshold")),
            np.searchsorted(effect.grades, uniform(effect.name, "grade"), side="right") + 1,
            -np.log1p(-uniform(effect.name, "duration")),
            (frailty if effect.symptom else 1.0)
            * np.where(female, effect.female.value, 1.0)
            * np.where(history, effect.history.value, 1.0),
            uniform(effect.name, "cause"),
        )
        for effect in model.effects
    ]
    threshold, grade, duration, factor, cause = (
        np.stack(part, axis=1) for part in zip(*columns, strict=True)
    )
    return Susceptibility(threshold, grade.astype(np.int8), duration, factor, cause)


def endure(
    events: AdverseEvents,
    people: Susceptibility,
    exposure: Floats,
    days: tuple[float, float],
    first_injection: float,
) -> AdverseEvents:
    """Return the record after an interval of constant exposure.

    Parameters
    ----------
    exposure
        Mean exposure of the marrow in the interval in units of its EC50, shape (patients,).
    days
        Start and end of the interval.
    first_injection
        Day of the arm's first interferon; infinite without any.
    """
    model = load_tolerability()
    start, stop = days
    background, within = _rates(start, stop, first_injection)
    dose = (np.maximum(exposure, 0.0) / model.exposure.value) ** model.exponent.value
    caused = within * people.factor * dose[:, None]
    gained = background + caused
    total = events.hazard + gained
    begins = np.isinf(events.onset) & (total >= people.threshold)
    share = np.divide(
        people.threshold - events.hazard, gained, out=np.zeros_like(gained), where=gained > 0.0
    )
    onset = np.where(begins, start + share * (stop - start), events.onset)
    duration, lasting = _durations()
    length = people.duration * duration
    exposed = dose[:, None] > 0.0
    ends_alone = begins & (~lasting | ~exposed)
    end = np.where(ends_alone, onset + length, events.end)
    set_free = (onset < start) & np.isinf(end) & ~exposed  # the last injection is over
    end = np.where(set_free, start + length, end)
    related = events.related | (begins & (people.cause * gained < caused))
    return replace(events, hazard=total, onset=onset, end=end, related=related)


def _rates(start: float, stop: float, first_injection: float) -> tuple[Floats, Floats]:
    """Return what background and interferon at the reference add to each cumulative hazard."""
    effects, edges = load_tolerability().effects, np.array([start, stop])
    background = np.array([e.background.value * _share(e, edges) for e in effects])
    if np.isinf(first_injection):
        return background, np.zeros(len(effects))
    since = edges - first_injection
    return background, np.array([e.level.value * _share(e, since) for e in effects])


def _share(effect: Effect, edges: Floats) -> float:
    """Return the part of the hazard of 48 weeks that falls between two days."""
    whole = effect.shape.integral(np.array([COURSE_DAYS]))[0]
    low, high = effect.shape.integral(edges)
    return float(high - low) / float(whole)


@lru_cache(maxsize=1)
def _durations() -> tuple[Floats, Bools]:
    effects = load_tolerability().effects
    return (
        np.array([effect.duration_days for effect in effects]),
        np.array([effect.lasting for effect in effects]),
    )
