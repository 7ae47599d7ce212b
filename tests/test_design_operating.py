"""Statistics and behaviour of replicates, without a model: against SciPy and against theory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, chi2_contingency, norm, ttest_ind

from ifnfactory.design.boundaries import plan
from ifnfactory.design.ensemble import Ensemble, ensemble_of
from ifnfactory.design.operating import characteristics, clustered_rate, stops
from ifnfactory.design.sequential import crossing
from ifnfactory.design.statistic import looks_at, patients_at
from ifnfactory.population.released import load_release, shipped_population

ONE_LOOK = np.ones(1)


def test_proportions_are_tested_as_pearson_does() -> None:
    treatment, control = np.zeros((1, 120)), np.zeros((1, 60))
    treatment[0, :50], control[0, :13] = 1.0, 1.0
    found = looks_at("proportion", treatment, control, ONE_LOOK)
    table = [[50, 70], [13, 47]]
    assert found.z[0, 0] ** 2 == pytest.approx(chi2_contingency(table, correction=False).statistic)
    assert found.effect[0, 0] == pytest.approx(50 / 120 - 13 / 60)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), sizes=st.tuples(st.integers(3, 40), st.integers(3, 40)))
def test_means_are_tested_as_welch_does(seed: int, sizes: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    one, two = rng.normal(0.3, 1.0, (1, sizes[0])), rng.normal(0.0, 3.0, (1, sizes[1]))
    found = looks_at("mean", one, two, ONE_LOOK)
    judge = ttest_ind(one[0], two[0], equal_var=False)
    assert 2 * norm.sf(abs(found.z[0, 0])) == pytest.approx(judge.pvalue, rel=1e-6)
    assert np.sign(found.z[0, 0]) == np.sign(judge.statistic)


def test_who_does_not_count_changes_nothing() -> None:
    one, two = np.array([[1.0, 0.0, np.nan, 1.0]]), np.array([[0.0, 1.0, 0.0, np.nan]])
    with_gaps = looks_at("proportion", one, two, ONE_LOOK)
    without = looks_at("proportion", one[:, [0, 1, 3]], two[:, :3], ONE_LOOK)
    assert with_gaps.z == pytest.approx(without.z)


@pytest.mark.parametrize("kind", ["proportion", "mean"])
def test_where_nothing_can_be_told_nothing_is_claimed(kind) -> None:
    same = looks_at(kind, np.zeros((2, 5)), np.zeros((2, 4)), ONE_LOOK)
    nobody = looks_at(kind, np.full((2, 5), np.nan), np.zeros((2, 4)), ONE_LOOK)
    assert np.all(same.z == 0.0)
    assert np.all(nobody.z == 0.0)


def test_a_look_sees_the_first_patients_alone() -> None:
    rng = np.random.default_rng(1)
    one, two = (rng.random((3, 80)) < 0.4).astype(float), (rng.random((3, 40)) < 0.2).astype(float)
    looks = np.array([0.25, 1.0])
    found = looks_at("proportion", one, two, looks)
    early = looks_at("proportion", one[:, :20], two[:, :10], ONE_LOOK)
    assert found.z[:, 0] == pytest.approx(early.z[:, 0])
    assert (patients_at(80, 0.25), patients_at(3, 0.01)) == (20, 1)


@pytest.mark.parametrize("drift", [0.0, 2.5])
def test_simulated_stops_agree_with_the_integral(drift: float) -> None:
    # 40,000 trials of exactly normal data; each look's rates within 4.5 Monte Carlo errors, which
    # six comparisons miss by chance less than once in 20,000 seeds.
    runs, shares = 40_000, np.array([0.4, 0.7, 1.0])
    rng = np.random.default_rng(3)
    steps = rng.standard_normal((runs, 3)) * np.sqrt(np.diff(shares, prepend=0.0))
    z = (np.cumsum(steps, axis=1) + drift * shares) / np.sqrt(shares)
    made = plan("spending-pocock", shares, 0.05, futility=0.0)
    found = characteristics(z, made, (300, 300))
    exact = crossing(shares, np.maximum(-made.critical, made.futility), made.critical, drift)
    for look, upper, lower in zip(found.looks, exact.upper, exact.lower, strict=True):
        for seen, true in ((look.better, upper), (look.worse + look.futile, lower)):
            assert seen / 100 == pytest.approx(true, abs=4.5 * (true * (1 - true) / runs) ** 0.5)
    stop = exact.upper + exact.lower
    stop[-1] = 1.0 - stop[:-1].sum()
    size = float(stop @ np.array([240, 420, 600]))
    assert found.expected_patients == pytest.approx(size, rel=0.01)


def test_a_trial_stops_at_the_first_look_that_says_so() -> None:
    made = plan("pocock", np.array([0.5, 1.0]), 0.05, futility=-1.0)
    z = np.array([[3.0, -3.0], [-3.0, 3.0], [-1.5, 3.0], [0.0, 3.0], [0.0, 0.0]])
    found = stops(z, made)
    assert found.look.tolist() == [0, 0, 0, 1, 1]
    assert found.verdict.tolist() == [1, -1, 0, 1, 0]
    assert found.given_up.tolist() == [False, False, True, False, False]


def test_clustered_rate_has_the_interval_of_a_mean() -> None:
    found = clustered_rate(np.array([0.0, 0.1, 0.05, 0.05]))
    half = 100 * 1.959964 * np.std([0.0, 0.1, 0.05, 0.05], ddof=1) / 2
    assert (found.value, found.high) == pytest.approx((5.0, 5.0 + half))


@settings(max_examples=50, deadline=None)
@given(
    weights=st.lists(st.floats(0.05, 1.0), min_size=1, max_size=8),
    fewer=st.integers(1, 300),
)
def test_replicates_are_spread_over_vectors_by_weight(weights: list[float], fewer: int) -> None:
    shares = tuple(float(w) for w in np.array(weights) / np.sum(weights))
    ensemble = Ensemble((shipped_population(),) * len(shares), shares)
    members = ensemble.members_of(2000)
    assert members[:fewer].tolist() == ensemble.members_of(fewer).tolist()
    found = np.bincount(members, minlength=len(shares)) / 2000
    assert np.abs(found - shares).max() < 0.005  # random members would miss by 0.01


def test_the_ensemble_of_a_release_holds_its_members() -> None:
    release = load_release()
    found = ensemble_of(release)
    assert sum(found.weights) == pytest.approx(1.0)
    assert len(found) == len(release.members)
    assert len({each.fingerprint for each in found.populations}) == len(found)


def test_monte_carlo_interval_is_about_that_of_the_binomial() -> None:
    z = np.where(np.arange(500) < 25, 3.0, 0.0)[:, None]
    found = characteristics(z, plan("pocock", ONE_LOOK, 0.05), (10, 10)).rejected
    assert found.value == 5.0
    low, high = binom.interval(0.95, 500, 0.05)
    assert (found.low, found.high) == pytest.approx((low / 5, high / 5), abs=0.6)
