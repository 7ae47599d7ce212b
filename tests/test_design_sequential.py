"""Group-sequential boundaries: published tables, an independent integral, and what must hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from ifnfactory.design.boundaries import FURTHEST, critical_values, plan
from ifnfactory.design.sequential import crossing
from ifnfactory.foundation.errors import UserInputError


def equal(looks: int) -> np.ndarray:
    return np.arange(1, looks + 1) / looks


# Jennison and Turnbull, Group Sequential Methods (2000), table 2.1, C_P(K, alpha), K = 1 to 10.
POCOCK = {
    0.01: (2.576, 2.772, 2.873, 2.939, 2.986, 3.023, 3.053, 3.078, 3.099, 3.117),
    0.05: (1.960, 2.178, 2.289, 2.361, 2.413, 2.453, 2.485, 2.512, 2.535, 2.555),
    0.10: (1.645, 1.875, 1.992, 2.067, 2.122, 2.164, 2.197, 2.225, 2.249, 2.270),
}
# The same book, table 2.3, C_B(K, alpha).
OBRIEN_FLEMING = {
    0.01: (2.576, 2.580, 2.595, 2.609, 2.621, 2.631, 2.640, 2.648, 2.654, 2.660),
    0.05: (1.960, 1.977, 2.004, 2.024, 2.040, 2.053, 2.063, 2.072, 2.080, 2.087),
    0.10: (1.645, 1.678, 1.710, 1.733, 1.751, 1.765, 1.776, 1.786, 1.794, 1.801),
}
# Two-sided 0.05, equal steps: Reboussin DM, DeMets DL, Kim K, Lan KKG, Control Clin Trials
# 2000;21:190-207 (the program of the function's authors).
SPENT = {
    "spending-obrien-fleming": {
        2: (2.963, 1.969),
        3: (3.710, 2.511, 1.993),
        4: (4.333, 2.963, 2.359, 2.014),
        5: (4.877, 3.357, 2.680, 2.290, 2.031),
    },
    "spending-pocock": {
        2: (2.157, 2.201),
        3: (2.279, 2.295, 2.296),
        4: (2.368, 2.368, 2.358, 2.350),
        5: (2.438, 2.427, 2.410, 2.397, 2.386),
    },
}


@pytest.mark.parametrize(
    ("name", "table"), [("pocock", POCOCK), ("obrien-fleming", OBRIEN_FLEMING)]
)
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.10])
def test_constants_are_those_of_the_published_tables(name: str, table: dict, alpha: float) -> None:
    found = [float(critical_values(name, equal(k), alpha)[-1]) for k in range(1, 11)]
    assert found == pytest.approx(table[alpha], abs=6e-4)  # printed with three decimals


@pytest.mark.parametrize(("name", "looks"), [(n, k) for n in SPENT for k in SPENT[n]])
def test_spending_boundaries_are_those_of_the_published_tables(name: str, looks: int) -> None:
    assert critical_values(name, equal(looks), 0.05) == pytest.approx(SPENT[name][looks], abs=7e-4)


@pytest.mark.parametrize("name", ["power:1", "power:2", "spending-pocock", "obrien-fleming"])
@pytest.mark.parametrize("drift", [0.0, 2.8])
def test_the_recursion_agrees_with_an_integral_over_all_looks_at_once(
    name: str, drift: float
) -> None:
    # SciPy integrates the joint normal distribution of all statistics: another algorithm.
    shares = np.array([0.3, 0.55, 1.0])
    bounds = critical_values(name, shares, 0.05)
    covariance = np.sqrt(np.minimum.outer(shares, shares) / np.maximum.outer(shares, shares))
    mean = drift * np.sqrt(shares)
    found = crossing(shares, -bounds, bounds, drift)
    stopped = np.cumsum(found.upper + found.lower)
    for k in range(1, 4):
        inside = multivariate_normal.cdf(
            bounds[:k],
            mean[:k],
            covariance[:k, :k],
            lower_limit=-bounds[:k],
            abseps=1e-8,
            rng=np.random.default_rng(1),
        )
        assert 1.0 - inside == pytest.approx(stopped[k - 1], abs=2e-6)


def test_the_power_of_a_single_look_is_the_textbooks() -> None:
    found = crossing(np.ones(1), np.array([-1.96]), np.array([1.96]), drift=3.2415)
    assert found.upper[0] == pytest.approx(norm.sf(1.96 - 3.2415), abs=1e-12)
    assert found.lower[0] == pytest.approx(norm.cdf(-1.96 - 3.2415), abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(
    gaps=st.lists(st.floats(0.05, 1.0), min_size=1, max_size=5),
    alpha=st.floats(0.005, 0.2),
    name=st.sampled_from(
        ["pocock", "obrien-fleming", "spending-pocock", "spending-obrien-fleming", "power:1.5"]
    ),
)
def test_all_boundaries_spend_alpha_at_any_spacing(
    gaps: list[float], alpha: float, name: str
) -> None:
    shares = np.cumsum(gaps) / np.sum(gaps)
    bounds = critical_values(name, shares, alpha)
    found = crossing(shares, -bounds, bounds)
    assert float(found.upper.sum() + found.lower.sum()) == pytest.approx(alpha, abs=1e-7)
    assert found.upper == pytest.approx(found.lower, abs=1e-9)


@settings(max_examples=15, deadline=None)
@given(drift=st.floats(-4.0, 4.0), cut=st.floats(0.1, 0.9), bound=st.floats(1.0, 4.0))
def test_every_trial_stops_once(drift: float, cut: float, bound: float) -> None:
    # With the last boundaries at the same place every trial stops above or below.
    shares = np.array([cut, 1.0])
    found = crossing(shares, np.array([-bound, 0.3]), np.array([bound, 0.3]), drift)
    assert float(found.upper.sum() + found.lower.sum()) == pytest.approx(1.0, abs=1e-7)


def test_what_may_not_be_spent_cannot_be_crossed() -> None:
    # The first of 100 looks would spend less than the chance of 8 standard errors.
    assert critical_values("spending-obrien-fleming", np.array([0.01, 1.0]), 0.05)[0] == FURTHEST


def test_futility_is_not_binding() -> None:
    shares = equal(3)
    with_futility = plan("pocock", shares, 0.05, futility=0.0)
    assert with_futility.critical == pytest.approx(plan("pocock", shares, 0.05).critical)
    assert list(with_futility.futility) == [0.0, 0.0, -np.inf]


@pytest.mark.parametrize("name", ["fleming", "power:", "power:0", "power:nan", "power:-1"])
def test_an_unknown_boundary_is_named_with_what_would_be_right(name: str) -> None:
    with pytest.raises(UserInputError, match=r"--boundary: unknown boundary .* power:2"):
        critical_values(name, equal(2), 0.05)
