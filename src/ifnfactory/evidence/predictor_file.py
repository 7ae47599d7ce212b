"""What was published about who responds: the rows of ``data/predictors.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from ifnfactory.foundation.evidence import Source
from ifnfactory.population.baseline import GENOTYPES


@dataclass(frozen=True)
class GenotypeResult:
    """A published endpoint by genotype.

    Attributes
    ----------
    percent
        One a genotype, in the order of `GENOTYPES`.
    counts
        Patients who reached it, and patients, for each genotype; None where not published.
    """

    endpoint: str
    percent: tuple[float, ...]
    counts: tuple[tuple[int, int], ...] | None
    source: Source


@dataclass(frozen=True)
class GenotypeTrial:
    """Where genotypes are compared."""

    protocol: str
    week: float
    results: tuple[GenotypeResult, ...]


@dataclass(frozen=True)
class PublishedRatio:
    """A published odds ratio.

    Attributes
    ----------
    terms
        Columns of the regression with their factors.
    value, ci
        None where only the direction was published, which is always "above 1".
    """

    name: str
    terms: tuple[tuple[str, float], ...]
    value: float | None
    ci: tuple[float, float] | None


@dataclass(frozen=True)
class Regression:
    """A published regression.

    Attributes
    ----------
    endpoints
        All of them at once are a response.
    weeks
        Week of the judgement in each protocol.
    columns
        Covariates of the regression.
    arms
        Protocol and arm; each but the last has a column of its own.
    """

    name: str
    title: str
    source: Source
    endpoints: tuple[str, ...]
    weeks: tuple[tuple[str, float], ...]
    columns: tuple[str, ...]
    arms: tuple[tuple[str, str], ...]
    ratios: tuple[PublishedRatio, ...]


@lru_cache(maxsize=1)
def load_predictors() -> tuple[GenotypeTrial, tuple[Regression, ...]]:
    """Return what the package ships."""
    data = files("ifnfactory.evidence") / "data" / "predictors.toml"
    raw = tomllib.loads(data.read_text(encoding="utf-8"))
    genotype = raw["genotype"]
    trial = GenotypeTrial(
        protocol=str(genotype["protocol"]),
        week=float(genotype["week"]),
        results=tuple(_genotype_result(entry) for entry in genotype["endpoint"]),
    )
    return trial, tuple(_regression(entry) for entry in raw["regression"])


def _genotype_result(raw: Mapping[str, Any]) -> GenotypeResult:
    counts = None
    if "k" in raw:
        counts = tuple((int(raw["k"][name]), int(raw["n"][name])) for name in GENOTYPES)
    return GenotypeResult(
        endpoint=str(raw["endpoint"]),
        percent=tuple(float(raw["published"][name]) for name in GENOTYPES),
        counts=counts,
        source=Source(str(raw["source"]), str(raw["tag"])),
    )


def _regression(raw: Mapping[str, Any]) -> Regression:
    arms = [str(name).split(".", 1) for name in raw["arms"]]
    return Regression(
        name=str(raw["id"]),
        title=str(raw["title"]),
        source=Source(str(raw["source"]), str(raw["tag"])),
        endpoints=tuple(map(str, raw["endpoints"])),
        weeks=tuple((str(name), float(week)) for name, week in raw["weeks"].items()),
        columns=tuple(map(str, raw["columns"])),
        arms=tuple((protocol, arm) for protocol, arm in arms),
        ratios=tuple(_ratio(entry) for entry in raw["ratios"]),
    )


def _ratio(raw: Mapping[str, Any]) -> PublishedRatio:
    ci = raw.get("ci")
    return PublishedRatio(
        name=str(raw["name"]),
        terms=tuple((str(name), float(factor)) for name, factor in raw["terms"].items()),
        value=float(raw["value"]) if "value" in raw else None,
        ci=None if ci is None else (float(ci[0]), float(ci[1])),
    )
