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
from ifnfactory.trial.contrasts.groups import Group
from ifnfactory.trial.contrasts.survival import Times

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
        Shape (times,): rows of these patients in the group.
    """

    times: Times
    rows: np.ndarray


def event_times(name: str, group: Group) -> EventTimes:
    """Return the times to the event called `name`, a key of `EVENTS`.

    HBsAg loss counts from week 0 among those who have HBsAg then. Relapse counts from the end of
    treatment among those who controlled HBV DNA at it. Leaving counts from week 0. Patients whose
    course could not be computed count nowhere.
    """
    return _FINDERS[name](group)


def _hbsag_loss(group: Group) -> EventTimes:
    hbsag = group.panel.hbsag
    lost = primitives.hbsag_lost(hbsag, group.context.laboratory)
    seen = np.isfinite(hbsag)
    return _first(lost, seen, group.panel.week, group.known & seen[:, 0] & ~lost[:, 0])


def _relapse(group: Group) -> EventTimes:
    weeks, end = group.panel.week, group.context.end_of_treatment_week
    if not np.any(np.isclose(weeks, end)):
        return EventTimes(Times(np.empty(0), np.empty(0, np.bool_)), np.empty(0, np.int64))
    stop = group.panel.visit(end)
    dna = group.panel.hbv_dna[:, stop:]
    able = group.known & primitives.controlled(dna[:, 0])
    return _first(~primitives.controlled(dna), np.isfinite(dna), weeks[stop:] - weeks[stop], able)


def _discontinuation(group: Group) -> EventTimes:
    end = float(group.panel.week[-1])
    rows = np.flatnonzero(group.known)
    last = group.last_week[rows]
    return EventTimes(Times(np.minimum(last, end), last < end), rows)


_FINDERS: Final[dict[str, Callable[[Group], EventTimes]]] = {
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
