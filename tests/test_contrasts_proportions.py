"""Differences of percentages: published worked examples, coverage, and what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri
from scipy.stats import binom
from scipy.stats.contingency import odds_ratio, relative_risk

from ifnfactory.trial.contrasts.proportions import Contrast, contrast, correlation


def pairs(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    group = [True] * (both + first) + [False] * (second + neither)
    control = [True] * both + [False] * first + [True] * second + [False] * neither
    return np.array(group), np.array(control)


def counts(events: int, patients: int) -> np.ndarray:
    return np.arange(patients) < events


def test_independent_difference_is_newcombes_example() -> None:
    # Newcombe, Stat Med 1998;17:873-90, table II (a): 56/70 and 48/80, method 10.
    found = contrast(counts(56, 70), counts(48, 80), paired=False).difference
    assert (found.low, found.high) == pytest.approx((5.24, 33.39), abs=0.006)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        # Fagerland, Stat Med 2014;33:2850: airway hyper-responsiveness before and after.
        ((1, 1, 7, 12), -50.7, -2.6),
        # Altman, Statistics with Confidence (2000), chapter 6: 41 pairs.
        ((14, 5, 0, 22), 1.1, 22.6),
    ],
)
def test_paired_difference_is_that_of_published_examples(
    table: tuple[int, int, int, int], low: float, high: float
) -> None:
    found = contrast(*pairs(*table), paired=True).difference
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.06)


def test_ratios_solve_their_equation() -> None:
    # The ends of Donner and Zou's interval are roots of L: (θ1 − L θ2)² = squares of distances.
    one, two = counts(30, 100), counts(20, 90)
    found = contrast(one, two, paired=False).risk_ratio
    p1, p2 = 0.3, 20 / 90
    l1, u1 = _wilson(30, 100)
    l2, u2 = _wilson(20, 90)
    low, high = found.low, found.high
    assert (p1 - low * p2) ** 2 == pytest.approx((p1 - l1) ** 2 + (low * (u2 - p2)) ** 2)
    assert (p1 - high * p2) ** 2 == pytest.approx((u1 - p1) ** 2 + (high * (p2 - l2)) ** 2)


def _wilson(k: int, n: int) -> tuple[float, float]:
    """Solve |p − k/n| = z sqrt(p q / n) for p, by the quadratic formula of a textbook."""
    z2 = float(ndtri(0.975)) ** 2
    roots = np.roots([1 + z2 / n, -(2 * k / n + z2 / n), (k / n) ** 2])
    return float(roots.min()), float(roots.max())


def test_large_samples_agree_with_scipy() -> None:
    found = contrast(counts(3000, 5000), counts(2000, 5000), paired=False)
    katz = relative_risk(3000, 5000, 2000, 5000)
    wald = odds_ratio(np.array([[3000, 2000], [2000, 3000]]), kind="sample")
    for ours, theirs, value in (
        (found.risk_ratio, katz.confidence_interval(), katz.relative_risk),
        (found.odds_ratio, wald.confidence_interval(), wald.statistic),
    ):
        assert ours.value == pytest.approx(value)
        assert (ours.low, ours.high) == pytest.approx(tuple(theirs), rel=2e-3)


RUNS = 1500
FALSE_ALARM = 1e-4


@pytest.mark.parametrize("paired", [False, True], ids=["independent", "paired"])
@pytest.mark.parametrize(
    ("patients", "p1", "p2", "shared"), [(500, 0.30, 0.25, 0.8), (120, 0.5, 0.2, 0.4)]
)
def test_intervals_cover_as_often_as_they_say(
    patients: int, p1: float, p2: float, shared: float, paired: bool
) -> None:
    # 95 % of intervals hold the truth. The test allows 93.5 to 97 % of coverage, and fails by
    # chance alone, of a method within that range, at most once in 10,000 times and measure.
    rng = np.random.default_rng(20)
    scores = rng.standard_normal((2, RUNS, patients))
    if paired:
        scores[1] = shared * scores[0] + math.sqrt(1 - shared**2) * scores[1]
    truth = (100 * (p1 - p2), p1 / p2, p1 / (1 - p1) / (p2 / (1 - p2)))
    hits = np.zeros(3)
    for one, two in zip(scores[0] < ndtri(p1), scores[1] < ndtri(p2), strict=True):
        found = contrast(one, two, paired)
        hits += [i.low <= t <= i.high for i, t in zip(_measures(found), truth, strict=True)]
    least, most = binom.ppf(FALSE_ALARM, RUNS, 0.935), binom.isf(FALSE_ALARM, RUNS, 0.97)
    assert np.all((hits >= least) & (hits <= most)), hits / RUNS


def test_coverage_test_catches_an_interval_that_ignores_the_pairs() -> None:
    # The same persons analysed as if they were different ones: intervals far too wide.
    rng = np.random.default_rng(20)
    hits = 0
    for _ in range(RUNS):
        score = rng.standard_normal(120)
        other = 0.9 * score + math.sqrt(1 - 0.81) * rng.standard_normal(120)
        found = contrast(score < 0.0, other < ndtri(0.4), paired=False).difference
        hits += found.low <= 10.0 <= found.high
    assert hits > binom.isf(FALSE_ALARM, RUNS, 0.97)


def _measures(found: Contrast) -> tuple:
    return found.difference, found.risk_ratio, found.odds_ratio


outcomes = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        st.lists(st.booleans(), min_size=n, max_size=n),
        st.lists(st.booleans(), min_size=n, max_size=n),
    )
)


@settings(max_examples=150, deadline=None)
@given(both=outcomes, paired=st.booleans())
def test_any_two_groups_have_orderly_intervals(both: tuple[list, list], paired: bool) -> None:
    group, control = np.array(both[0]), np.array(both[1])
    found = contrast(group, control, paired)
    for measure in _measures(found):
        if not math.isnan(measure.value):
            rounding = 1e-9 * (1 + abs(measure.value))  # a difference may be negative
            assert measure.low <= measure.value + rounding
            assert measure.value <= measure.high + rounding
        assert not math.isnan(measure.low)
        assert not math.isnan(measure.high)
    assert -100.0 <= found.difference.low <= found.difference.high <= 100.0
    assert found.risk_ratio.low >= 0.0
    assert found.odds_ratio.low >= 0.0


@settings(max_examples=100, deadline=None)
@given(both=outcomes, paired=st.booleans())
def test_changing_sides_turns_the_measures_round(both: tuple[list, list], paired: bool) -> None:
    group, control = np.array(both[0]), np.array(both[1])
    there, back = contrast(group, control, paired), contrast(control, group, paired)
    assert there.difference.low == pytest.approx(-back.difference.high, abs=1e-9)
    for one, other in zip(_measures(there)[1:], _measures(back)[1:], strict=True):
        if 0.0 < one.value < math.inf:
            assert one.low == pytest.approx(1.0 / other.high, rel=1e-6)


@settings(max_examples=100, deadline=None)
@given(both=outcomes)
def test_pairing_never_widens_the_difference_of_like_outcomes(both: tuple[list, list]) -> None:
    group, control = np.array(both[0]), np.array(both[1])
    if correlation(group, control) >= 0.0:
        narrow = contrast(group, control, paired=True).difference
        wide = contrast(group, control, paired=False).difference
        assert narrow.high - narrow.low <= wide.high - wide.low + 1e-9


def test_extreme_groups_keep_one_finite_end() -> None:
    everybody, nobody = counts(50, 50), counts(0, 50)
    found = contrast(everybody, nobody, paired=False)
    assert found.risk_ratio.value == found.odds_ratio.value == math.inf
    assert 1.0 < found.risk_ratio.low < math.inf
    assert 1.0 < found.odds_ratio.low < math.inf
    back = contrast(nobody, everybody, paired=False)
    assert back.odds_ratio.high == pytest.approx(1.0 / found.odds_ratio.low)
    assert math.isnan(contrast(nobody, nobody, paired=False).risk_ratio.value)


def test_nobody_gives_no_number() -> None:
    found = contrast(counts(0, 0), counts(1, 2), paired=False)
    assert found.patients == (0, 2)
    assert all(math.isnan(measure.value) for measure in _measures(found))
