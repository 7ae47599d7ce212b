"""Patients who stop coming: how many, in which arms, why, and what becomes missing."""

import numpy as np
import pytest
from synthetic import panel as synthetic_panel
from synthetic import patient_table

from ifnfactory.foundation.evidence import Source
from ifnfactory.trial.attendance import (
    DEFAULT,
    FRUITLESS,
    OTHER,
    REASONS,
    TROUBLED,
    Attendance,
    Departure,
    departures,
    draw_restlessness,
    unseen_after,
)
from ifnfactory.trial.protocol import load_protocol

SOURCE = Source("test", "prior")
WEEKS = np.array([0.0, 12.0, 24.0, 48.0, 72.0])


def leave(
    n: int, attendance: Attendance = DEFAULT, troubled: bool = False, fruitless: bool = False
) -> Departure:
    shown = np.ones((n, len(WEEKS)), dtype=np.bool_)
    who = draw_restlessness(3, n)
    return departures(attendance, who, WEEKS, shown & troubled, shown & fruitless)


@pytest.mark.parametrize(
    ("troubled", "fruitless", "hazard"),
    [
        (False, False, OTHER),
        (True, False, OTHER + TROUBLED),
        (False, True, OTHER + FRUITLESS),
        (True, True, OTHER + TROUBLED + FRUITLESS),
    ],
)
def test_hazards_add_and_so_do_their_reasons(
    troubled: bool, fruitless: bool, hazard: float
) -> None:
    # binomial SD at 100,000 patients is below 0.12 points
    left = leave(100_000, troubled=troubled, fruitless=fruitless)
    years = 48 * 7 / 365.25
    expected = -np.expm1(-DEFAULT.lost_per_year * hazard * years)
    assert np.mean(left.week < 48) == pytest.approx(expected, abs=0.005)
    gone = left.reason[np.isfinite(left.week)]
    for index, part in enumerate((TROUBLED * troubled, FRUITLESS * fruitless, OTHER), start=1):
        assert np.mean(gone == index) == pytest.approx(part / hazard, abs=0.03), REASONS[index]
    assert (left.reason[np.isinf(left.week)] == REASONS.index("stays")).all()


def test_patient_i_leaves_in_the_same_week_whoever_else_is_there() -> None:
    np.testing.assert_array_equal(leave(10).week, leave(25).week[:10])


def test_trouble_in_one_interval_acts_there_alone() -> None:
    n = 20_000
    who = draw_restlessness(1, n)
    nothing = np.zeros((n, len(WEEKS)), dtype=np.bool_)
    between = nothing.copy()
    between[:, 1] = True  # seen in week 12, over in week 24
    calm = departures(DEFAULT, who, WEEKS, nothing, nothing)
    stirred = departures(DEFAULT, who, WEEKS, between, nothing)
    np.testing.assert_array_equal(calm.week < 12, stirred.week < 12)
    early = calm.week < 12
    np.testing.assert_array_equal(calm.week[early], stirred.week[early])
    assert (stirred.week <= calm.week + 1e-9).all()
    hit = stirred.reason == REASONS.index("adverse event")
    assert ((stirred.week[hit] >= 12) & (stirred.week[hit] <= 24)).all()


def test_nobody_leaves_where_nobody_is_lost() -> None:
    assert np.isinf(leave(50, Attendance(0.0, SOURCE), troubled=True).week).all()


def test_what_is_not_seen_is_missing_and_antibodies_are_not_claimed() -> None:
    people = patient_table(4)
    weeks = np.array([0.0, 12.0, 24.0, 48.0])
    seen = synthetic_panel(people, weeks, 48.0, depth=4.0)
    left = unseen_after(seen, np.array([np.inf, 12.0, 11.9, 0.0]))
    assert np.isfinite(left.hbv_dna).sum(axis=1).tolist() == [4, 2, 1, 1]
    assert np.isnan(left.alt[2, 1:]).all()
    assert not left.anti_hbs[3, 1:].any()
    np.testing.assert_array_equal(left.hbsag[0], seen.hbsag[0])


def test_a_protocol_that_says_nothing_has_the_default_marked_as_such() -> None:
    attendance = load_protocol("lau2005").attendance
    assert attendance.default
    assert attendance.lost_per_year == DEFAULT.lost_per_year
