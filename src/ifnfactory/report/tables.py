"""A trial's result as the tables of its run folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.engine.status import Status
from ifnfactory.foundation.table import Column, ColumnTable
from ifnfactory.population.patients import PatientTable
from ifnfactory.trial.result import ArmOutcome, TrialResult

PATIENT_UNITS: Final = {
    "age": "year",
    "weight": "kg",
    "prior_na_years": "year",
    "hbv_dna0": "IU/mL",
    "hbsag0": "IU/mL",
    "alt0": "U/L",
    "last_week": "week",
}
MARKER_UNITS: Final = {
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


PATIENTS_AT_ONCE: Final = 4096
"""Patients of a part of the visits: what is copied on its way to the disk stays small."""


def trial_tables(result: TrialResult) -> list[tuple[str, Iterable[ColumnTable]]]:
    """Return file name and table, in parts, for everything a run folder keeps as numbers."""
    return [
        ("patients.parquet", [patients_table(result)]),
        ("visits.parquet", visits_tables(result)),
        ("endpoints.parquet", [endpoints_table(result)]),
    ]


def patients_table(result: TrialResult) -> ColumnTable:
    """Return one row an arm and patient: covariates, baseline, and how the patient fared."""
    names = [field.name for field in fields(PatientTable)]
    arms = [np.full(len(arm.patients), arm.arm) for arm in result.arms]
    columns = [_stack([getattr(arm.patients, name) for arm in result.arms]) for name in names]
    words = np.array([status.word for status in Status])
    status = [words[arm.status] for arm in result.arms]
    last = _stack([arm.last_week for arm in result.arms])
    return ColumnTable(
        names=("arm", *names, "status", "last_week"),
        units=(
            "",
            *(PATIENT_UNITS.get(name, "") for name in names),
            "",
            PATIENT_UNITS["last_week"],
        ),
        columns=(_stack(arms), *columns, _stack(status), np.where(np.isinf(last), np.nan, last)),
    )


def visits_tables(result: TrialResult) -> Iterator[ColumnTable]:
    """Give one row a patient and visit, what the laboratory reported, some patients at a time."""
    for arm in result.arms:
        for start in range(0, len(arm.patients), PATIENTS_AT_ONCE):
            yield _visits(arm, slice(start, start + PATIENTS_AT_ONCE))


def _visits(arm: ArmOutcome, part: slice) -> ColumnTable:
    patients, visits = arm.panel.hbv_dna[part].shape
    return ColumnTable(
        names=("arm", "patient", "week", *MARKER_UNITS),
        units=("", "", "week", *MARKER_UNITS.values()),
        columns=(
            np.full(patients * visits, arm.arm),
            np.repeat(arm.patients.patient[part], visits),
            np.tile(arm.panel.week, patients),
            *(getattr(arm.panel, name)[part].reshape(-1) for name in MARKER_UNITS),
        ),
    )


def endpoints_table(result: TrialResult) -> ColumnTable:
    """Return one row an arm, endpoint and week: simulated beside published.

    The unit of a value is a column here, since it differs from endpoint to endpoint.
    """
    rows = result.rows
    ci = [row.ci or (None, None) for row in rows]
    published_ci = [row.published_ci or (None, None) for row in rows]
    columns: dict[str, Column] = {
        "arm": np.array([row.arm for row in rows], dtype=str),
        "endpoint": np.array([row.endpoint for row in rows], dtype=str),
        "week": np.array([row.week for row in rows], dtype=np.float64),
        "unit": np.array([row.unit for row in rows], dtype=str),
        "patients": np.array([row.patients for row in rows], dtype=np.int64),
        "value": _optional([row.value for row in rows], np.float64),
        "ci_low": _optional([low for low, _ in ci], np.float64),
        "ci_high": _optional([high for _, high in ci], np.float64),
        "n_published": _optional([row.n_published for row in rows], np.int64),
        "published": _optional([row.published for row in rows], np.float64),
        "published_ci_low": _optional([low for low, _ in published_ci], np.float64),
        "published_ci_high": _optional([high for _, high in published_ci], np.float64),
        "inside": _optional([row.inside for row in rows], np.bool_),
    }
    units = tuple("week" if name == "week" else "" for name in columns)
    return ColumnTable(tuple(columns), units, tuple(columns.values()))


def _optional(values: Sequence[float | None], kind: type[np.generic]) -> Column:
    """Return a column in which None is masked."""
    filled: NDArray[np.generic] = np.array([0 if v is None else v for v in values], dtype=kind)
    return np.ma.MaskedArray(filled, mask=[value is None for value in values])


def _stack(parts: Sequence[Column]) -> Column:
    return np.concatenate(parts)
