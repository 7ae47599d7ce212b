"""The published HIV model of Chancellor (1997), to the digit.

Transition counts, relative risk and prices of Chancellor JV, Hill AM, Sabin CA, et al.,
PharmacoEconomics 1997;12:54-66, as every textbook of the field prints them; the evidence base has
the matrix (.721 .202 .067 .010; .581 .407 .012; .750 .250; RR .509 [V]). Results as printed: 7.991
and 8.937 life-years, 44,663 and 50,602 pounds, 6,276 pounds a life-year.
"""

from __future__ import annotations

import numpy as np
import pytest

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.outlook.markov import checked_matrix, occupancy, total, with_relative_risk

STATES = ("CD4 200-500", "CD4 below 200", "AIDS", "dead")
COUNTS = np.array([[1251, 350, 116, 17], [0, 731, 512, 15], [0, 0, 1312, 437], [0, 0, 0, 1]])
CARE = np.array([1701 + 1055, 1774 + 1278, 6948 + 2059, 0])
ZIDOVUDINE, LAMIVUDINE = 2278.0, 2086.5
ALIVE = np.array([1.0, 1.0, 1.0, 0.0])


def alone() -> np.ndarray:
    return checked_matrix(COUNTS / COUNTS.sum(axis=1, keepdims=True), STATES)


def follow(combined_years: int) -> tuple[float, float]:
    """Return life-years and costs of one person over 20 years, counted at the ends of years."""
    single, both = alone(), with_relative_risk(alone(), 0.509)
    matrices = [both if year < combined_years else single for year in range(20)]
    people = occupancy(np.array([1.0, 0.0, 0.0, 0.0]), matrices)[1:]
    drugs = ZIDOVUDINE + LAMIVUDINE * (np.arange(20) < combined_years)
    costs = people @ CARE + people @ ALIVE * drugs
    return total(people @ ALIVE, 0.0), total(costs, 0.06)


def test_the_matrix_is_the_published_one() -> None:
    published = [[0.721, 0.202, 0.067, 0.010], [0, 0.581, 0.407, 0.012], [0, 0, 0.750, 0.250]]
    assert np.round(alone()[:3], 3).tolist() == published


def test_monotherapy_to_the_digit() -> None:
    years, costs = follow(combined_years=0)
    assert f"{years:.3f}" == "7.991"
    assert f"{costs:.0f}" == "44663"


def test_combination_to_the_digit() -> None:
    years, costs = follow(combined_years=2)
    assert f"{years:.3f}" == "8.937"
    assert f"{costs:.0f}" == "50602"


def test_price_of_a_life_year_to_the_digit() -> None:
    (one_years, one_costs), (two_years, two_costs) = follow(0), follow(2)
    assert f"{(two_costs - one_costs) / (two_years - one_years):.0f}" == "6276"


def test_nobody_is_lost() -> None:
    people = occupancy(np.array([1.0, 0, 0, 0]), [alone()] * 50)
    assert people.sum(axis=1) == pytest.approx(1.0)


def test_probabilities_that_sum_beyond_one_are_refused_all_at_once() -> None:
    matrix = np.array([[0.9, 0.2], [-0.1, 1.0]])
    with pytest.raises(UserInputError) as caught:
        checked_matrix(matrix, ("well", "ill"))
    assert "sum to 1.1, beyond one" in str(caught.value)
    assert len(caught.value.problems) == 3
