"""Intervals: known values, coverage and the edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ifnfactory.trial.endpoints import Evaluation, parse_endpoint
from ifnfactory.trial.estimates import estimate, mean, proportion


@given(n=st.integers(1, 3000), share=st.floats(0, 1))
def test_wilson_agrees_with_scipy_and_holds_its_estimate(n: int, share: float) -> None:
    k = round(n * share)
    result = proportion(np.arange(n) < k)
    low, high = stats.binomtest(k, n).proportion_ci(method="wilson")
    assert (result.low, result.high) == pytest.approx((100 * low, 100 * high), abs=1e-9)
    assert 0 <= result.low <= result.value <= result.high <= 100
    assert result.patients == n


def test_87_of_271() -> None:
    """HBeAg seroconversion of Lau 2005, 32 % (87/271)."""
    result = proportion(np.arange(271) < 87)
    assert result.value == pytest.approx(32.1, abs=0.05)
    assert (result.low, result.high) == pytest.approx((26.8, 37.9), abs=0.1)


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=50))
def test_student_agrees_with_scipy(values: list[float]) -> None:
    result = mean(np.array(values))
    spread = stats.sem(values)
    expected = stats.t(len(values) - 1, np.mean(values), spread).interval(0.95) if spread else None
    assert result.value == pytest.approx(np.mean(values))
    if expected is not None:
        assert (result.low, result.high) == pytest.approx(expected, abs=1e-9)


def test_nobody_has_no_estimate() -> None:
    for result in (proportion(np.array([], dtype=bool)), mean(np.array([]))):
        assert result.patients == 0
        assert math.isnan(result.value)
        assert math.isnan(result.low)
        assert math.isnan(result.high)


def test_one_patient_has_a_mean_and_no_interval() -> None:
    result = mean(np.array([-4.5]))
    assert result.value == -4.5
    assert math.isnan(result.low)


def test_only_those_who_count_are_counted() -> None:
    counts = np.array([True, False, True])
    share = Evaluation(parse_endpoint("hbeag_loss"), np.array([True, True, False]), counts)
    assert (estimate(share).value, estimate(share).patients) == (50.0, 2)
    change = Evaluation(
        parse_endpoint("mean_log10_dna_change"), np.array([-4.0, np.nan, -6.0]), counts
    )
    assert (estimate(change).value, estimate(change).patients) == (-5.0, 2)


def test_the_interval_covers_as_it_says() -> None:
    rng = np.random.default_rng(11)
    covered = 0
    for k in rng.binomial(200, 0.14, size=2000):
        result = proportion(np.arange(200) < k)
        covered += result.low <= 14 <= result.high
    assert covered / 2000 == pytest.approx(0.95, abs=0.015)
