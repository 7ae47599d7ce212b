"""From visit to visit: integrate, look, decide what is given until the next visit.

Order within a visit: blood is drawn, the decision is taken, then come the doses of that day. The
integrator stops at every visit anyway to show the state, so that going on from there gives the same
bits as one integration over all visits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ifnfactory.engine.batch import Events, Integrator, State

Floats = NDArray[np.float64]

Decide = Callable[[int, Floats, Events], Events]
"""f(visit, what was kept of it, events from this visit to the next) → the events as given."""


def walk(
    integrator: Integrator, state: State, events: Events, days: Floats, decide: Decide
) -> tuple[State, Floats]:
    """Follow patients through their visits, deciding at each what is given until the next.

    Parameters
    ----------
    events
        What is planned.
    days
        Days of the visits, shape (visits,), ascending.
    decide
        Called once a visit but the last; gets and returns events of that interval.

    Returns
    -------
    State
        At the last visit.
    numpy.ndarray
        States at the visits, shape (patients, visits, species).
    """
    shown: list[Floats] = []
    due = events.between(state.day, float(days[0]))
    for visit, day in enumerate(days):
        state, info = integrator(state, float(day), due, days[visit : visit + 1])
        shown.append(info.output)
        if visit + 1 < len(days):
            planned = events.between(float(day), float(days[visit + 1]))
            due = decide(visit, info.output, planned)
    return state, np.concatenate(shown, axis=1)


def scaled(events: Events, shares: tuple[tuple[str, Floats], ...]) -> Events:
    """Return the events with the values of some targets multiplied patient by patient.

    Parameters
    ----------
    shares
        Target, and the share that each patient is given, shape (patients,).
    """
    value = events.value.copy()
    for target, share in shares:
        hit = np.array([each == target for each in events.target], dtype=np.bool_)
        value[:, hit] *= share[:, None]
    return replace(events, value=value)
