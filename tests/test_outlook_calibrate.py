"""Fitting the hazards: never beyond an interval, and back to what is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ifnfactory.outlook.calibrate import (
    END,
    at_place,
    free_parameters,
    place_of,
    residuals,
    step,
    study_of,
    weights,
)
from ifnfactory.outlook.parameters import parameters
from ifnfactory.outlook.validate import targets

RESULT = Path(__file__).parents[1] / "benchmarks" / "results" / "outlook_calibration.json"


def test_places_and_values_are_two_names_of_one_thing() -> None:
    for p in free_parameters():
        assert at_place(p, 0.0) == pytest.approx(p.value)
        assert at_place(p, END) == pytest.approx(p.high)
        assert at_place(p, -END) == pytest.approx(p.low, abs=1e-12)
        assert at_place(p, place_of(p)) == pytest.approx(p.used)


def test_independent_targets_have_no_weight() -> None:
    for target, weight in zip(targets(), weights(), strict=True):
        assert (weight == 0.0) == (not target.fitted)


def test_a_target_in_the_middle_of_its_interval_has_no_residual() -> None:
    middle = np.array([np.sqrt(t.low * t.high) for t in targets()])
    assert residuals(middle) == pytest.approx(0.0, abs=1e-9)
    assert residuals(np.array([t.high for t in targets()])) == pytest.approx(END)


def test_a_step_finds_what_the_targets_say_and_stays_inside_the_intervals() -> None:
    rows = len(targets())
    slope = np.zeros((rows, 2))
    slope[0, 0], slope[1, 1] = 20.0, 1.0
    start = np.zeros(rows)
    start[0], start[1] = -20.0, -40.0
    weight = np.zeros(rows)
    weight[:2] = 1.0
    found = step(np.zeros(2), start, slope, weight, reach=9.0)
    assert found[0] == pytest.approx(0.95, abs=0.02)  # the edge of what costs nothing
    assert 0.0 < found[1] <= END + 1e-6
    assert abs(step(np.zeros(2), start, slope, weight, reach=0.1)).max() <= 0.1 + 1e-6


def test_the_recorded_fit_is_the_one_in_force() -> None:
    recorded = json.loads(RESULT.read_text(encoding="utf-8"))
    assert set(recorded["places"]) == {p.name for p in free_parameters()}
    for p in free_parameters():
        assert p.used == pytest.approx(at_place(p, recorded["places"][p.name]), rel=0.01, abs=1e-4)
    held_out = {row["target_id"] for row in recorded["rows"]}
    assert held_out == {t.target_id for t in targets() if t.role == "calibration"}


def test_every_parameter_that_was_moved_is_one_of_the_fitted() -> None:
    free = {p.name for p in free_parameters()}
    assert {p.name for p in parameters() if p.used != p.value} <= free


def test_a_study_is_its_first_author() -> None:
    named = {target.target_id: study_of(target) for target in targets()}
    assert named["thiele_hcc_all"] == "Thiele M"
    assert named["korea_hcc_first5"] == named["korea_hcc_after5"]
