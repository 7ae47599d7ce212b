"""The life table: what it says, and that people who have nothing else die as it says."""

from __future__ import annotations

import numpy as np
import pytest
from outlook_cases import uniform_people

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.outlook.life_table import PERIODS, load_life_table, locations, monthly_hazards
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


def years_lived(hazards: np.ndarray, age: int) -> float:
    """Return the expected years from an age, each month counted half where it ends in death."""
    alive = np.exp(-np.concatenate([[0.0], np.cumsum(hazards[age * 12 :] / 12)]))
    return float((alive[1:] + alive[:-1]).sum() / 24)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("location", locations())
def test_the_table_alone_reproduces_its_own_life_expectancy(location: str, period: str) -> None:
    """Every location, sex and period: by the months of the table, and as the kernel reads them.

    The kernel looks hazards up once a year and holds their mean for twelve months.
    """
    background = rates_of(central(), location, period).background
    for sex, monthly, means in zip(
        ("female", "male"), monthly_hazards(location, period), background, strict=True
    ):
        table = load_life_table(location, sex, period)
        read = np.repeat(means[:-1:12], 12)
        for age in (0, 30, 60):
            expected = table.life_expectancy(age)
            assert years_lived(monthly[:-1], age) == pytest.approx(expected, abs=0.1)
            assert years_lived(read, age) == pytest.approx(expected, abs=0.1)


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
