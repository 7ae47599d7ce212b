"""The record that a simulated trial hands to run folders, reports and screens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.assays.panel import Panel
from ifnfactory.engine.status import integrated
from ifnfactory.population.patients import PatientTable
from ifnfactory.trial.endpoints import EndpointContext
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.safety import Safety


@dataclass(frozen=True)
class ResultRow:
    """One simulated endpoint beside the published one.

    Attributes
    ----------
    n_published
        Patients behind the published value; None where nothing was published.
    patients
        Simulated patients who count.
    value
        Percent for proportions, else the mean in `unit`; None where nobody counts.
    ci
        95 % interval of the simulated value.
    published, published_ci
        As published; None where there is none.
    inside
        Whether the simulated value lies in the published interval; None without one.
    parameter_range
        95 % range over the vectors of an ensemble; None where it was not asked for.
    """

    arm: str
    endpoint: str
    week: float
    n_published: int | None
    patients: int
    value: float | None
    ci: tuple[float, float] | None
    published: float | None
    published_ci: tuple[float, float] | None
    inside: bool | None
    unit: str
    parameter_range: tuple[float, float] | None = None


@dataclass(frozen=True)
class ArmOutcome:
    """One treated arm.

    Attributes
    ----------
    status
        Shape (patients,): codes of `engine.status.Status`.
    last_week
        Shape (patients,): the week after which a patient does not come any more; inf: stays.
    safety
        What they suffered and what became of therapy; None where nobody wrote it down.
    """

    arm: str
    patients: PatientTable
    panel: Panel
    status: NDArray[np.int64]
    last_week: NDArray[np.float64]
    safety: Safety | None = None

    def integrated(self) -> ArmOutcome:
        """Return the arm without the patients who could not be integrated.

        They are no failures of the therapy: endpoints are judged without them, and their number is
        told.
        """
        known = integrated(self.status)
        if known.all():
            return self
        return self.rows(known)

    def rows(self, keep: NDArray[np.bool_] | slice) -> ArmOutcome:
        """Return the arm with some of its patients."""
        return ArmOutcome(
            self.arm,
            _rows_of(self.patients, keep),
            _rows_of(self.panel, keep),
            self.status[keep],
            self.last_week[keep],
            None if self.safety is None else self.safety.rows(keep),
        )

    def context(self, laboratory: Laboratory, end_of_treatment_week: float) -> EndpointContext:
        """Return what endpoints of this arm need beside the laboratory sheet."""
        return EndpointContext(laboratory, end_of_treatment_week, self.patients.female, self.safety)


@dataclass(frozen=True)
class TrialResult:
    """A whole simulated trial.

    Attributes
    ----------
    arms
        The patients, or the first of them where there are too many to hold.
    rows, status_counts
        Over all patients.
    sizes
        Patients of each arm, where `arms` holds fewer.
    streams
        Names of the random streams that were read.
    """

    protocol: Protocol
    seed: int
    version: str
    parameter_set: str
    wall_s: float
    arms: tuple[ArmOutcome, ...]
    rows: tuple[ResultRow, ...]
    status_counts: tuple[tuple[str, int], ...]
    laboratory: Laboratory
    sizes: tuple[tuple[str, int], ...] = ()
    streams: tuple[str, ...] = ()

    def patients_in(self, arm: str) -> int:
        """Return how many patients were treated in an arm."""
        held = {outcome.arm: len(outcome.patients) for outcome in self.arms}
        return (held | dict(self.sizes))[arm]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints: rounded, without NaN."""
        return {
            "trial": self.protocol.name,
            "seed": self.seed,
            "version": self.version,
            "parameter_set": self.parameter_set,
            "wall_s": round(self.wall_s, 3),
            "status": dict(self.status_counts),
            "results": [_row(row) for row in self.rows],
        }


def join_outcomes(parts: Sequence[ArmOutcome]) -> ArmOutcome:
    """Return blocks of patients of an arm as one."""
    return parts[0] if len(parts) == 1 else _joined(parts)


def _joined(parts: Sequence[Any]) -> Any:
    """Join records of arrays patient by patient; what has no patients is the first one's."""
    columns: dict[str, Any] = {}
    for field in fields(parts[0]):
        values = [getattr(part, field.name) for part in parts]
        if is_dataclass(values[0]):
            columns[field.name] = _joined(values)
        elif isinstance(values[0], np.ndarray) and not (
            isinstance(parts[0], Panel) and field.name == "week"
        ):
            columns[field.name] = np.concatenate(values)
        else:
            columns[field.name] = values[0]
    return replace(parts[0], **columns)


Record = TypeVar("Record", PatientTable, Panel)


def _rows_of(record: Record, keep: NDArray[np.bool_] | slice) -> Record:
    """Return a record of arrays for some of the patients; what has no patients stays."""
    columns = {field.name: getattr(record, field.name) for field in fields(record)}
    patients = {name: values[keep] for name, values in columns.items() if name != "week"}
    return replace(record, **patients)


def _row(row: ResultRow) -> dict[str, Any]:
    return {
        "arm": row.arm,
        "endpoint": row.endpoint,
        "week": _number(row.week),
        "unit": row.unit,
        "n_published": row.n_published,
        "patients": row.patients,
        "value": _number(row.value),
        "ci": _pair(row.ci),
        "published": _number(row.published),
        "published_ci": _pair(row.published_ci),
        "inside": row.inside,
        "parameter_range": _pair(row.parameter_range),
    }


def _pair(pair: tuple[float, float] | None) -> list[float | int | None] | None:
    return None if pair is None else [_number(end) for end in pair]


def _number(value: float | None) -> float | int | None:
    """Return a number fit for JSON: four decimals at most, whole numbers whole, NaN as null."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else round(value, 4)
