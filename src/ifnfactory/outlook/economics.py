"""Quality of life and money: what a course is worth and what it costs, discounted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.schema_faults import schema_faults
from ifnfactory.foundation.sections import NotNegative, Section, Share, Text
from ifnfactory.foundation.toml_gate import located, parse_toml, read_text
from ifnfactory.outlook.parameters import Values
from ifnfactory.outlook.people import People
from ifnfactory.outlook.simulate import Course
from ifnfactory.outlook.states import STATES, Event, State

Floats = NDArray[np.float64]


DISCOUNT: Final = 0.03
"""Of effects a year, where no file says another [prior: the usual choice of reference cases]."""


class StateCostsFile(Section):
    """Yearly cost of a person in a state."""

    positive_infection: NotNegative = Field(0.0, description="a yearly cost")
    positive_hepatitis: NotNegative = Field(0.0, description="a yearly cost")
    negative_infection: NotNegative = Field(0.0, description="a yearly cost")
    negative_hepatitis: NotNegative = Field(0.0, description="a yearly cost")
    cured: NotNegative = Field(0.0, description="a yearly cost")
    compensated: NotNegative = Field(0.0, description="a yearly cost")
    decompensated: NotNegative = Field(0.0, description="a yearly cost")
    hcc: NotNegative = Field(0.0, description="a yearly cost")
    transplant: NotNegative = Field(0.0, description="a yearly cost")


class CostsFile(Section):
    """``COSTS.toml``: the user's own prices; none are shipped."""

    currency: Text = Field(description='a currency and year, e.g. "EUR 2024"')
    discount_costs: Share = Field(0.03, description="a yearly share, e.g. 0.03")
    discount_effects: Share = Field(0.03, description="a yearly share, e.g. 0.03")
    nucleoside: NotNegative = Field(0.0, description="the yearly cost of a nucleos(t)ide analogue")
    transplantation: NotNegative = Field(0.0, description="the cost of one transplantation")
    start: dict[str, NotNegative] = Field(
        {}, description="the cost of the therapy itself, group by group"
    )
    states: StateCostsFile = Field(
        StateCostsFile.model_validate({}), description="a table [states] of yearly costs"
    )


@dataclass(frozen=True)
class Prices:
    """What things cost.

    Attributes
    ----------
    state
        Shape (states,): of a person and year.
    start
        Pairs of group and cost of the therapy that came before.
    """

    currency: str
    discount_costs: float
    discount_effects: float
    nucleoside: float
    transplantation: float
    start: tuple[tuple[str, float], ...]
    state: Floats

    def check_groups(self, names: tuple[str, ...], where: str) -> None:
        """Raise a `UserInputError` if a therapy is priced for a group that is not there."""
        fix = f"the groups are {', '.join(names)}"
        problems = [
            Problem(f"[start] has a price for {name!r}, which is no group", where, fix)
            for name, _ in self.start
            if name not in names
        ]
        if problems:
            raise UserInputError(problems)


@dataclass(frozen=True)
class Worth:
    """Means of one person of each group; every array of shape (groups,).

    Attributes
    ----------
    life_years, qalys
        Not discounted.
    discounted_life_years, discounted_qalys
        Discounted.
    costs
        Discounted; not a number without prices.
    """

    life_years: Floats
    qalys: Floats
    discounted_life_years: Floats
    discounted_qalys: Floats
    costs: Floats


def load_prices(path: Path) -> Prices:
    """Return the prices of a file.

    Raises
    ------
    UserInputError
        If anything in it is wrong: all problems at once.
    """
    text = read_text(path, "name a COSTS.toml")
    raw = parse_toml(text, str(path))
    if faults := schema_faults(CostsFile, raw):
        raise UserInputError(located(faults, text, str(path)))
    file = CostsFile.model_validate(raw)
    state = np.zeros(STATES)
    for name, cost in file.states:
        state[State[name.upper()]] = cost
    return Prices(
        currency=file.currency,
        discount_costs=file.discount_costs,
        discount_effects=file.discount_effects,
        nucleoside=file.nucleoside,
        transplantation=file.transplantation,
        start=tuple(file.start.items()),
        state=state,
    )


def utilities(values: Values) -> Floats:
    """Return the quality of life in each state, shape (states,)."""
    u = np.zeros(STATES)
    u[[State.POSITIVE_INFECTION, State.NEGATIVE_INFECTION]] = values["utility_infection"]
    u[[State.POSITIVE_HEPATITIS, State.NEGATIVE_HEPATITIS]] = values["utility_hepatitis"]
    u[State.CURED] = values["utility_cured"]
    u[State.COMPENSATED] = values["utility_compensated"]
    u[State.DECOMPENSATED] = values["utility_decompensated"]
    u[State.HCC] = values["utility_hcc"]
    u[State.TRANSPLANT] = values["utility_transplant"]
    return u


def weights(months: int, discount: float) -> Floats:
    """Return what a month counts, in years, discounted to the start; shape (months,)."""
    return np.exp(-np.log1p(discount) * (np.arange(months) + 0.5) / 12.0) / 12.0


def worth(
    course: Course,
    people: People,
    values: Values,
    names: tuple[str, ...],
    interferon_years: tuple[float, ...],
    prices: Prices | None,
    discount: float,
) -> Worth:
    """Return what a course is worth to one person of each group, on average.

    Parameters
    ----------
    people
        Who was followed.
    names
        Of the groups, for the cost of the therapy that came before.
    interferon_years
        Of each group: years on an interferon before the start, whose loss of quality of life is
        counted there, not discounted, as their cost is.
    discount
        Of effects, where no prices say another.
    """
    size = np.maximum(course.sizes, 1).astype(np.float64)
    inside = (course.counts[:, 1:] + course.counts[:, :-1]) / 2.0 / size[:, None, None]
    alive = inside[:, :, : State.LIVER_DEATH].sum(axis=2)
    quality = inside @ utilities(values)
    # The first year after a transplant is worse than the later ones.
    worse = values["utility_transplant"] - values["utility_transplant_first"]
    grafts = course.events[:, :, Event.TRANSPLANT] / size[:, None]
    effect = discount if prices is None else prices.discount_effects
    even, fading = weights(course.months, 0.0), weights(course.months, effect)
    loss = worse * grafts
    before = values["utility_peginterferon_loss"] * np.array(interferon_years)
    return Worth(
        life_years=alive @ even,
        qalys=quality @ even - loss.sum(axis=1) - before,
        discounted_life_years=alive @ fading,
        discounted_qalys=quality @ fading - loss @ (fading * 12.0) - before,
        costs=_costs(course, people, inside, grafts, names, prices),
    )


def _costs(
    course: Course,
    people: People,
    inside: Floats,
    grafts: Floats,
    names: tuple[str, ...],
    prices: Prices | None,
) -> Floats:
    groups = course.counts.shape[0]
    if prices is None:
        return np.full(groups, np.nan)
    fading = weights(course.months, prices.discount_costs)
    start = np.array([dict(prices.start).get(name, 0.0) for name in names])
    total = start + (inside @ prices.state) @ fading
    total += prices.transplantation * (grafts @ (fading * 12.0))
    # Years on treatment: from its start until death or the end.
    spent = np.concatenate([[0.0], np.cumsum(fading)])
    death = course.first_of((Event.LIVER_DEATH, Event.OTHER_DEATH))
    until = np.where(death < 0, course.months, death)
    since = np.where(course.treated_from < 0, until, course.treated_from)
    years = spent[until] - spent[np.minimum(since, until)]
    mean = np.bincount(people.group, years, groups) / np.maximum(course.sizes, 1)
    return total + prices.nucleoside * mean
