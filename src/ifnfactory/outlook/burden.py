"""A country's burden under policies, year by year, with what is uncertain about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.keep import Forgetful, Keep
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.foundation.records import pack, unpack
from ifnfactory.outlook.comparisons import Estimate
from ifnfactory.outlook.country import Country, draw_country
from ifnfactory.outlook.death_scenarios import DeathScenario, death_scenarios, estimates_of
from ifnfactory.outlook.life_table import ATTRIBUTION
from ifnfactory.outlook.parameters import Values, central, drawn
from ifnfactory.outlook.policy import Policy
from ifnfactory.outlook.rates import rates_of
from ifnfactory.outlook.simulate import Course, follow
from ifnfactory.outlook.states import Event, State

Floats = NDArray[np.float64]

SERIES: Final = ("infected", "treated", "cured", "hcc", "liver_deaths")
"""What is followed: people at the start of each year, then events in each year."""

SERIES_TITLES: Final = {
    "infected": "Living with HBsAg",
    "treated": "On treatment",
    "cured": "Living with functional cure",
    "hcc": "New HCC a year",
    "liver_deaths": "Liver deaths a year",
}


@dataclass(frozen=True)
class Burden:
    """The answer.

    Attributes
    ----------
    years
        Shape (years,): calendar years.
    series
        Shape (policies, series, years): persons, central parameters.
    low, high
        The same shape: 95 % band of the draws; empty without draws.
    total_deaths, total_hcc
        Of each policy, over all years.
    deaths_avoided, hcc_avoided
        Of each policy against the first.
    scenarios
        One entry a published estimate of deaths; never averaged.
    """

    country: Country
    policies: tuple[Policy, ...]
    people: int
    seed: int
    draws: int
    years: NDArray[np.int64]
    series: Floats
    low: Floats
    high: Floats
    total_deaths: tuple[Estimate, ...]
    total_hcc: tuple[Estimate, ...]
    deaths_avoided: tuple[Estimate, ...]
    hcc_avoided: tuple[Estimate, ...]
    scenarios: tuple[DeathScenario, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``ifn burden run --json`` prints."""
        country = self.country
        return {
            "title": country.title,
            "location": country.location,
            "start_year": country.start_year,
            "end_year": country.end_year,
            "infected": country.infected,
            "people_simulated": self.people,
            "seed": self.seed,
            "draws": self.draws,
            "policies": [self._policy_json(k) for k in range(len(self.policies))],
            "death_scenarios": [
                {
                    "name": each.estimate.name,
                    "deaths_in_start_year": round(each.estimate.deaths),
                    "source": each.estimate.source.text,
                    "scale": round(each.scale, 4),
                    "total_deaths": {
                        policy.name: total.to_json()
                        for policy, total in zip(self.policies, each.total, strict=True)
                    },
                }
                for each in self.scenarios
            ],
            "attribution": ATTRIBUTION,
            "notice": NOT_FOR_CARE,
        }

    def _policy_json(self, k: int) -> dict[str, Any]:
        rows = [{"year": int(year)} | self._year_json(k, y) for y, year in enumerate(self.years)]
        return {
            "name": self.policies[k].name,
            "label": self.policies[k].label,
            "total_liver_deaths": self.total_deaths[k].to_json(),
            "total_hcc": self.total_hcc[k].to_json(),
            "liver_deaths_avoided": self.deaths_avoided[k].to_json(),
            "hcc_avoided": self.hcc_avoided[k].to_json(),
            "years": rows,
        }

    def _year_json(self, k: int, y: int) -> dict[str, int]:
        shown = {"": self.series}
        if self.draws:
            shown |= {"_low": self.low, "_high": self.high}
        return {
            f"{name}{end}": round(float(values[k, s, y]))
            for s, name in enumerate(SERIES)
            for end, values in shown.items()
        }


@dataclass(frozen=True)
class _Draw:
    """Series of one draw of the parameters, shape (policies, series, years)."""

    series: Floats


