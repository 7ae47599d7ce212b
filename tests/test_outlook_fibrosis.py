"""Stages of fibrosis: shares, steps, and the way back on suppression."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from outlook_cases import uniform_people
from scipy.stats import poisson

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.outlook.cohort import draw_people, load_cohort
from ifnfactory.outlook.fibrosis import (
    HORIZON,
    MEASURED_AT,
    STEP_LOW,
    STEP_WIDTH,
    stage_shares,
    stages_of,
    step_tables,
)
from ifnfactory.outlook.parameters import central
from ifnfactory.outlook.rates import rates_of, without_hbv
from ifnfactory.outlook.simulate import Course, follow
from ifnfactory.outlook.states import STAGES, Event, Liver, Phase, State

GROUP = """
title = "T"
location = "Italy"
[[group]]
name = "g"
age = { mean = 40, sd = 5 }
phases = { negative_hepatitis = 1.0 }
"""


@pytest.mark.parametrize("phase", list(Phase))
@pytest.mark.parametrize("rate", [0.001, 0.01, 0.05, 0.2])
def test_a_cohort_of_unknown_stages_has_the_published_cirrhosis(phase: int, rate: float) -> None:
    values = central()
    shares = stage_shares(values, phase)
    cell = round((np.log(rate) - STEP_LOW) / STEP_WIDTH)
    step = step_tables(values)[phase, cell]
    reached = poisson.sf(3 - np.arange(STAGES), step * HORIZON)
    expected = 1.0 - np.exp(-np.exp(STEP_LOW + STEP_WIDTH * cell) * HORIZON)
    assert shares @ reached == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("phase", list(Phase))
def test_shares_are_shares_and_f3_is_the_parameter(phase: int) -> None:
    values = central()
    shares = stage_shares(values, phase)
    assert shares.sum() == pytest.approx(1.0)
    assert shares[3] == pytest.approx(values[f"fibrosis_f3_{Phase(phase).name.lower()}"])
    quantile = (np.arange(20_000) + 0.5) / 20_000
    age = np.full(20_000, MEASURED_AT[phase])
    drawn = stages_of(values, np.full(20_000, phase, dtype=np.int8), age, quantile)
    assert np.bincount(drawn, minlength=STAGES) / 20_000 == pytest.approx(shares, abs=1e-3)


def test_older_people_enter_with_more_fibrosis_and_the_oldest_with_no_more() -> None:
    values, quantile = central(), (np.arange(5_000) + 0.5) / 5_000
    phase = np.full(5_000, Phase.POSITIVE_HEPATITIS, dtype=np.int8)
    mean = [
        stages_of(values, phase, np.full(5_000, age), quantile).mean()
        for age in (25.0, 32.0, 45.0, 65.0, 90.0)
    ]
    assert mean[0] < mean[1] < mean[2] < mean[3] == mean[4]
    flat = values.with_changes({"cirrhosis_age": 0.0})
    young, old = (stages_of(flat, phase, np.full(5_000, a), quantile) for a in (20.0, 60.0))
    assert np.array_equal(young, old)


def course_of(n: int = 20_000, months: int = 60, **people: float) -> Course:
    kinds = {name: int(value) for name, value in people.items()}
    rates = rates_of(central(), "China")
    still = rates._replace(background=np.zeros_like(rates.background))
    return follow(uniform_people(n, **kinds), still, months, seed=1)


def test_a_stage_is_lost_on_suppression_at_the_published_rate() -> None:
    course = course_of(treated=1, stage=3, phase=Phase.NEGATIVE_HEPATITIS)
    lost = course.incidence([Event.STAGE_DOWN])[0, -1]
    assert lost == pytest.approx(1.0 - np.exp(-5 * central()["fibrosis_regression"]), abs=0.02)
    untreated = course_of(stage=3, phase=Phase.NEGATIVE_HEPATITIS)
    assert untreated.events[0, :, Event.STAGE_DOWN].sum() < 0.05 * lost * 20_000


def test_cirrhosis_comes_sooner_from_a_later_stage_and_only_from_the_last() -> None:
    risks = [
        course_of(stage=stage, phase=Phase.NEGATIVE_HEPATITIS).incidence([Event.CIRRHOSIS])[0, -1]
        for stage in range(STAGES)
    ]
    assert risks == sorted(risks)
    assert risks[3] > 5 * risks[0]
    one_month = course_of(months=1, stage=2, phase=Phase.NEGATIVE_HEPATITIS)
    assert one_month.events[0, :, Event.CIRRHOSIS].sum() == 0


def test_regressed_cirrhosis_stands_at_f3_and_keeps_its_risk_of_cancer() -> None:
    regressed = course_of(treated=1, liver=Liver.REGRESSED, stage=0, months=120)
    scarless = course_of(treated=1, liver=Liver.NO_CIRRHOSIS, stage=0, months=120)
    risk = [c.incidence([Event.HCC])[0, -1] for c in (regressed, scarless)]
    assert risk[0] > 2 * risk[1]
    scarred = course_of(treated=1, liver=Liver.COMPENSATED, months=12)
    assert scarred.stages[0, -1].sum() > 0.15 * 20_000
    assert scarred.stages[0, 1, 3] == scarred.stages[0, 1].sum()


def test_without_hazards_nobody_scars_and_stages_count_who_has_no_cirrhosis() -> None:
    rates = without_hbv(rates_of(central(), "China"))
    course = follow(uniform_people(2_000, stage=2), rates, 240, seed=1)
    assert course.events[0, :, [Event.STAGE_UP, Event.CIRRHOSIS]].sum() == 0
    hurt = course_of(2_000, 240, stage=2)
    free = hurt.counts[:, :, : State.CURED + 1].sum(axis=2)
    assert (hurt.stages.sum(axis=2) == free).all()


def test_a_cohort_file_says_the_stages_and_wrong_ones_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "COHORT.toml"
    path.write_text(GROUP + "fibrosis = { F1 = 0.4, F3 = 0.6 }\n", encoding="utf-8")
    people = draw_people(load_cohort(path).groups, central(), 10_000, seed=1)
    assert np.bincount(people.stage) / 10_000 == pytest.approx([0, 0.4, 0, 0.6], abs=0.02)
    path.write_text(GROUP + "fibrosis = { F1 = 0.4, F4 = 0.6 }\n", encoding="utf-8")
    with pytest.raises(UserInputError, match="unknown key 'F4'"):
        load_cohort(path)
    path.write_text(GROUP + "fibrosis = { F1 = 0.4 }\n", encoding="utf-8")
    with pytest.raises(UserInputError, match=r"stages of fibrosis sum to 0\.4, not 1"):
        load_cohort(path)


def test_who_has_just_left_a_phase_has_its_stages(tmp_path: Path) -> None:
    path = tmp_path / "COHORT.toml"
    calm = GROUP.replace("negative_hepatitis", "negative_infection")
    path.write_text(calm, encoding="utf-8")
    long_ago = draw_people(load_cohort(path).groups, central(), 4_000, seed=1)
    path.write_text(calm + 'fibrosis_as = "positive_hepatitis"\n', encoding="utf-8")
    just_now = draw_people(load_cohort(path).groups, central(), 4_000, seed=1)
    path.write_text(calm.replace("negative_infection", "positive_hepatitis"), encoding="utf-8")
    before = draw_people(load_cohort(path).groups, central(), 4_000, seed=1)
    assert np.array_equal(just_now.stage, before.stage)
    assert just_now.stage.mean() > long_ago.stage.mean()
    two = calm + 'fibrosis = { F1 = 1.0 }\nfibrosis_as = "positive_hepatitis"\n'
    path.write_text(two, encoding="utf-8")
    with pytest.raises(UserInputError, match="has two sets of stages"):
        load_cohort(path)
    path.write_text(calm + 'fibrosis_as = "F2"\n', encoding="utf-8")
    with pytest.raises(UserInputError, match="fibrosis_as = 'F2'"):
        load_cohort(path)


def test_a_table_of_persons_says_the_stages(tmp_path: Path) -> None:
    table = "age,sex,phase,fibrosis\n40,male,negative_hepatitis,F2\n41,male,cured,\n"
    (tmp_path / "people.csv").write_text(table, encoding="utf-8")
    text = 'title = "T"\nlocation = "Italy"\n[[group]]\nname = "g"\ntable = "people.csv"\n'
    path = tmp_path / "COHORT.toml"
    path.write_text(text, encoding="utf-8")
    people = draw_people(load_cohort(path).groups, central(), 2_000, seed=1)
    assert set(people.stage[::2]) == {2}
    assert set(people.stage[1::2]) == {0, 1, 2, 3}
    (tmp_path / "people.csv").write_text(table.replace("F2", "F4"), encoding="utf-8")
    with pytest.raises(UserInputError, match=r"people\.csv:2: fibrosis = 'F4' cannot be meant"):
        load_cohort(path)
