"""The run folder's tables say what the result says, with units, and without NaN."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from synthetic import trial_result

from ifnfactory.biology.adverse_events import AdverseEvents
from ifnfactory.biology.tolerability import load_tolerability
from ifnfactory.report import tables as tables_module
from ifnfactory.report.save import save_trial
from ifnfactory.report.tables import (
    PATIENT_UNITS,
    endpoints_table,
    patients_table,
    trial_tables,
    visits_table,
)
from ifnfactory.runs.layout import PARTITIONED, read_table
from ifnfactory.trial.result import TrialResult


@pytest.fixture(scope="module")
def result() -> TrialResult:
    return trial_result(patients=12, failed=2)


def test_files_of_a_run_folder_are_named_by_arm_and_first_patient(
    result: TrialResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables_module, "BLOCK", 5)
    assert [name for name, _ in trial_tables(result)][:7] == [
        "patients/arm=peg/000000000.parquet",
        "visits/arm=peg/000000000.parquet",
        "patients/arm=peg/000000005.parquet",
        "visits/arm=peg/000000005.parquet",
        "patients/arm=peg/000000010.parquet",
        "visits/arm=peg/000000010.parquet",
        "endpoints/arm=peg/000000000.parquet",
    ]


def test_patients_have_one_row_a_patient(result: TrialResult) -> None:
    table = patients_table(result.arms[0], result.laboratory)
    assert table.column("patient").tolist() == list(range(12))
    assert table.column("status")[:3].tolist() == ["step_limit", "step_limit", "completed"]
    np.testing.assert_array_equal(table.column("age"), result.arms[0].patients.age)


def test_every_measured_covariate_has_a_unit(result: TrialResult) -> None:
    table = patients_table(result.arms[0], result.laboratory)
    floats = {
        name
        for name, column in zip(table.names, table.columns, strict=True)
        if column.dtype.kind == "f"
    }
    weeks = {name for name in floats if name.endswith("_week")}
    assert floats - weeks == set(PATIENT_UNITS) - {"last_week"}
    units = dict(zip(table.names, table.units, strict=True))
    assert {units[name] for name in weeks} == {"week"}


def test_visits_have_one_row_a_patient_and_visit(result: TrialResult) -> None:
    visits = len(result.protocol.visit_weeks)
    table = visits_table(result.arms[1], result.laboratory)
    row = visits * 5 + 4  # sixth patient, fifth visit
    assert table.rows == 12 * visits
    assert table.column("patient")[row] == 5
    assert table.column("week")[row] == result.protocol.visit_weeks[4]
    assert table.column("hbv_dna")[row] == result.arms[1].panel.hbv_dna[5, 4]
    assert table.column("anti_hbe")[row] == result.arms[1].panel.anti_hbe[5, 4]


def test_side_effects_stand_beside_the_patient_and_the_visit(result: TrialResult) -> None:
    arm = result.arms[0]
    assert arm.safety is not None
    hit = AdverseEvents.none(len(arm.patients))
    fever = load_tolerability().names.index("pyrexia")
    onset, end = hit.onset.copy(), hit.end.copy()
    onset[3, fever], end[3, fever] = 3.0, 20.0
    events = replace(hit, onset=onset, end=end)
    grade = np.full_like(arm.safety.grade, 2)
    arm = replace(arm, safety=replace(arm.safety, events=events, grade=grade))
    people, visits = patients_table(arm, result.laboratory), visits_table(arm, result.laboratory)
    assert people.column("pyrexia_onset_week")[3] == pytest.approx(3 / 7)
    assert np.isnan(people.column("pyrexia_end_week")[[0, 1, 2]].astype(float)).all()
    assert people.column("left_for").tolist() == ["stays"] * 12
    shown = visits.column("pyrexia_grade").reshape(12, -1)
    week = np.array(result.protocol.visit_weeks)
    assert shown[3, (week >= 1) & (week <= 2)].tolist() == [2, 2]
    assert shown.sum() == 4


def test_many_patients_come_in_parts(
    result: TrialResult, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    save_trial(result, tmp_path / "one", datetime.now(UTC), "")
    monkeypatch.setattr(tables_module, "BLOCK", 5)
    save_trial(result, tmp_path / "parts", datetime.now(UTC), "")
    for table in PARTITIONED:
        one, parts = read_table(tmp_path / "one", table), read_table(tmp_path / "parts", table)
        assert one.names == parts.names
        for name in one.names:
            np.testing.assert_array_equal(one.column(name), parts.column(name))
    assert len(list((tmp_path / "parts" / "visits" / "arm=lam").iterdir())) == 3


def test_visits_name_their_units(result: TrialResult) -> None:
    table = visits_table(result.arms[0], result.laboratory)
    units = dict(zip(table.names, table.units, strict=True))
    effects = {name for name in units if name.endswith("_grade")} | {"dose_share"}
    assert {units.pop(name) for name in effects} == {""}
    assert units == {
        "patient": "",
        "week": "week",
        "hbv_dna": "IU/mL",
        "hbsag": "IU/mL",
        "hbeag": "S/CO",
        "hbv_rna": "copies/mL",
        "alt": "U/L",
        "anc": "1e9/L",
        "platelets": "1e9/L",
        "anti_hbe": "",
        "anti_hbs": "",
    }


def test_endpoints_mask_what_was_not_published(result: TrialResult) -> None:
    table = endpoints_table(result.rows)
    assert table.rows == len(result.rows)
    without = [row.published_ci is None for row in result.rows]
    assert any(without)
    assert not all(without)
    assert np.ma.getmaskarray(table.column("published_ci_low")).tolist() == without
    assert np.ma.getmaskarray(table.column("inside")).tolist() == without
    first = result.rows[0]
    assert table.column("value")[0] == first.value
    assert first.ci is not None
    assert (table.column("ci_low")[0], table.column("ci_high")[0]) == first.ci
    assert table.column("unit")[0] == first.unit