def follow_country(
    country: Country,
    policies: tuple[Policy, ...],
    people: int,
    seed: int,
    draws: int = 20,
    threads: int | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> Burden:
    """Follow a country's infected people under every policy.

    Parameters
    ----------
    people
        Simulated under each policy; each stands for `country.infected` / `people` persons.
    draws
        Draws of the parameters behind the bands; each follows a quarter of the people.
    keep
        Keeps every draw that is done, and has those of before.
    """
    watcher, kept = progress or Silent(), keep or Forgetful()
    watcher.begin(f"Following {people * len(policies):,} people", 1 + draws)
    months = 12 * (country.end_year - country.start_year)

    def run(values: Values, n: int) -> Floats:
        own = values.with_changes(dict(country.rates))
        rates = rates_of(own, country.location, country.period, country.transplant_access)
        course = follow(draw_country(country, policies, own, n, seed), rates, months, seed, threads)
        watcher.advance()
        return _series(course) * (country.infected / n)

    def once(draw: int) -> Floats:
        name = f"draws/{draw:05d}.npz"
        content = kept.read(name)
        if content is not None:
            watcher.advance()
            return unpack(_Draw, content).series
        found = run(drawn(seed, draw), fewer)
        kept.write(name, pack(_Draw(found)))
        return found

    series = run(central(), people)
    fewer = max(people // 4, min(people, 1_000))
    spread = np.array([once(draw) for draw in range(draws)])
    watcher.end()
    low, high = np.quantile(spread, [0.025, 0.975], axis=0) if draws else (spread, spread)
    hcc, deaths = SERIES.index("hcc"), SERIES.index("liver_deaths")
    return Burden(
        country=country,
        policies=policies,
        people=people,
        seed=seed,
        draws=draws,
        years=np.arange(country.start_year, country.end_year),
        series=series,
        low=low,
        high=high,
        total_deaths=_totals(series, spread, deaths, against=False),
        total_hcc=_totals(series, spread, hcc, against=False),
        deaths_avoided=_totals(series, spread, deaths, against=True),
        hcc_avoided=_totals(series, spread, hcc, against=True),
        scenarios=death_scenarios(
            country, series[:, deaths], spread[:, :, deaths] if draws else spread
        ),
    )


def _series(course: Course) -> Floats:
    """Return the series in simulated people, shape (policies, series, years)."""
    start = course.counts[:, :-1:12].astype(np.float64)
    events = course.events.reshape(course.events.shape[0], -1, 12, course.events.shape[2])
    yearly = events.sum(axis=2).astype(np.float64)
    alive = start[:, :, : State.LIVER_DEATH].sum(axis=2)
    cured = start[:, :, State.CURED]
    return np.stack(
        [
            alive - cured,
            _treated(course, start.shape[1]),
            cured,
            yearly[:, :, Event.HCC],
            yearly[:, :, Event.LIVER_DEATH],
        ],
        axis=1,
    )


def _treated(course: Course, years: int) -> Floats:
    """Return the people on treatment at the start of each year, shape (policies, years)."""
    death = course.first_of((Event.LIVER_DEATH, Event.OTHER_DEATH))
    until = np.where(death < 0, course.months, death)
    groups = course.counts.shape[0]
    found = np.zeros((groups, years))
    for year in range(years):
        # Who starts in the first month is on treatment from the first year on.
        on = (course.treated_from >= 0) & (course.treated_from <= 12 * year) & (until > 12 * year)
        found[:, year] = np.bincount(course.group[on], minlength=groups)
    return found


def _totals(series: Floats, spread: Floats, which: int, against: bool) -> tuple[Estimate, ...]:
    """Return the sums over the years, or what is less than under the first policy."""

    def sums(of: Floats) -> Floats:
        total = of[..., which, :].sum(axis=-1)
        return total[..., :1] - total if against else total

    return estimates_of(sums(series), sums(spread) if spread.size else spread)
