"""Decades of every group: what happens, what it is worth, and how sure one can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.keep import Forgetful, Keep
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.foundation.records import pack, unpack
from ifnfactory.outlook.comparisons import (
    EVENTS,
    Row,
    Run,
    comparison_rows,
    final_shares,
    group_rows,
    plane_of,
)
from ifnfactory.outlook.economics import DISCOUNT, Prices, worth
from ifnfactory.outlook.life_table import ATTRIBUTION
from ifnfactory.outlook.measures import DEATHS
from ifnfactory.outlook.parameters import Values, central, drawn
from ifnfactory.outlook.people import People
from ifnfactory.outlook.rates import rates_of
from ifnfactory.outlook.simulate import Course, follow

Floats = NDArray[np.float64]

CURVES: Final = ("cirrhosis", "hcc", "liver_death", "other_death", "death")
"""Events whose cumulative incidence is kept year by year; the last says who lives."""


@dataclass(frozen=True)
class Question:
    """Whom to follow, where, and for how long.

    Attributes
    ----------
    title, subtitle
        For a heading.
    names, labels
        Of the groups; the first is what the others are compared with.
    draw
        Given values of the parameters, a number of people, a seed and the number of the draw of
        parameters (None in the central run), draws that many a group.
    rates
        Pairs of parameter and the user's own number.
    interferon_years
        Of each group: years on an interferon before the start.
    source_text
        File that asked.
    remarks
        What a reader has to know about the people.
    """

    title: str
    subtitle: str
    names: tuple[str, ...]
    labels: tuple[str, ...]
    draw: Callable[[Values, int, int, int | None], People]
    location: str
    period: str
    transplant_access: float | None
    rates: tuple[tuple[str, float], ...]
    interferon_years: tuple[float, ...]
    source_text: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Outlook:
    """The answer.

    Attributes
    ----------
    course
        Of the central run.
    rows, comparisons
        Estimates of each group, and of each group against the first.
    curves, curve_low, curve_high
        Shape (groups, curves, years + 1): cumulative incidence by year [share] and its 95 % band;
        the band is empty without draws.
    plane
        Shape (draws, groups, 2): QALYs gained and costs added against the first group; empty
        without prices.
    """

    question: Question
    years: int
    people: int
    seed: int
    draws: int
    course: Course
    rows: tuple[Row, ...]
    comparisons: tuple[Row, ...]
    curves: Floats
    curve_low: Floats
    curve_high: Floats
    plane: Floats
    currency: str

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``ifn outlook run --json`` prints."""
        question = self.question
        return {
            "title": question.title,
            "location": question.location,
            "period": question.period,
            "years": self.years,
            "people_per_group": self.people,
            "seed": self.seed,
            "draws": self.draws,
            "currency": self.currency,
            "groups": [
                {
                    "name": name,
                    "label": label,
                    "outcomes": {
                        row.measure: row.estimate.to_json() | {"unit": row.unit}
                        for row in self.rows
                        if row.group == name
                    },
                    "against": question.names[0] if name != question.names[0] else None,
                    "comparison": {
                        row.measure: row.estimate.to_json() | {"unit": row.unit}
                        for row in self.comparisons
                        if row.group == name
                    },
                }
                for name, label in zip(question.names, question.labels, strict=True)
            ],
            "remarks": list(question.remarks),
            "attribution": ATTRIBUTION,
            "notice": NOT_FOR_CARE,
        }


def look_ahead(
    question: Question,
    years: int,
    people: int,
    seed: int,
    draws: int = 40,
    prices: Prices | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> Outlook:
    """Follow every group of a question.

    Parameters
    ----------
    years
        For how long.
    people
        In each group.
    seed
        Of people, luck and draws.
    draws
        Draws of the parameters behind the intervals; each follows a quarter of the people.
    prices
        The user's own; without them there are no costs.
    threads
        One for each core if not given; the result does not depend on it.
    keep
        Keeps every draw that is done, and has those of before.
    """
    watcher, kept = progress or Silent(), keep or Forgetful()
    watcher.begin(f"Following {people * len(question.names):,} people", 1 + draws)

    def run(values: Values, n: int, draw: int | None) -> tuple[Course, Run]:
        own = values.with_changes(dict(question.rates))
        rates = rates_of(own, question.location, question.period, question.transplant_access)
        followed = question.draw(own, n, seed, draw)
        course = follow(followed, rates, years * 12, seed, threads)
        value = worth(
            course, followed, own, question.names, question.interferon_years, prices, DISCOUNT
        )
        watcher.advance()
        return course, Run(value, final_shares(course), _curves(course))

    def once(draw: int) -> Run:
        name = f"draws/{draw:05d}.npz"
        content = kept.read(name)
        if content is not None:
            watcher.advance()
            return unpack(Run, content)
        found = run(drawn(seed, draw), fewer, draw)[1]
        kept.write(name, pack(found))
        return found

    course, middle = run(central(), people, None)
    fewer = max(people // 4, min(people, 1_000))
    spread = [once(draw) for draw in range(draws)]
    watcher.end()
    bands = np.stack([each.curves for each in spread]) if spread else np.zeros((0, 0, 0, 0))
    low, high = np.quantile(bands, [0.025, 0.975], axis=0) if spread else (bands, bands)
    return Outlook(
        question=question,
        years=years,
        people=people,
        seed=seed,
        draws=draws,
        course=course,
        rows=group_rows(question.names, middle, spread, prices),
        comparisons=comparison_rows(question.names, middle, spread, prices),
        curves=middle.curves,
        curve_low=low,
        curve_high=high,
        plane=plane_of(spread) if prices is not None else np.zeros((0, 0, 2)),
        currency="" if prices is None else prices.currency,
    )


def _curves(course: Course) -> Floats:
    """Return the cumulative incidence by year, shape (groups, curves, years + 1)."""
    events = {name: kinds for name, _, kinds in EVENTS} | {"death": DEATHS}
    return np.stack([course.incidence(events[name])[:, ::12] for name in CURVES], axis=1)
