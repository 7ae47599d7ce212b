"""The life table: what it says, and that people who have nothing else die as it says."""

from __future__ import annotations

import numpy as np
import pytest
from outlook_cases import uniform_people

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.outlook.life_table import load_life_table, locations, monthly_hazards
from ifnfactory.outlook.parameters import central
from ifnfactory.outlook.rates import rates_of, without_hbv
from ifnfactory.outlook.simulate import follow
from ifnfactory.outlook.states import State


@pytest.mark.parametrize(
    ("sex", "age", "rate"),
    [
        ("female", 40, 0.00233),
        ("male", 40, 0.00378),
        ("female", 60, 0.0104),
        ("male", 60, 0.0178),
        ("female", 80, 0.0699),
        ("male", 80, 0.0956),
    ],
)
def test_world_rates_are_those_of_the_source(sex: str, age: int, rate: float) -> None:
    """UN WPP 2024, World 2015-2020 [V]."""
    assert load_life_table("World", sex).monthly()[age * 12] == pytest.approx(rate, rel=5e-3)


@pytest.mark.parametrize("location", ["World", "China", "Japan", "Nigeria"])
def test_the_table_alone_reproduces_its_own_life_expectancy(location: str) -> None:
    for sex, hazards in zip(("female", "male"), monthly_hazards(location), strict=True):
        alive = np.exp(-np.concatenate([[0.0], np.cumsum(hazards[:-1] / 12)]))
        years = (alive[1:] + alive[:-1]).sum() / 24
        assert years == pytest.approx(load_life_table(location, sex).life_expectancy(), abs=0.1)


@pytest.mark.parametrize(("location", "male"), [("China", 1), ("Germany", 0), ("Nigeria", 1)])
def test_simulated_people_live_as_long_as_the_table_says(location: str, male: int) -> None:
    people = uniform_people(150_000, age=30, male=male)
    course = follow(people, without_hbv(rates_of(central(), location)), 90 * 12, seed=3)
    years = (course.survival()[0][1:] + course.survival()[0][:-1]).sum() / 24
    table = load_life_table(location, ("female", "male")[male])
    assert years == pytest.approx(table.life_expectancy(30), abs=0.1)


def test_without_hazards_of_hepatitis_nobody_dies_of_it() -> None:
    people = uniform_people(5_000)
    course = follow(people, without_hbv(rates_of(central(), "World")), 600, seed=1)
    assert course.counts[0, -1, State.LIVER_DEATH] == 0
    assert course.counts[0, -1, State.OTHER_DEATH] > 0


def test_every_location_has_two_sexes_and_three_periods() -> None:
    assert len(locations()) == 20
    for location in locations():
        for period in ("2015-2020", "2020-2025", "2025-2030"):
            assert monthly_hazards(location, period).shape == (2, 1441)


def test_all_that_is_unknown_is_said_at_once() -> None:
    with pytest.raises(UserInputError) as caught:
        load_life_table("Chine", "woman", "1990")
    assert len(caught.value.problems) == 3
    assert "did you mean China" in str(caught.value)
