"""The physicians of an arm: at each visit they look at the chart and give, reduce, hold or stop.

Order at a visit: side effects up to now, the chart, then rule by rule in the order of the protocol:
what ends its reduction or hold, and whether it fires. The smallest of all doses that rules allow is
given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.panel import Panel
from ifnfactory.biology.adverse_events import AdverseEvents, Susceptibility, endure
from ifnfactory.engine.batch import Events
from ifnfactory.pharmacology.coupling import SLOTS, Coupling
from ifnfactory.pharmacology.regimen import DAYS_PER_WEEK
from ifnfactory.rules.cohort import CohortFindings, holds
from ifnfactory.rules.select import Order
from ifnfactory.trial.adherence import Intake
from ifnfactory.trial.conduct import NOBODY, Conduct
from ifnfactory.trial.findings import Chart
from ifnfactory.trial.intake import NUCLEOSIDE_INPUTS, Taking

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

RULE_WEEKS: Final = 2.0
"""A rule of a week is looked at in visits at most this many weeks away, as in clinics [prior]."""

Report = Callable[[int, Floats], Panel]
"""f(visit, states at that visit) → what the laboratory reports of it."""


@dataclass(frozen=True)
class ArmPlan:
    """What an arm's patients do not differ in.

    Attributes
    ----------
    days
        Days of the visits.
    orders
        The rules of the arm.
    slots
        For each order, which interferon slots it is about, shape (orders, slots); no slot: it is
        about nucleos(t)ide analogues.
    interferon_day
        Day of the first interferon; infinite without any.
    """

    days: Floats
    orders: tuple[Order, ...]
    slots: Bools
    interferon_day: float


class Care:
    """Takes some patients of an arm through their visits.

    Parameters
    ----------
    follows
        Whether a patient's physician follows each rule, shape (patients, orders).
    intake
        What patients take of what they are given; None: all of it.
    """

    def __init__(
        self,
        plan: ArmPlan,
        coupling: Coupling,
        chart: Chart,
        susceptibility: Susceptibility,
        follows: Bools,
        report: Report,
        intake: Intake | None = None,
    ) -> None:
        n, orders = follows.shape
        self._plan = plan
        self._chart = chart
        self._susceptibility = susceptibility
        self._follows = follows
        self._report = report
        self._per_ug = np.stack(
            [
                1.0
                / (
                    coupling.parameter(f"elimination_rate_{slot}")
                    * coupling.parameter(f"volume_{slot}")
                    * coupling.parameter(f"marrow_ec50_{slot}")
                )
                for slot in SLOTS
            ],
            axis=1,
        )
        self._active = np.zeros((n, orders), dtype=np.bool_)
        self._restart_ug = np.full((n, len(SLOTS)), np.inf)
        self._acted = np.full((n, orders), np.inf)
        self._stopped_week = np.full(n, np.inf)
        self._stopped_by = np.full(n, NOBODY, dtype=np.int64)
        self._stopped = np.zeros((n, len(SLOTS) + 1), dtype=np.bool_)  # slots, then nucleosides
        self._nucleosides: dict[str, Floats] = {}
        self._exposure = np.zeros(n)
        self._events = AdverseEvents.none(n)
        self._share = np.full((n, len(plan.days)), np.nan)
        self._taking = None if intake is None else Taking(intake, len(plan.days))

    def decide(self, visit: int, states: Floats, planned: Events) -> Events:
        """Look at the patients at a visit and return what they are given until the next."""
        self._endure(visit)
        if self._plan.orders:
            self._apply(visit, self._report(visit, states), planned)
        given = self._give(visit, planned)
        self._nucleosides |= _settings(planned)
        return given

    def record(self) -> tuple[AdverseEvents, Conduct]:
        """Return what happened, up to the last visit."""
        self._endure(len(self._plan.days) - 1)
        orders = self._plan.orders
        conduct = Conduct(
            rules=tuple(order.name for order in orders),
            causes=tuple(order.action.cause for order in orders),
            stops=tuple(order.action.does == "stop" for order in orders),
            acted=self._acted,
            stopped_week=self._stopped_week,
            stopped_by=self._stopped_by,
            dose_share=self._share,
            missed=None if self._taking is None else self._taking.missed,
        )
        return self._events, conduct

    def _endure(self, visit: int) -> None:
        if visit == 0:
            return
        days = float(self._plan.days[visit - 1]), float(self._plan.days[visit])
        first = self._plan.interferon_day
        self._events = endure(self._events, self._susceptibility, self._exposure, days, first)

    def _apply(self, visit: int, panel: Panel, planned: Events) -> None:
        week = float(panel.week[0])
        known = self._chart.visit(visit, panel, self._events)
        due = self._due(planned)
        for index, order in enumerate(self._plan.orders):
            places = self._places(index)
            self._release(index, order, known)
            if not (due[:, places].any() and self._in_time(order, week)):
                continue
            treated = due[:, places].any(axis=1) & ~self._stopped[:, places].all(axis=1)
            hit = holds(order.rule.condition, known) & treated & self._follows[:, index]
            self._act(index, order, hit & ~self._active[:, index], week)

    def _places(self, index: int) -> list[int]:
        """Return the columns of what an order is about: slots, or nucleosides as the last."""
        slots = np.flatnonzero(self._plan.slots[index])
        return [int(slot) for slot in slots] or [len(SLOTS)]

    def _due(self, planned: Events) -> Bools:
        """Return who is to be given what until the next visit, shape (patients, places)."""
        n = len(self._exposure)
        due = np.zeros((n, len(SLOTS) + 1), dtype=np.bool_)
        for place, slot in enumerate(SLOTS):
            due[:, place] = self._planned_ug(planned, slot).any(axis=1)
        for value in (*self._nucleosides.values(), *_settings(planned).values()):
            due[:, -1] |= value > 0.0
        return due

    def _planned_ug(self, events: Events, slot: str) -> Floats:
        return events.value[:, [target == f"depot_{slot}" for target in events.target]]

    def _in_time(self, order: Order, week: float) -> bool:
        if order.rule.week is None:
            return True
        since = week - self._plan.interferon_day / DAYS_PER_WEEK
        return abs(since - order.rule.week) <= RULE_WEEKS

    def _release(self, index: int, order: Order, known: CohortFindings) -> None:
        until = order.action.until
        if until is None or not self._active[:, index].any():
            return
        over = self._active[:, index] & holds(until, known)
        self._active[over, index] = False
        if order.action.does == "hold" and order.action.to_ug is not None:
            for place in self._places(index):
                ceiling = np.minimum(self._restart_ug[:, place], order.action.to_ug)
                self._restart_ug[:, place] = np.where(over, ceiling, self._restart_ug[:, place])

    def _act(self, index: int, order: Order, hit: Bools, week: float) -> None:
        self._acted[:, index] = np.where(
            hit, np.minimum(self._acted[:, index], week), self._acted[:, index]
        )
        self._active[:, index] |= hit
        if order.action.does == "stop":
            for place in self._places(index):
                self._stopped[:, place] |= hit
            newly = hit & np.isinf(self._stopped_week)
            self._stopped_week = np.where(newly, week, self._stopped_week)
            self._stopped_by = np.where(newly, index, self._stopped_by)

    def _give(self, visit: int, planned: Events) -> Events:
        """Return the events as they are taken, and note exposure and share of the plan."""
        n = len(self._exposure)
        value = planned.value.copy()
        for place, slot in enumerate(SLOTS):
            column = [target == f"depot_{slot}" for target in planned.target]
            value[:, column] = self._allowed(place, value[:, column])
        given = replace(planned, value=value)
        if self._stopped[:, -1].any():
            given = self._without_nucleosides(visit, given)
        start, stop = float(self._plan.days[visit]), float(self._plan.days[visit + 1])
        if self._taking is not None:
            given = self._taking.take(visit, given, start, stop)
        self._exposure = np.zeros(n)
        wanted, got = np.zeros(n), np.zeros(n)
        for place, slot in enumerate(SLOTS):
            ug = self._planned_ug(given, slot).sum(axis=1)
            wanted += self._planned_ug(planned, slot).sum(axis=1)
            got += ug
            self._exposure += ug * self._per_ug[:, place] / (stop - start)
        self._share[:, visit] = np.divide(got, wanted, out=np.full(n, np.nan), where=wanted > 0.0)
        return given

    def _allowed(self, place: int, ug: Floats) -> Floats:
        ceiling, share = self._restart_ug[:, place].copy(), np.ones(len(ug))
        for index, order in enumerate(self._plan.orders):
            if place not in self._places(index):
                continue
            active = self._active[:, index]
            if order.action.does != "reduce":
                share = np.where(active, 0.0, share)
            elif order.action.to_ug is not None:
                ceiling = np.where(active, np.minimum(ceiling, order.action.to_ug), ceiling)
            elif order.action.share is not None:
                share = np.where(active, np.minimum(share, order.action.share), share)
        share = np.where(self._stopped[:, place], 0.0, share)
        return np.minimum(ug, ceiling[:, None]) * share[:, None]

    def _without_nucleosides(self, visit: int, given: Events) -> Events:
        """Return the events with nucleosides off in whoever stopped them, from this visit on."""
        off = self._stopped[:, -1]
        settings = [target in NUCLEOSIDE_INPUTS for target in given.target]
        value = given.value.copy()
        value[:, settings] = np.where(off[:, None], 0.0, value[:, settings])
        names = tuple(self._nucleosides)
        now = np.stack([np.where(off, 0.0, self._nucleosides[name]) for name in names], axis=1)
        day = float(self._plan.days[visit])
        return Events(
            np.concatenate([np.full(len(names), day), given.day]),
            (*names, *given.target),
            np.concatenate([np.zeros(len(names), dtype=np.bool_), given.add]),
            np.hstack([now, value]),
        )


def _settings(events: Events) -> dict[str, Floats]:
    """Return the last setting of each nucleoside input."""
    columns = zip(events.target, events.value.T, strict=True)
    return {target: value for target, value in columns if target in NUCLEOSIDE_INPUTS}
