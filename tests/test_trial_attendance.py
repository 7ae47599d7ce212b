"""Patients who stop coming: how many, in which arms, and what becomes missing."""

import numpy as np
import pytest
from synthetic import panel as synthetic_panel
from synthetic import patient_table

from ifnfactory.foundation.evidence import Source
from ifnfactory.trial.attendance import DEFAULT, Attendance, last_weeks, unseen_after
from ifnfactory.trial.protocol import load_protocol

SOURCE = Source("test", "prior")


def test_five_percent_are_gone_by_week_48_and_eight_by_week_72() -> None:
    # binomial SD at 100,000 patients is 0.07 to 0.09 points: a false alarm once in 10,000 runs
    weeks = last_weeks(DEFAULT, 100_000, 3)
    assert np.mean(weeks < 48) == pytest.approx(0.05, abs=0.0035)
    assert np.mean(weeks < 72) == pytest.approx(0.073, abs=0.0035)


def test_patient_i_leaves_in_the_same_week_whoever_else_is_there() -> None:
    np.testing.assert_array_equal(last_weeks(DEFAULT, 10, 1), last_weeks(DEFAULT, 25, 1)[:10])
    assert not np.array_equal(last_weeks(DEFAULT, 10, 1), last_weeks(DEFAULT, 10, 2))


def test_nobody_leaves_where_nobody_is_lost() -> None:
    assert np.isinf(last_weeks(Attendance(0.0, SOURCE), 50, 1)).all()


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
