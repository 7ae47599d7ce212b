"""From parameters to rates: what age and region change."""

from __future__ import annotations

import numpy as np
import pytest
from outlook_cases import uniform_people

from ifnfactory.outlook.findings import people_of
from ifnfactory.outlook.life_table import locations
from ifnfactory.outlook.parameters import central
from ifnfactory.outlook.people import People
from ifnfactory.outlook.rates import hbsag_fall, rates_of, without_hbv
from ifnfactory.outlook.simulate import Course, follow
from ifnfactory.outlook.states import Event, Phase

N = 40_000


def immortal(age: float, phase: int, months: int, decline: float = 0.08) -> Course:
    """Return the course of people to whom nothing but HBsAg loss and its return can happen."""
    values = central().with_changes({"hbsag_decline": decline})
    rates = without_hbv(rates_of(values, "China"))
    still = rates._replace(background=np.zeros_like(rates.background), reactivation=0.0)
    return follow(uniform_people(N, age=age, phase=phase), still, months, seed=1)


def loss_in(course: Course, first: int, last: int) -> float:
    lost = course.incidence([Event.HBSAG_LOSS])[0]
    return float((lost[last] - lost[first]) / (1.0 - lost[first]))


def test_who_enters_older_loses_hbsag_as_who_has_grown_older() -> None:
    young = immortal(36, Phase.NEGATIVE_INFECTION, 144)
    older = immortal(46, Phase.NEGATIVE_INFECTION, 24)
    grown = loss_in(young, 120, 144)
    assert loss_in(young, 0, 24) < 0.6 * loss_in(older, 0, 24)
    # Those who are left after ten years had more HBsAg: a little slower, never faster.
    assert 0.6 * loss_in(older, 0, 24) < grown < 1.05 * loss_in(older, 0, 24)


def test_without_a_fall_of_hbsag_age_changes_nothing_without_hbeag() -> None:
    young, older = (immortal(age, Phase.NEGATIVE_INFECTION, 60, 0.0) for age in (30, 60))
    assert np.array_equal(young.firsts, older.firsts)


def one(hbsag: float, age: float, phase: int) -> People:
    column = np.array([hbsag])
    return people_of(
        central(),
        key=np.zeros(1, dtype=np.int64),
        group=0,
        age=np.array([age]),
        male=np.ones(1, dtype=np.bool_),
        phase=np.array([phase], dtype=np.int8),
        liver=np.zeros(1, dtype=np.int8),
        stage=np.zeros(1, dtype=np.int8),
        treated=np.zeros(1, dtype=np.bool_),
        dna=None,
        hbsag=column,
        ranks=(np.zeros(1), np.zeros(1)),
        alt=np.full(1, np.nan),
        genotype=np.array(["-"]),
        anti_hbs=np.zeros(1, dtype=np.bool_),
    )


@pytest.mark.parametrize("phase", [Phase.NEGATIVE_INFECTION, Phase.POSITIVE_HEPATITIS])
@pytest.mark.parametrize("age", [30.5, 45.0, 61.9])
def test_a_measured_hbsag_is_the_one_that_is_followed(phase: int, age: float) -> None:
    values = central()
    rank = float(one(2.2, age, phase).hbsag_rank[0])
    name = Phase(phase).name.lower()
    level = values[f"hbsag_mean_{name}"] + rank * values[f"hbsag_sd_{name}"]
    if phase == Phase.NEGATIVE_INFECTION:
        level -= float(hbsag_fall(values, np.array([np.floor(age)]))[0])
    assert level == pytest.approx(2.2, abs=1e-5)


@pytest.mark.parametrize("location", locations())
def test_cure_is_never_worse_than_inactive_infection(location: str) -> None:
    rates = rates_of(central(), location)
    assert rates.hcc[Phase.CURED] <= rates.hcc[Phase.NEGATIVE_INFECTION]
    assert rates.cirrhosis[Phase.CURED] <= rates.cirrhosis[Phase.NEGATIVE_INFECTION]


def test_inactive_infection_has_a_regional_ratio_of_its_own() -> None:
    west, world = (rates_of(central(), place).hcc for place in ("Italy", "World"))
    inactive, hepatitis = Phase.NEGATIVE_INFECTION, Phase.NEGATIVE_HEPATITIS
    values = central()
    assert west[inactive] / world[inactive] == pytest.approx(values["hcc_inactive_west_ratio"])
    assert west[hepatitis] / world[hepatitis] == pytest.approx(values["hcc_west_ratio"])
