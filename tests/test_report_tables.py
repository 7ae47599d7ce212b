"""The run folder's tables say what the result says, with units, and without NaN."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import trial_result

from ifnfactory.report import tables as tables_module
from ifnfactory.report.tables import (
    PATIENT_UNITS,
    endpoints_table,
    patients_table,
    trial_tables,
    visits_tables,
)
from ifnfactory.trial.result import TrialResult


@pytest.fixture(scope="module")
def result() -> TrialResult:
    return trial_result(patients=12, failed=2)


def test_files_of_a_run_folder(result: TrialResult) -> None:
    assert [name for name, _ in trial_tables(result)] == [
        "patients.parquet",
        "visits.parquet",
        "endpoints.parquet",
    ]


def test_patients_have_one_row_an_arm_and_patient(result: TrialResult) -> None:
    table = patients_table(result)
    arms = [arm.name for arm in result.protocol.arms]
    assert table.rows == 12 * len(arms)
    assert table.column("arm").tolist() == [name for name in arms for _ in range(12)]
    assert table.column("patient")[:12].tolist() == list(range(12))
    assert table.column("status")[:3].tolist() == ["step_limit", "step_limit", "completed"]
    np.testing.assert_array_equal(table.column("age")[12:24], result.arms[1].patients.age)


def test_every_measured_covariate_has_a_unit(result: TrialResult) -> None:
    table = patients_table(result)
    floats = {
        name
        for name, column in zip(table.names, table.columns, strict=True)
        if column.dtype.kind == "f"
    }
    assert floats == set(PATIENT_UNITS)


def test_visits_have_one_row_a_patient_and_visit(result: TrialResult) -> None:
    tables = list(visits_tables(result))
    visits = len(result.protocol.visit_weeks)
    assert [table.rows for table in tables] == [12 * visits] * len(result.arms)
    table, row = tables[1], visits * 5 + 4  # second arm, sixth patient, fifth visit
    assert table.column("arm")[row] == result.arms[1].arm
    assert table.column("patient")[row] == 5
    assert table.column("week")[row] == result.protocol.visit_weeks[4]
    assert table.column("hbv_dna")[row] == result.arms[1].panel.hbv_dna[5, 4]
    assert table.column("anti_hbe")[row] == result.arms[1].panel.anti_hbe[5, 4]


def test_many_patients_come_in_parts(result: TrialResult, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = list(visits_tables(result))
    monkeypatch.setattr(tables_module, "PATIENTS_AT_ONCE", 5)
    parts = list(visits_tables(result))
    assert len(parts) == 3 * len(whole)
    for name in ("patient", "week", "hbv_dna", "anti_hbe"):
        np.testing.assert_array_equal(
            np.concatenate([part.column(name) for part in parts]),
            np.concatenate([table.column(name) for table in whole]),
        )


def test_visits_name_their_units(result: TrialResult) -> None:
    table = next(visits_tables(result))
    units = dict(zip(table.names, table.units, strict=True))
    assert units == {
        "arm": "",
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
    table = endpoints_table(result)
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
