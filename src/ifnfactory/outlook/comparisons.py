"""Estimates of every group, and of each against the first, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.outlook.economics import DISCOUNT, Prices, Worth
from ifnfactory.outlook.simulate import Course
from ifnfactory.outlook.states import Event

Floats = NDArray[np.float64]

EVENTS: Final = (
    ("hbsag_loss", "HBsAg loss", (Event.HBSAG_LOSS,)),
    ("stage_down", "fibrosis one stage less", (Event.STAGE_DOWN, Event.REGRESSION)),
    ("cirrhosis", "new cirrhosis", (Event.CIRRHOSIS,)),
    ("decompensation", "decompensation", (Event.DECOMPENSATION,)),
    ("hcc", "hepatocellular carcinoma", (Event.HCC,)),
    ("transplant", "transplant", (Event.TRANSPLANT,)),
    ("liver_death", "liver death", (Event.LIVER_DEATH,)),
    ("other_death", "other death", (Event.OTHER_DEATH,)),
)
"""Measure, words and events whose share of everybody is reported."""


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval from the draws of the parameters; None without draws."""

    value: float
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, float | None]:
        """Return the three numbers; what is not a finite number becomes null."""
        return {
            "value": _finite(self.value),
            "low": _finite(self.low),
            "high": _finite(self.high),
        }


@dataclass(frozen=True)
class Row:
    """One estimate of one group, or of its difference to the first."""

    group: str
    against: str | None
    measure: str
    title: str
    unit: str
    estimate: Estimate


@dataclass(frozen=True)
class Run:
    """What one set of parameters gives.

    Attributes
    ----------
    final
        Shape (groups, events): share that each of `EVENTS` ever happened to.
    curves
        Shape (groups, curves, years + 1): cumulative incidence.
    """

    worth: Worth
    final: Floats
    curves: Floats

    def of(self, measure: str) -> Floats:
        """Return what `worth` says of every group, shape (groups,)."""
        value: Floats = getattr(self.worth, measure)
        return value

    def gain(self, measure: str, group: int) -> float:
        """Return what a group has more of than the first."""
        return float(_differences(self, measure)[group])


def final_shares(course: Course) -> Floats:
    """Return the share that each of `EVENTS` ever happened to, shape (groups, events)."""
    return np.stack([course.incidence(events)[:, -1] for _, _, events in EVENTS], axis=1)


def group_rows(
    names: Sequence[str], middle: Run, spread: Sequence[Run], prices: Prices | None
) -> tuple[Row, ...]:
    """Return the estimates of every group.

    Parameters
    ----------
    middle, spread
        The run with the central parameters, and those with draws of them.
    """
    rows: list[Row] = []
    for g, name in enumerate(names):
        for k, (measure, title, _) in enumerate(EVENTS):
            found = _estimate(lambda run, k=k, g=g: 100.0 * run.final[g, k], middle, spread)
            rows.append(Row(name, None, measure, title, "%", found))
        for measure, title, unit in _worths(prices):
            found = _estimate(lambda run, m=measure, g=g: run.of(m)[g], middle, spread)
            rows.append(Row(name, None, measure, title, unit, found))
    return tuple(rows)


def comparison_rows(
    names: Sequence[str], middle: Run, spread: Sequence[Run], prices: Prices | None
) -> tuple[Row, ...]:
    """Return the estimates of every group against the first."""
    rows: list[Row] = []
    for g in range(1, len(names)):
        avoided = [
            Row(
                names[g],
                names[0],
                f"{event}_avoided",
                f"{title} avoided",
                "per 1,000",
                _estimate(lambda run, e=event, g=g: _avoided(run, e, g), middle, spread),
            )
            for event, title in (("hcc", "HCC"), ("liver_death", "liver deaths"))
        ]
        rows += avoided
        for measure, title, unit in _worths(prices):
            what = "added" if measure == "costs" else "gained"
            found = _estimate(lambda run, m=measure, g=g: run.gain(m, g), middle, spread)
            rows.append(
                Row(names[g], names[0], f"{measure}_{what}", f"{title} {what}", unit, found)
            )
        rows += [_needed_to_treat(row) for row in avoided]
        if prices is not None:
            rows.append(_price_of_a_qaly(names, middle, spread, g, prices))
    return tuple(rows)


