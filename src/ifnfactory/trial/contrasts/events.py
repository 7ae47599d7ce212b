"""When patients lose HBsAg, relapse, or stop coming: times to event from a laboratory sheet.

An event is dated by the visit that finds it, as trials do; it happened since the visit before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ifnfactory.assays import primitives
from ifnfactory.assays.panel import Bools, Floats
from ifnfactory.trial.contrasts.survival import Times
from ifnfactory.trial.endpoints import EndpointContext
from ifnfactory.trial.result import ArmOutcome

EVENTS: Final[dict[str, str]] = {
    "hbsag_loss": "HBsAg loss",
    "relapse": "Relapse after the end of treatment",
    "discontinuation": "Leaving the trial",
}
"""Name → title of every event that has a time."""


@dataclass(frozen=True)
class EventTimes:
    """Times of the patients whom an event can happen to.

    Attributes
    ----------
    rows
        Shape (times,): rows of these patients in the arm.
    """

    times: Times
    rows: np.ndarray


def event_times(name: str, arm: ArmOutcome, context: EndpointContext) -> EventTimes:
    """Return the times to the event called `name`, a key of `EVENTS`.

    HBsAg loss counts from week 0 among those who have HBsAg then. Relapse counts from the end of
    treatment among those who controlled HBV DNA at it. Leaving counts from week 0.
    """
    return _FINDERS[name](arm, context)


def _hbsag_loss(arm: ArmOutcome, context: EndpointContext) -> EventTimes:
    lost = primitives.hbsag_lost(arm.panel.hbsag, context.laboratory)
    seen = np.isfinite(arm.panel.hbsag)
    return _first(lost, seen, arm.panel.week, seen[:, 0] & ~lost[:, 0])


def _relapse(arm: ArmOutcome, context: EndpointContext) -> EventTimes:
    weeks = arm.panel.week
    if not np.any(np.isclose(weeks, context.end_of_treatment_week)):
        return EventTimes(Times(np.empty(0), np.empty(0, np.bool_)), np.empty(0, np.int64))
    stop = arm.panel.visit(context.end_of_treatment_week)
    dna = arm.panel.hbv_dna[:, stop:]
    able = primitives.controlled(dna[:, 0])
    return _first(~primitives.controlled(dna), np.isfinite(dna), weeks[stop:] - weeks[stop], able)


def _discontinuation(arm: ArmOutcome, context: EndpointContext) -> EventTimes:
    del context  # the same for every laboratory
    end = float(arm.panel.week[-1])
    left = arm.last_week < end
    week = np.where(left, arm.last_week, end)
    return EventTimes(Times(week, left), np.arange(len(week)))


_FINDERS: Final[dict[str, Callable[[ArmOutcome, EndpointContext], EventTimes]]] = {
    "hbsag_loss": _hbsag_loss,
    "relapse": _relapse,
    "discontinuation": _discontinuation,
}


def _first(found: Bools, seen: Bools, weeks: Floats, able: Bools) -> EventTimes:
    """Return the first visit that finds the event, or the last one that was attended."""
    rows = np.flatnonzero(able)
    hit = found[rows] & seen[rows]
    happened: Bools = np.any(hit, axis=1)
    last = seen.shape[1] - 1 - np.argmax(seen[rows][:, ::-1], axis=1)
    column = np.where(happened, np.argmax(hit, axis=1), last)
    return EventTimes(Times(weeks[column], happened), rows)
