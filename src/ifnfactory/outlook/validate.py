"""Observed and modelled, side by side, for everything that the model is held against."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import numpy as np

from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.keep import Forgetful, Keep
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.outlook import measures
from ifnfactory.outlook.cohort import Group, draw_people, group_of
from ifnfactory.outlook.cohort_file import GroupFile
from ifnfactory.outlook.measures import Firsts
from ifnfactory.outlook.parameters import Values, central, drawn
from ifnfactory.outlook.rates import rates_of
from ifnfactory.outlook.simulate import follow
from ifnfactory.outlook.states import Event

PEOPLE: Final = 300_000
"""People in each cohort: Monte Carlo error well below the width of any interval."""


@dataclass(frozen=True)
class Target:
    """One published number and how to see it in the model.

    Attributes
    ----------
    observed, low, high
        In `unit`.
    interval
        ``"published"``, ``"derived"`` or ``"prior"`` (none was published: 25 % either way).
    role
        ``"input"``: the hazard was taken from this number; ``"calibration"``: hazards were fitted
        to it inside their intervals, or the structure was chosen by it; ``"validation"``: neither.
    cohort, against
        Names of cohorts; `against` for a ratio.
    measure, events, censor, from_years, years
        What is counted, as in `measures`.
    """

    target_id: str
    title: str
    observed: float
    low: float
    high: float
    unit: str
    interval: str
    role: str
    cohort: str
    against: str | None
    measure: str
    events: tuple[Event, ...]
    censor: tuple[Event, ...]
    from_years: float
    years: float
    source: Source

    @property
    def fitted(self) -> bool:
        """Whether the model knew this number; otherwise the target is independent."""
        return self.role != "validation"


@dataclass(frozen=True)
class TargetCohort:
    """People for a target: a group, where they live, and what holds for them alone."""

    group: Group
    location: str
    rates: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class ValidationRow:
    """A target and what the model says.

    Attributes
    ----------
    modelled
        With the central parameters.
    interval
        2.5 and 97.5 % of the draws of parameters, or None without draws.
    """

    target: Target
    modelled: float
    interval: tuple[float, float] | None

    @property
    def inside(self) -> bool:
        """Whether the modelled value lies in the observed interval."""
        return bool(self.target.low <= self.modelled <= self.target.high)

    def to_json(self) -> dict[str, Any]:
        """Return the row as the command prints it."""
        target = self.target
        row: dict[str, Any] = {
            "target_id": target.target_id,
            "observed": target.observed,
            "low": target.low,
            "high": target.high,
            "modelled": _finite(self.modelled),
            "inside": self.inside,
            "title": target.title,
            "unit": target.unit,
            "interval": target.interval,
            "role": target.role,
            "fitted": target.fitted,
            "people": target_cohorts_text(target),
            "source": target.source.text,
            "tag": target.source.tag,
        }
        if self.interval is not None:
            row["modelled_low"], row["modelled_high"] = map(_finite, self.interval)
        return row


@dataclass(frozen=True)
class Validation:
    """All rows of a validation."""

    rows: tuple[ValidationRow, ...]
    seed: int

    def inside(self, fitted: bool | None = None) -> tuple[int, int]:
        """Return how many rows lie inside, and of how many; all, or fitted or independent ones."""
        rows = [row for row in self.rows if fitted in (None, row.target.fitted)]
        return sum(row.inside for row in rows), len(rows)

    def inside_percent(self, fitted: bool | None = None) -> float:
        """Return the share of rows inside [%], of the fitted ones, the independent ones or all."""
        inside, rows = self.inside(fitted)
        return 100.0 * inside / rows

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``ifn outlook validate --json`` prints."""
        return {
            "inside_percent": round(self.inside_percent(), 1),
            "inside_percent_fitted": round(self.inside_percent(fitted=True), 1),
            "inside_percent_independent": round(self.inside_percent(fitted=False), 1),
            "seed": self.seed,
            "rows": [row.to_json() for row in self.rows],
            "notice": NOT_FOR_CARE,
        }


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    return tomllib.loads(files("ifnfactory.outlook").joinpath("targets.toml").read_text("utf-8"))


@lru_cache(maxsize=1)
def targets() -> tuple[Target, ...]:
    """Return every target of the package, in the order of the evidence."""
    return tuple(_target(entry) for entry in _document()["target"])


def _target(entry: dict[str, Any]) -> Target:
    return Target(
        target_id=entry["id"],
        title=entry["title"],
        observed=float(entry["observed"]),
        low=float(entry["low"]),
        high=float(entry["high"]),
        unit=entry["unit"],
        interval=entry["interval"],
        role=entry["role"],
        cohort=entry["cohort"],
        against=entry.get("against"),
        measure=entry["measure"],
        events=tuple(Event[name] for name in entry.get("events", [])),
        censor=tuple(Event[name] for name in entry.get("censor", [])),
        from_years=float(entry.get("from_years", 0.0)),
        years=float(entry["years"]),
        source=Source(entry["source"], entry["tag"]),
    )