def plane_of(spread: Sequence[Run]) -> Floats:
    """Return QALYs gained and costs added in every draw, shape (draws, groups, 2)."""
    if not spread:
        return np.zeros((0, 0, 2))
    pairs = [
        np.stack([_differences(run, "discounted_qalys"), _differences(run, "costs")], axis=1)
        for run in spread
    ]
    return np.array(pairs, dtype=np.float64).reshape(len(spread), -1, 2)


def _differences(run: Run, measure: str) -> Floats:
    return run.of(measure) - run.of(measure)[0]


def _avoided(run: Run, event: str, group: int) -> float:
    k = [name for name, _, _ in EVENTS].index(event)
    return 1_000.0 * float(run.final[0, k] - run.final[group, k])


def _estimate(of: Callable[[Run], float], middle: Run, spread: Sequence[Run]) -> Estimate:
    value = float(of(middle))
    if not spread or not math.isfinite(value):
        return Estimate(value, None, None)
    low, high = np.nanquantile([float(of(run)) for run in spread], [0.025, 0.975])
    return Estimate(value, float(low), float(high))


def _worths(prices: Prices | None) -> list[tuple[str, str, str]]:
    effect = DISCOUNT if prices is None else prices.discount_effects
    rows = [
        ("life_years", "life-years", "year"),
        ("qalys", "QALYs", "year"),
        ("discounted_life_years", f"life-years, discounted {100 * effect:g} %", "year"),
        ("discounted_qalys", f"QALYs, discounted {100 * effect:g} %", "year"),
    ]
    if prices is not None:
        told = f"costs, discounted {100 * prices.discount_costs:g} %"
        rows.append(("costs", told, prices.currency))
    return rows


def _needed_to_treat(row: Row) -> Row:
    """Return the number needed to treat; no interval where the one of the difference holds 0."""

    def needed(per_thousand: float | None) -> float | None:
        return None if per_thousand is None else 1_000.0 / per_thousand

    found = row.estimate
    # A thousandth of a person is Monte Carlo noise, not a benefit.
    value = 1_000.0 / found.value if abs(found.value) >= 0.05 else math.nan
    crosses = found.low is None or found.high is None or found.low * found.high <= 0
    ends = (None, None) if crosses else (needed(found.high), needed(found.low))
    event = row.measure.removesuffix("_avoided")
    title = f"number needed to treat, {row.title.removesuffix(' avoided')}"
    return Row(row.group, row.against, f"nnt_{event}", title, "persons", Estimate(value, *ends))


def _price_of_a_qaly(
    names: Sequence[str], middle: Run, spread: Sequence[Run], g: int, prices: Prices
) -> Row:
    """Return the cost of a QALY; an interval where every draw is dearer and better."""
    cost, gain = middle.gain("costs", g), middle.gain("discounted_qalys", g)
    # A ratio says nothing where one of the two is better and cheaper.
    ratio = _dearer_and_better(cost, gain)
    drawn = [
        _dearer_and_better(run.gain("costs", g), run.gain("discounted_qalys", g)) for run in spread
    ]
    ends: tuple[float | None, float | None] = (None, None)
    if drawn and np.isfinite([ratio, *drawn]).all():
        ends = (float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975)))
    title = "cost of a QALY gained"
    if gain > 0 >= cost:
        title += ": cheaper and better"
    elif gain <= 0 <= cost:
        title += ": dearer and not better"
    elif gain < 0 and cost < 0:
        title += ": cheaper and worse"
    unit = f"{prices.currency} per QALY"
    return Row(names[g], names[0], "icer", title, unit, Estimate(ratio, *ends))


def _dearer_and_better(cost: float, gain: float) -> float:
    return cost / gain if cost > 0 and gain > 1e-9 else math.nan


def _finite(value: float | None) -> float | None:
    return round(value, 6) if value is not None and math.isfinite(value) else None
