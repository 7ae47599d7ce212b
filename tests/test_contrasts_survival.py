"""Kaplan-Meier curves beside lifelines, and the times that go into them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ifnfactory.trial.contrasts.survival import Times, at_risk, kaplan_meier

some_times = st.lists(st.tuples(st.integers(1, 12), st.booleans()), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def lifelines():
    import lifelines

    return lifelines


def times_of(rows: list[tuple[int, bool]]) -> Times:
    week, happened = zip(*rows, strict=True)
    return Times(np.array(week, dtype=float), np.array(happened))


@settings(max_examples=30, deadline=None)
@given(rows=some_times)
def test_the_curve_is_that_of_lifelines(lifelines, rows: list[tuple[int, bool]]) -> None:
    times = times_of(rows)
    ours = kaplan_meier(times)
    assert ours is not None
    judge = lifelines.KaplanMeierFitter().fit(times.week, times.happened)
    theirs = judge.survival_function_at_times(ours.week).to_numpy()
    assert ours.free == pytest.approx(theirs, abs=1e-12)
    table = judge.event_table.loc[ours.week]
    assert list(ours.at_risk) == list(table["at_risk"].to_numpy())
    assert list(ours.events) == list(table["observed"].to_numpy())
    ends = judge.confidence_interval_.loc[ours.week].to_numpy()
    inner = (ours.free > 0.0) & (ours.free < 1.0)
    assert ours.low[inner] == pytest.approx(ends[inner, 0], abs=1e-9)
    assert ours.high[inner] == pytest.approx(ends[inner, 1], abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(rows=some_times)
def test_curves_fall_between_their_limits(rows: list[tuple[int, bool]]) -> None:
    curve = kaplan_meier(times_of(rows))
    assert curve is not None
    assert curve.week[0] == 0.0
    assert curve.free[0] == 1.0
    assert np.all(np.diff(curve.free) <= 1e-12)
    assert np.all((curve.low <= curve.free + 1e-12) & (curve.free <= curve.high + 1e-12))
    assert np.all((curve.low >= 0.0) & (curve.high <= 1.0))
    assert np.all(np.diff(curve.at_risk) <= 0)


def test_freireichs_leukaemia_trial() -> None:
    # Remission under 6-mercaptopurine, weeks (Freireich, Blood 1963;21:699): the textbook's curve
    # is 0.857, 0.807, 0.753, 0.690, 0.627, 0.538 and 0.448 after the events.
    events = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    curve = kaplan_meier(times_of([(w, True) for w in events] + [(w, False) for w in censored]))
    assert curve is not None
    found = [curve.at(week) for week in (6, 7, 10, 13, 16, 22, 23)]
    assert found == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=6e-4)
    assert curve.at(5.9) == 1.0


def test_numbers_at_risk_count_who_is_there_just_before() -> None:
    times = times_of([(4, True), (8, False), (8, True), (12, False)])
    assert list(at_risk(times, np.array([0.0, 4.0, 5.0, 8.0, 9.0, 13.0]))) == [4, 4, 3, 3, 1, 0]


def test_nobody_has_no_curve() -> None:
    assert kaplan_meier(Times(np.empty(0), np.empty(0, dtype=bool))) is None
