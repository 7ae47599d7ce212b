"""What happens to virtual patients whom nobody treats, against untreated cohorts.

The cohorts are protocols with one untreated arm, so that they are drawn, followed and measured
exactly as the patients of a trial.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.assays.panel import Panel
from ifnfactory.assays.primitives import hbeag_lost, hbsag_lost
from ifnfactory.evidence.judge import is_inside
from ifnfactory.evidence.matching import NotRun
from ifnfactory.evidence.qualification import Row
from ifnfactory.foundation.evidence import Source
from ifnfactory.population.untreated import Incidence, incidence
from ifnfactory.trial.protocol import Protocol, parse_protocol
from ifnfactory.trial.result import TrialResult

CLASS: Final = "natural_history"
UNIT: Final = "per 100 patient-years"
FOLLOWED: Final = 4
"""Untreated patients are this many times those of an arm: their events are rare."""
_DAYS_PER_YEAR: Final = 365.25
_LOST: Final[dict[str, Callable[[Panel, Laboratory], NDArray[np.bool_]]]] = {
    "hbeag_loss": lambda panel, laboratory: hbeag_lost(panel.hbeag, laboratory),
    "hbsag_loss": lambda panel, laboratory: hbsag_lost(panel.hbsag, laboratory),
}


@dataclass(frozen=True)
class PublishedRate:
    """A published incidence [per 100 patient-years]."""

    name: str
    cohort: str
    event: str
    value: float
    ci: tuple[float, float]
    weight: float
    parent: str
    source: Source


@lru_cache(maxsize=1)
def load_rates() -> tuple[tuple[PublishedRate, ...], tuple[NotRun, ...]]:
    """Return the rates that the package ships, and those that nothing is compared with."""
    data = files("ifnfactory.evidence") / "data" / "natural_history.toml"
    raw = tomllib.loads(data.read_text(encoding="utf-8"))
    rates = tuple(
        PublishedRate(
            name=str(rate["id"]),
            cohort=str(rate["cohort"]),
            event=str(rate["event"]),
            value=float(rate["value"]),
            ci=(float(rate["ci"][0]), float(rate["ci"][1])),
            weight=float(rate["weight"]),
            parent=str(rate["parent"]),
            source=Source(str(rate["source"]), str(rate["tag"])),
        )
        for rate in raw["rate"]
    )
    left = tuple(NotRun(str(each["id"]), str(each["why"])) for each in raw["not_compared"])
    return rates, left


@lru_cache(maxsize=1)
def load_cohorts() -> tuple[Protocol, ...]:
    """Return the untreated cohorts behind the rates."""
    folder = files("ifnfactory.evidence") / "data" / "cohorts"
    names = dict.fromkeys(rate.cohort for rate in load_rates()[0])
    return tuple(
        parse_protocol((folder / f"{name}.toml").read_text("utf-8"), name, f"{name}.toml")
        for name in names
    )


def judge_cohort(result: TrialResult, rates: Sequence[PublishedRate]) -> tuple[Row, ...]:
    """Return a row for each rate that belongs to the followed cohort."""
    outcome = result.arms[0].integrated()
    panel = outcome.panel
    year = panel.week * 7.0 / _DAYS_PER_YEAR
    rows: list[Row] = []
    for rate in rates:
        if rate.cohort != result.protocol.name:
            continue
        lost = _LOST[rate.event](panel, result.laboratory)
        rows.append(_row(rate, incidence(lost, year), float(panel.week[-1]), outcome.arm))
    return tuple(rows)


def _row(rate: PublishedRate, found: Incidence, week: float, arm: str) -> Row:
    simulated = found.per_100_patient_years
    within = (rate.value - rate.ci[0], rate.ci[1] - rate.value)
    return Row(
        target_id=rate.name,
        trial=rate.parent,
        protocol=rate.cohort,
        arm=arm,
        endpoint=rate.event,
        endpoint_class=CLASS,
        phase="untreated",
        week=week,
        unit=UNIT,
        published=rate.value,
        published_ci=rate.ci,
        simulated=simulated,
        simulated_ci=found.interval(),
        standard_error=100.0 * found.events**0.5 / found.patient_years,
        patients=round(found.patient_years),
        reach=within,
        inside=is_inside(simulated, rate.value, within),
        k=None,
        n=None,
        weight=rate.weight,
    )
