"""From a trial's run folder to a lifetime."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.outlook.bridge import people_at_end, phase_of, read_trial_end
from ifnfactory.outlook.lifetime import look_ahead
from ifnfactory.outlook.parameters import central
from ifnfactory.outlook.questions import question_of_run
from ifnfactory.outlook.states import Liver, Phase

PROTOCOL = """
title = "A trial"
[[arm]]
name = "peg"
label = "peginterferon"
[[arm.course]]
drug = "peginterferon_alfa_2a"
stop_week = 48
[[arm]]
name = "etv"
[[arm.course]]
drug = "entecavir"
stop_week = 72
"""


def write_run(folder: Path) -> Path:
    """Write a run folder of two arms with the same 30 patients; the third never came."""
    folder.mkdir()
    n = 30
    arms = np.repeat(["peg", "etv"], n)
    patient = np.tile(np.arange(n), 2)
    patients = {
        "arm": arms, "patient": patient, "age": np.tile(np.linspace(25, 60, n), 2),
        "female": patient % 2 == 0, "genotype": np.where(patient % 3 == 0, "B", "C"),
        "cirrhosis": patient % 10 == 0,
    }  # fmt: skip
    cured = (arms == "peg") & (patient < 10)
    dna = np.where(cured, 10.0, np.where(arms == "peg", 1e6, 10.0))
    seen = [*[1e8] * 2 * n, *dna]
    visits = {
        "arm": np.tile(arms, 2), "patient": np.tile(patient, 2),
        "week": np.repeat([0.0, 72.0], 2 * n),
        "hbv_dna": [None if p == 3 else v for p, v in zip([*patient, *patient], seen, strict=True)],
        "hbsag": [*[1e4] * 2 * n, *np.where(cured, 0.025, 2e3)],
        "hbeag": [*[100.0] * 2 * n, *[0.1] * 2 * n],
        "alt": [*[90.0] * 2 * n, *[30.0] * 2 * n],
        "anti_hbs": [*[False] * 2 * n, *cured],
    }  # fmt: skip
    for name, table in (("patients", patients), ("visits", visits)):
        pq.write_to_dataset(pa.table(table), folder / name, partition_cols=["arm"])
    manifest = {"program": "ifnfactory", "trial": "made_up", "seed": 7, "version": "0"}
    text = json.dumps(manifest | {"protocol_source": PROTOCOL})
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return folder


def test_the_last_visit_says_where_a_patient_starts(tmp_path: Path) -> None:
    end = read_trial_end(write_run(tmp_path / "run"))
    peg, etv = end.arms
    assert (peg.label, etv.label, end.week) == ("peginterferon", "etv", 72.0)
    assert peg.excluded == etv.excluded == 1
    assert (peg.phase == Phase.CURED).sum() == 9
    assert (peg.phase == Phase.NEGATIVE_HEPATITIS).sum() == 20
    assert not peg.treated.any()
    assert etv.treated.all()
    assert peg.anti_hbs.sum() == 9
    assert peg.age[0] == pytest.approx(25 + 72 / 52.1775)
    assert (peg.liver == Liver.COMPENSATED).sum() == 3


def test_phases_follow_the_limits() -> None:
    hbv_dna = np.array([10.0, 10.0, 1e6, 1e3, 1e6, 1e9, 1e9])
    hbsag = np.array([0.01, 10.0, 1e3, 1e3, 1e4, 1e4, 1e4])
    hbeag = np.array([0.1, 0.1, 0.1, 0.1, 50.0, 50.0, 50.0])
    alt = np.array([20.0, 20.0, 20.0, 90.0, 90.0, 20.0, 90.0])
    assert phase_of(hbv_dna, hbsag, hbeag, alt).tolist() == [4, 2, 3, 2, 1, 0, 1]


def test_copies_of_a_patient_meet_the_same_luck_in_every_arm(tmp_path: Path) -> None:
    end = read_trial_end(write_run(tmp_path / "run"))
    people = people_at_end(end, central(), 100, 1, -1)
    assert np.array_equal(people.key[:100], people.key[100:])
    assert np.unique(people.key[:100]).size == 100
    assert np.array_equal(people.age_months[:100], people.age_months[100:])


def test_a_patient_has_one_stage_of_fibrosis_and_one_luck_in_every_arm(tmp_path: Path) -> None:
    end = read_trial_end(write_run(tmp_path / "run"))
    people = people_at_end(end, central(), 300, 1, -1)
    for name in ("stage", "age_months", "male"):
        column = getattr(people, name)
        assert np.array_equal(column[:300], column[300:])
    assert np.unique(people.stage).size == 4


def test_each_draw_of_the_parameters_draws_the_patients_anew(tmp_path: Path) -> None:
    end = read_trial_end(write_run(tmp_path / "run"))
    ages = [people_at_end(end, central(), 290, 1, -1, draw).age_months for draw in (None, 0, 0, 1)]
    assert np.array_equal(ages[1], ages[2])
    assert not np.array_equal(np.sort(ages[1]), np.sort(ages[0]))
    assert not np.array_equal(np.sort(ages[1]), np.sort(ages[3]))
    for draw in range(3):
        people = people_at_end(end, central(), 290, 1, -1, draw)
        assert np.array_equal(people.key[:290], people.key[290:])
        assert np.array_equal(people.age_months[:290], people.age_months[290:])
        assert np.unique(people.key[:290]).size == 290


def test_an_arm_that_nobody_measured_is_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    visits = pq.read_table(folder / "visits").to_pydict()
    pairs = zip(visits["arm"], visits["hbsag"], strict=True)
    visits["hbsag"] = [None if arm == "etv" else value for arm, value in pairs]
    shutil.rmtree(folder / "visits")
    table = pa.table(visits)
    pq.write_to_dataset(table, folder / "visits", partition_cols=["arm"])
    with pytest.raises(UserInputError, match="nobody in etv has laboratory values"):
        read_trial_end(folder)


def test_weeks_on_an_interferon_cost_quality_of_life(tmp_path: Path) -> None:
    end = read_trial_end(write_run(tmp_path / "run"))
    assert [arm.interferon_weeks for arm in end.arms] == [48.0, 0.0]
    question = question_of_run(tmp_path / "run", "China", None)
    less = replace(question, interferon_years=(0.0, 0.0))
    rows = [look_ahead(q, 5, 500, seed=1, draws=0).rows for q in (question, less)]
    qalys = [{r.group: r.estimate.value for r in found if r.measure == "qalys"} for found in rows]
    lost = central()["utility_peginterferon_loss"] * 48 / 52.1775
    assert qalys[1]["peg"] - qalys[0]["peg"] == pytest.approx(lost)
    assert qalys[1]["etv"] == qalys[0]["etv"]


def test_cure_and_suppression_carry_through_to_a_lifetime(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    question = question_of_run(folder, "China", None, against="peg")
    outlook = look_ahead(question, 40, 3_000, seed=1, draws=0)
    gain = {row.measure: row.estimate.value for row in outlook.comparisons}
    assert gain["liver_death_avoided"] > 0  # most of the peg arm is viraemic and untreated
    rescued = question_of_run(folder, "China", 0.0, against="peg")
    later = look_ahead(rescued, 40, 3_000, seed=1, draws=0)
    less = {row.measure: row.estimate.value for row in later.comparisons}
    assert less["liver_death_avoided"] < gain["liver_death_avoided"]
    assert "Without laboratory values" in " ".join(question.remarks)


def test_what_is_no_run_folder_is_refused_with_everything_that_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(UserInputError) as caught:
        question_of_run(tmp_path, "Atlantis", -1.0)
    told = str(caught.value)
    assert told.count("this is missing") == 3
    assert "unknown location 'Atlantis'" in told
    assert "--rescue-years" in told


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    table = pq.read_table(folder / "visits").drop_columns(["hbsag"])
    shutil.rmtree(folder / "visits")
    pq.write_to_dataset(table, folder / "visits", partition_cols=["arm"])
    with pytest.raises(UserInputError, match="the column 'hbsag' is missing"):
        read_trial_end(folder)


def test_an_effect_of_interferon_alone_is_only_there_when_asked_for(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run")
    risk = []
    for ratio in (1.0, 0.15):
        question = question_of_run(folder, "China", None, None, ratio)
        rows = look_ahead(question, 30, 2_000, seed=1, draws=0).rows
        risk.append({r.group: r.estimate.value for r in rows if r.measure == "hcc"})
    assert risk[1]["peg"] < 0.7 * risk[0]["peg"]
    assert risk[1]["etv"] == risk[0]["etv"]
