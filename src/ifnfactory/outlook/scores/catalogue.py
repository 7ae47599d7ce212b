"""The scores as data: definitions as published, populations and risks with their sources."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.evidence import Source
from ifnfactory.outlook.scores.bands import Band, read_band
from ifnfactory.outlook.scores.inputs import NEEDED

_DATA: Final = files("ifnfactory.outlook.scores") / "data"


@dataclass(frozen=True)
class Population:
    """Whom a score holds for; None where it sets no limit.

    Attributes
    ----------
    text
        The population in words.
    min_age, max_age
        [year].
    treatment, ancestry
        What is allowed.
    cirrhosis, hbeag_positive
        What is required.
    """

    text: str
    source: Source
    min_age: float | None
    max_age: float | None
    treatment: tuple[str, ...] | None
    ancestry: tuple[str, ...] | None
    cirrhosis: bool | None
    hbeag_positive: bool | None


@dataclass(frozen=True)
class Risk:
    """A published risk.

    Attributes
    ----------
    percent
        Lowest and highest published value [%]; equal where one value was published.
    years
        Horizon, shortest and longest [year].
    cohort
        Where it was seen.
    """

    percent: tuple[float, float]
    years: tuple[float, float]
    cohort: str
    source: Source

    @property
    def text(self) -> str:
        """The risk with its horizon, cohort and tag, in words."""
        low, high = (f"{value:.3g}" for value in self.percent)
        first, last = (f"{value:g}" for value in self.years)
        percent = low if low == high else f"{low}-{high}"
        years = first if first == last else f"{first}-{last}"
        unit = "year" if years == "1" else "years"
        return f"{percent} % within {years} {unit} ({self.cohort}) [{self.source.tag}]"


@dataclass(frozen=True)
class Score:
    """One score.

    Attributes
    ----------
    name
        What to call it by on the command line.
    definition
        Its entry in ``scores.json``.
    evidence
        What that entry says about how it was checked.
    predicts
        What the score is about.
    classes
        Bands of the value, each with the name of its class; empty where none was published.
    risks
        Name of a class -> published risks.
    risks_by_points
        Horizon [year] -> risk [%] of 0, 1, 2 ... points; empty for most scores.
    """

    name: str
    title: str
    unit: str
    definition: Mapping[str, Any]
    evidence: str
    source: Source
    predicts: str
    population: Population
    classes: tuple[Band[str], ...]
    risks: tuple[tuple[str, Risk], ...]
    risks_by_points: tuple[tuple[float, tuple[float, ...]], ...]
    by_points_cohort: str
    notes: tuple[str, ...]

    @property
    def range(self) -> tuple[float, float] | None:
        """Smallest and largest possible value, where the definition gives them."""
        limits = self.definition.get("range")
        return None if limits is None else (float(limits[0]), float(limits[1]))


@lru_cache(maxsize=1)
def definitions() -> Mapping[str, Any]:
    """Return ``scores.json`` as it was collected."""
    return json.loads((_DATA / "scores.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def all_scores() -> tuple[Score, ...]:
    """Return every score, in the order of the catalogue."""
    raw = tomllib.loads((_DATA / "catalogue.toml").read_text(encoding="utf-8"))
    return tuple(_score(name, table) for name, table in raw.items())


def load_score(name: str) -> Score:
    """Return the score called `name`.

    Raises
    ------
    UserInputError
        If there is no such score.
    """
    for score in all_scores():
        if score.name == name.lower():
            return score
    near = get_close_matches(name.lower(), NEEDED, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    fix = f"{hint}the scores are {', '.join(NEEDED)}"
    raise UserInputError([Problem(f"unknown score {name!r}", "score", fix)])


def _score(name: str, table: Mapping[str, Any]) -> Score:
    definition = definitions()[table["entry"]]
    source = Source(table["citation"], table["tag"])
    by_points = table.get("by_points", {})
    return Score(
        name=name,
        title=table["title"],
        unit=table["unit"],
        definition=definition,
        evidence=definition["evidence"],
        source=source,
        predicts=table["predicts"],
        population=_population(table["population"]),
        classes=_classes(definition, table),
        risks=tuple((row["class"], _risk(row, table["citation"])) for row in table.get("risk", [])),
        risks_by_points=tuple(
            (float(key.removeprefix("years_")), tuple(float(each) for each in values))
            for key, values in by_points.items()
            if key.startswith("years_")
        ),
        by_points_cohort=by_points.get("cohort", ""),
        notes=tuple(table.get("notes", [])),
    )


def _classes(definition: Mapping[str, Any], table: Mapping[str, Any]) -> tuple[Band[str], ...]:
    published = definition.get("bands")
    if published is None:
        return tuple(read_band(row["band"], row["name"]) for row in table.get("class", []))
    return tuple(read_band(text, name) for name, text in published.items())


def _risk(row: Mapping[str, Any], citation: str) -> Risk:
    low, high = row["percent"]
    first, last = row["years"]
    # Every risk of the catalogue was seen at its source, also where the formula was not.
    source = Source(citation, row.get("tag", "V"))
    return Risk((float(low), float(high)), (float(first), float(last)), row["cohort"], source)


def _population(table: Mapping[str, Any]) -> Population:
    def words(key: str) -> tuple[str, ...] | None:
        return tuple(table[key]) if key in table else None

    return Population(
        text=table["text"],
        source=Source(table["source"], table["tag"]),
        min_age=table.get("min_age"),
        max_age=table.get("max_age"),
        treatment=words("treatment"),
        ancestry=words("ancestry"),
        cirrhosis=table.get("cirrhosis"),
        hbeag_positive=table.get("hbeag_positive"),
    )