@lru_cache(maxsize=1)
def target_cohorts() -> dict[str, TargetCohort]:
    """Return the people of the targets, by name."""
    found: dict[str, TargetCohort] = {}
    for entry in _document()["cohort"]:
        rest = {key: value for key, value in entry.items() if key not in ("location", "rates")}
        group = group_of(GroupFile.model_validate(rest))
        rates = tuple((k, float(v)) for k, v in entry.get("rates", {}).items())
        found[group.name] = TargetCohort(group, entry["location"], rates)
    return found


def target_cohorts_text(target: Target) -> str:
    """Return where the description of a target's people comes from, with its tag."""
    names = [name for name in (target.cohort, target.against) if name is not None]
    mixed = [entry for entry in _document()["mixture"] if entry["name"] in names]
    sources = [str(Source(entry["source"], entry["tag"])) for entry in mixed]
    cohorts = [target_cohorts()[name].group.source for name in names if name in target_cohorts()]
    return "; over ".join([*sources, *(str(source) for source in cohorts)])


@lru_cache(maxsize=1)
def target_mixtures() -> dict[str, tuple[tuple[str, float], ...]]:
    """Return the cohorts that are made of others, each with the shares of its parts."""
    return {entry["name"]: tuple(entry["of"].items()) for entry in _document()["mixture"]}


def validate(
    seed: int = 1,
    draws: int = 0,
    people: int = PEOPLE,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> Validation:
    """Follow the people of every target and compare.

    Parameters
    ----------
    seed
        Of people, luck and draws.
    draws
        Draws of the parameters for an interval around each modelled value; 0 for none.
    people
        In each cohort.
    keep
        Keeps what is done with each set of parameters, and has that of before.
    """
    watcher, kept = progress or Silent(), keep or Forgetful()

    def once(name: str, values: Callable[[], Values], people: int) -> list[float]:
        content = kept.read(name)
        found: list[float]
        if content is not None:
            found = json.loads(content)
        else:
            found = modelled_values(values(), people, seed)
            kept.write(name, json.dumps([float(value) for value in found]).encode())
        watcher.advance()
        return found

    watcher.begin("Following the cohorts of the targets", 1 + draws)
    modelled = once("central.json", central, people)
    uncertain = [
        once(f"draws/{draw:05d}.json", lambda draw=draw: drawn(seed, draw), people // 4)
        for draw in range(draws)
    ]
    watcher.end()
    ends = np.quantile(uncertain, [0.025, 0.975], axis=0) if draws else None
    rows = [
        ValidationRow(
            target,
            modelled[index],
            None if ends is None else (float(ends[0, index]), float(ends[1, index])),
        )
        for index, target in enumerate(targets())
    ]
    return Validation(tuple(rows), seed)


def modelled_values(values: Values, people: int, seed: int) -> list[float]:
    """Return the modelled value of every target under one set of parameters."""
    years: dict[str, float] = {}
    for target in targets():
        for name in (target.cohort, target.against):
            for part in _parts(name):
                years[part] = max(years.get(part, 0.0), target.years)
    courses = {name: _follow(name, values, people, years[name], seed) for name in years}
    for name, parts in target_mixtures().items():
        courses[name] = _mixed([(courses[part], share) for part, share in parts])
    return [_MEASURES[target.measure](target, courses) for target in targets()]


def _parts(name: str | None) -> tuple[str, ...]:
    """Return the cohorts that have to be followed for a target."""
    if name is None:
        return ()
    return tuple(part for part, _ in target_mixtures().get(name, ((name, 1.0),)))


def _follow(name: str, values: Values, people: int, years: float, seed: int) -> Firsts:
    cohort = target_cohorts()[name]
    own = values.with_changes(dict(cohort.rates))
    drawn_people = draw_people((cohort.group,), own, people, seed)
    return follow(drawn_people, rates_of(own, cohort.location), round(years * 12), seed).firsts


def _mixed(parts: Sequence[tuple[Firsts, float]]) -> Firsts:
    """Return the first people of every part, as many of each as its share asks for."""
    people = min(int(firsts.shape[0] / share) for firsts, share in parts)
    return np.concatenate([firsts[: round(share * people)] for firsts, share in parts])


def _finite(value: float) -> float | None:
    """Return a number for JSON: null where few people gave none, as a ratio over no event."""
    return round(value, 4) if math.isfinite(value) else None


def _share(target: Target, firsts: Firsts) -> float:
    return measures.cumulative(firsts, target.events, target.years)


def _rate(target: Target, firsts: Firsts) -> float:
    return measures.rate(firsts, target.events, target.years, target.from_years, target.censor)


_Courses = dict[str, Firsts]
_MEASURES: Final[dict[str, Callable[[Target, _Courses], float]]] = {
    "cumulative": lambda t, c: _share(t, c[t.cohort]),
    "cumulative_ratio": lambda t, c: _share(t, c[t.cohort]) / _share(t, c[t.against or t.cohort]),
    "survival": lambda t, c: measures.survival(c[t.cohort], t.years),
    "rate": lambda t, c: _rate(t, c[t.cohort]),
    "rate_ratio": lambda t, c: _rate(t, c[t.cohort]) / _rate(t, c[t.against or t.cohort]),
    "rise": lambda t, c: measures.rise(c[t.cohort], t.events, t.years, t.from_years),
}
