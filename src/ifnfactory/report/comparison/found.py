"""Everything that a comparison finds, before it is drawn or printed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.report.comparison.load import LoadedRun
from ifnfactory.report.comparison.plan import Plan
from ifnfactory.trial.contrasts.compare import EVERYBODY, Row, compare
from ifnfactory.trial.contrasts.events import EVENTS, event_times
from ifnfactory.trial.contrasts.groups import Group, pair
from ifnfactory.trial.contrasts.subgroups import FACTORS
from ifnfactory.trial.contrasts.survival import Curve, Times, kaplan_meier
from ifnfactory.trial.contrasts.waterfall import Waterfall, waterfall


@dataclass(frozen=True)
class Event:
    """Times to one event: groups with their times and curves; who has nobody at risk is absent."""

    name: str
    title: str
    groups: tuple[tuple[Group, Times, Curve], ...]


@dataclass(frozen=True)
class Comparison:
    """What a comparison finds.

    Attributes
    ----------
    rows
        Every endpoint of every pair, for all patients and the subgroups that were asked for.
    forest
        The primary endpoint of every pair by all factors, or by those that were asked for.
    pairings
        Group, control, and why they are paired or not.
    """

    runs: tuple[LoadedRun, ...]
    plan: Plan
    rows: tuple[Row, ...]
    forest: tuple[Row, ...]
    pairings: tuple[tuple[str, str, str], ...]
    events: tuple[Event, ...]
    waterfalls: tuple[Waterfall, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints: rounded; what is no number is null."""
        return {
            "runs": [run.run.name for run in self.runs],
            "pairings": [
                {"group": group, "control": control, "pairing": reason}
                for group, control, reason in self.pairings
            ],
            "rows": [_row(row) for row in self.rows],
        }


def find(
    runs: Sequence[LoadedRun],
    plan: Plan,
    factors: Sequence[str],
    progress: Progress | None = None,
) -> Comparison:
    """Return everything that differs between the groups of a plan.

    Parameters
    ----------
    factors
        Factors whose subgroups are told for every endpoint; without any, the primary endpoint is
        told for all of them.
    """
    rows: list[Row] = []
    forest: list[Row] = []
    watch = progress or Silent()
    watch.begin("comparing endpoints", len(plan.pairs) * len(plan.endpoints))
    for group, control in plan.pairs:
        for row in compare(group, control, plan.endpoints, factors):
            rows.append(row)
            watch.advance(row.factor == EVERYBODY[0])  # the first row of each endpoint
        forest += compare(group, control, [plan.primary], factors or tuple(FACTORS))
    watch.end()
    watch.begin("following groups", len(EVENTS) * len(plan.groups))
    events = tuple(_event(name, title, plan.groups, watch) for name, title in EVENTS.items())
    watch.end()
    return Comparison(
        runs=tuple(runs),
        plan=plan,
        rows=tuple(rows),
        forest=tuple(forest),
        pairings=tuple((g.name, c.name, pair(g, c).reason) for g, c in plan.pairs),
        events=events,
        waterfalls=tuple(
            fall for g in plan.groups if len((fall := _fall(g)).change)
        ),
    )  # fmt: skip


def _event(name: str, title: str, groups: Sequence[Group], progress: Progress) -> Event:
    timed: list[tuple[Group, Times, Curve]] = []
    for group in groups:
        times = event_times(name, group).times
        curve = kaplan_meier(times)
        if curve is not None:
            timed.append((group, times, curve))
        progress.advance()
    return Event(name, title, tuple(timed))


def _fall(group: Group) -> Waterfall:
    """Return the changes at the end of treatment, or at the last visit where none is then."""
    end, weeks = group.context.end_of_treatment_week, group.panel.week.tolist()
    return waterfall(group, end if end in weeks and end > 0.0 else weeks[-1])


def _row(row: Row) -> dict[str, Any]:
    content: dict[str, Any] = {
        "group": row.group,
        "control": row.control,
        "endpoint": row.endpoint,
        "week": row.week,
        "unit": row.unit,
        "factor": row.factor,
        "subgroup": row.subgroup,
        "patients": list(row.patients),
        "levels": [_number(level) for level in row.levels],
        "paired": row.paired,
    }
    for name in ("difference", "risk_ratio", "odds_ratio"):
        interval = getattr(row, name)
        ends = [_number(interval.low), _number(interval.high)]
        content[name] = {"value": _number(interval.value), "ci": ends}
    return content


def _number(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def overall(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of all patients."""
    return [row for row in rows if row.factor == EVERYBODY[0]]
