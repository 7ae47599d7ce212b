"""A trial's result as the tables of its run folder, a file for each arm and block of patients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.biology.tolerability import load_tolerability
from ifnfactory.engine.status import Status
from ifnfactory.foundation.table import Column, ColumnTable
from ifnfactory.population.patients import PatientTable
from ifnfactory.runs.layout import block_name, part_name
from ifnfactory.trial.adherence import CLASSES
from ifnfactory.trial.attendance import REASONS
from ifnfactory.trial.flares import KINDS, find_flares
from ifnfactory.trial.result import ArmOutcome, ResultRow, TrialResult

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


BLOCK: Final = 2048
"""Patients of one file: small enough to hold, large enough to read quickly."""


def trial_tables(result: TrialResult) -> Iterator[tuple[str, Iterable[ColumnTable]]]:
    """Give file name and table for everything a run folder keeps as numbers."""
    for arm in result.arms:
        for first in range(0, len(arm.patients), BLOCK):
            block = arm.rows(slice(first, first + BLOCK))
            name = block_name(first)
            yield part_name("patients", arm.arm, name), [patients_table(block, result.laboratory)]
            yield part_name("visits", arm.arm, name), [visits_table(block, result.laboratory)]
        rows = [row for row in result.rows if row.arm == arm.arm]
        yield part_name("endpoints", arm.arm, block_name(0)), [endpoints_table(rows)]


def patients_table(arm: ArmOutcome, laboratory: Laboratory) -> ColumnTable:
    """Return one row a patient: covariates, baseline, and how the patient fared."""
    names = [field.name for field in fields(PatientTable)]
    words = np.array([status.word for status in Status])
    suffered = _suffered(arm) | _first_flares(arm, laboratory)
    return ColumnTable(
        names=(*names, "status", "last_week", *suffered),
        units=(
            *(PATIENT_UNITS.get(name, "") for name in names),
            "",
            PATIENT_UNITS["last_week"],
            *("week" if name.endswith("_week") else "" for name in suffered),
        ),
        columns=(
            *(getattr(arm.patients, name) for name in names),
            words[arm.status],
            _finite(arm.last_week),
            *suffered.values(),
        ),
    )


def _suffered(arm: ArmOutcome) -> dict[str, Column]:
    """Return why patients left, what ended therapy, and the course of every side effect."""
    if arm.safety is None:
        return {}
    safety, conduct = arm.safety, arm.safety.conduct
    stopped_by = np.array([*conduct.rules, ""])[conduct.stopped_by]  # nobody: the last
    columns: dict[str, Column] = {
        "left_for": np.array(REASONS)[safety.departure.reason],
        "therapy_stopped_week": _finite(conduct.stopped_week),
        "therapy_stopped_by": stopped_by,
    }
    if conduct.missed is not None:
        due, forgotten, paused = (
            counts.sum(axis=1, dtype=np.int64)
            for counts in (conduct.missed.due, conduct.missed.forgotten, conduct.missed.paused)
        )
        for index, name in enumerate(CLASSES):
            columns[f"{name}_doses_due"] = due[:, index]
            columns[f"{name}_doses_forgotten"] = forgotten[:, index]
            columns[f"{name}_doses_paused"] = paused[:, index]
    for index, name in enumerate(load_tolerability().names):
        columns[f"{name}_onset_week"] = _finite(safety.events.onset[:, index] / 7.0)
        columns[f"{name}_end_week"] = _finite(safety.events.end[:, index] / 7.0)
    return columns


def _first_flares(arm: ArmOutcome, laboratory: Laboratory) -> dict[str, Column]:
    """Return when each patient's first ALT flare of each kind was seen to begin and to end."""
    flares = find_flares(arm.panel, laboratory)
    columns: dict[str, Column] = {}
    for index, kind in enumerate(KINDS):
        onset, end = flares.first(index)
        columns[f"alt_flare_{kind}_onset_week"] = _finite(onset)
        columns[f"alt_flare_{kind}_end_week"] = _finite(end)
    return columns


def _finite(weeks: NDArray[np.float64]) -> Column:
    """Return weeks with NaN where something never happens."""
    return np.where(np.isinf(weeks), np.nan, weeks)


def visits_table(arm: ArmOutcome, laboratory: Laboratory) -> ColumnTable:
    """Return one row a patient and visit: what the laboratory reported."""
    patients, visits = arm.panel.hbv_dna.shape
    flares = find_flares(arm.panel, laboratory)
    seen = _complaints(arm) | {
        f"alt_flare_{kind}_grade": flares.grades(index, arm.panel.week)
        for index, kind in enumerate(KINDS)
    }
    return ColumnTable(
        names=("patient", "week", *MARKER_UNITS, *seen),
        units=("", "week", *MARKER_UNITS.values(), *("" for _ in seen)),
        columns=(
            np.repeat(arm.patients.patient, visits),
            np.tile(arm.panel.week, patients),
            *(getattr(arm.panel, name).reshape(-1) for name in MARKER_UNITS),
            *(values.reshape(-1) for values in seen.values()),
        ),
    )


def _complaints(arm: ArmOutcome) -> dict[str, NDArray[np.generic]]:
    """Return grades of side effects at visits, 0 for none, and the share of the dose given."""
    if arm.safety is None:
        return {}
    weeks = arm.panel.week.tolist()
    grades = np.stack([arm.safety.ongoing_grade(week) for week in weeks], axis=1)
    names = load_tolerability().names
    columns: dict[str, NDArray[np.generic]] = {
        f"{name}_grade": grades[:, :, index] for index, name in enumerate(names)
    }
    columns["dose_share"] = arm.safety.conduct.dose_share
    missed = arm.safety.conduct.missed
    if missed is not None:
        for index, name in enumerate(CLASSES):
            columns[f"{name}_taken_share"] = missed.taken_share(index)
    return columns


def endpoints_table(rows: Sequence[ResultRow]) -> ColumnTable:
    """Return one row an endpoint and week of an arm: simulated beside published.

    The unit of a value is a column here, since it differs from endpoint to endpoint. Ranges over an
    ensemble of parameters have their columns where somebody asked for them.
    """
    ci = [row.ci or (None, None) for row in rows]
    published_ci = [row.published_ci or (None, None) for row in rows]
    columns: dict[str, Column] = {
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
    if any(row.parameter_range is not None for row in rows):
        ranges = [row.parameter_range or (None, None) for row in rows]
        columns["parameters_low"] = _optional([low for low, _ in ranges], np.float64)
        columns["parameters_high"] = _optional([high for _, high in ranges], np.float64)
    units = tuple("week" if name == "week" else "" for name in columns)
    return ColumnTable(tuple(columns), units, tuple(columns.values()))


def _optional(values: Sequence[float | None], kind: type[np.generic]) -> Column:
    """Return a column in which None is masked."""
    filled: NDArray[np.generic] = np.array([0 if v is None else v for v in values], dtype=kind)
    return np.ma.MaskedArray(filled, mask=[value is None for value in values])
