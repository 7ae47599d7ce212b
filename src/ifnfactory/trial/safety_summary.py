"""What an arm's patients suffered, how it went, and what became of their doses: line by line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.biology.tolerability import load_tolerability
from ifnfactory.trial.adherence import CLASSES
from ifnfactory.trial.endpoints import evaluate
from ifnfactory.trial.estimates import estimate
from ifnfactory.trial.flares import KINDS, find_flares
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.result import ArmOutcome, TrialResult
from ifnfactory.trial.safety import Safety

Floats = NDArray[np.float64]

SEVERE: Final = 3
_FIRST: Final = ("any_treatment_related_ae", "serious_adverse_event")
_LAST: Final = (
    "neutropenia_incidence",
    "thrombocytopenia_incidence",
    "alt_flare_5_10xuln_on_treatment",
    "alt_flare_gt10xuln_on_treatment",
    "alt_flare_5_10xuln_post_treatment",
    "alt_flare_gt10xuln_post_treatment",
    "dose_reduction_any",
    "neutropenia_dose_mod",
    "thrombocytopenia_dose_mod",
    "alt_dose_mod",
    "discontinuation_ae",
    "discontinuation_any",
)
_ENTRY_ONLY: Final = "serious"  # told as serious_adverse_event


@dataclass(frozen=True)
class SafetyLine:
    """One thing that happens to an arm's patients.

    Attributes
    ----------
    name
        An endpoint of safety, or "interferon_doses_taken" and its like.
    week
        Up to which it is counted: the published one, else that of the last visit.
    patients
        Who count.
    value, ci
        Percent of patients (of doses, where doses are taken) with its 95 % interval.
    published
        The same, as published; None where it was not.
    onset_week, over
        Median week of onset and percent of the affected in whom it was over by the last visit;
        None where it has no onset, or nobody has it.
    severe
        Percent of the affected with grade 3 or more.
    """

    arm: str
    name: str
    week: float
    patients: int
    value: float
    ci: tuple[float, float] | None
    published: float | None = None
    onset_week: float | None = None
    severe: float | None = None
    over: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the line as JSON holds it, rounded."""
        return {key: _rounded(value) for key, value in asdict(self).items()}


def safety_lines(result: TrialResult) -> tuple[SafetyLine, ...]:
    """Return the lines of every arm, over the patients whom the result holds."""
    return tuple(line for arm in result.arms for line in _arm(result.protocol, arm.integrated()))


def _arm(protocol: Protocol, outcome: ArmOutcome) -> Iterator[SafetyLine]:
    safety = outcome.safety
    if safety is None or not len(outcome.patients):
        return
    effects = tuple(name for name in load_tolerability().names if name != _ENTRY_ONLY)
    for name in _FIRST:
        yield _line(protocol, outcome, name, None)
    for effect in effects:
        column = load_tolerability().names.index(effect)
        course = _Course(
            safety.events.onset[:, column] / 7.0,
            safety.events.end[:, column] / 7.0,
            safety.grade[:, column].astype(np.float64),
        )
        yield _line(protocol, outcome, f"{effect}_incidence", course)
    yield _line(protocol, outcome, "alt_flare", None)
    flares = find_flares(outcome.panel, protocol.laboratory)
    for index, kind in enumerate(KINDS):
        highest = flares.grades(index, outcome.panel.week).max(axis=1).astype(np.float64)
        course = _Course(*flares.first(index), highest)
        yield _line(protocol, outcome, f"alt_flare_{kind}", course)
    for name in _LAST:
        yield _line(protocol, outcome, name, None)
    yield from _doses(outcome, safety, protocol.visit_weeks[-1])


@dataclass(frozen=True)
class _Course:
    """Onset and end [week], infinite where not, and grade; shape (patients,)."""

    onset: Floats
    end: Floats
    grade: Floats


def _line(protocol: Protocol, outcome: ArmOutcome, name: str, course: _Course | None) -> SafetyLine:
    printed = [p for p in protocol.published if (p.arm, p.endpoint) == (outcome.arm, name)]
    week = printed[-1].week if printed else protocol.visit_weeks[-1]
    stop = protocol.arm(outcome.arm).regimen.end_of_treatment_week
    context = outcome.context(protocol.laboratory, stop)
    found = estimate(evaluate(name, outcome.panel, week, context))
    onset = severe = over = None
    if course is not None and (hit := np.isfinite(course.onset)).any():
        last = np.minimum(outcome.last_week, protocol.visit_weeks[-1])[hit]
        onset = float(np.median(course.onset[hit]))
        severe = 100.0 * float(np.mean(course.grade[hit] >= SEVERE))
        over = 100.0 * float(np.mean(course.end[hit] <= last))
    return SafetyLine(
        arm=outcome.arm,
        name=name,
        week=week,
        patients=found.patients,
        value=found.value,
        ci=(found.low, found.high),
        published=printed[-1].value if printed else None,
        onset_week=onset,
        severe=severe,
        over=over,
    )


def _doses(outcome: ArmOutcome, safety: Safety, week: float) -> Iterator[SafetyLine]:
    """Give what was taken, forgotten and paused of each class of drugs that was due."""
    missed = safety.conduct.missed
    if missed is None:
        return
    for index, name in enumerate(CLASSES):
        due, forgotten, paused = (
            int(counts[:, :, index].sum(dtype=np.int64))
            for counts in (missed.due, missed.forgotten, missed.paused)
        )
        if due:
            for what, doses in (
                ("taken", due - forgotten - paused),
                ("forgotten", forgotten),
                ("paused", paused),
            ):
                share = 100.0 * doses / due
                n = len(outcome.patients)
                yield SafetyLine(outcome.arm, f"{name}_doses_{what}", week, n, share, None)


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_rounded(each) for each in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value
