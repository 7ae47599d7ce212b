"""The record of a qualification: every published number beside the simulated one, and its sums."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ifnfactory.evidence.matching import NotRun
from ifnfactory.evidence.predictors import Predictors
from ifnfactory.evidence.robustness import Ablated, EnsembleResult
from ifnfactory.evidence.shapes import ArmShape


@dataclass(frozen=True)
class Row:
    """One published number and what the virtual patients did.

    Attributes
    ----------
    trial
        Parent trial: whose patients they are.
    protocol, arm
        What was simulated.
    phase
        ``"on treatment"`` up to the arm's last stop, ``"after treatment"`` later, ``"untreated"``.
    published, published_ci
        In `unit`; no interval for a mean.
    simulated, simulated_ci
        Expected value over the virtual patients, with the 95 % interval of their number.
    standard_error
        Monte-Carlo standard error of `simulated`.
    patients
        Virtual patients who count.
    reach
        Half-width within which the simulated value is inside, below and above the published one.
    k, n
        Counts behind a published percentage; None where unknown.
    """

    target_id: str
    trial: str
    protocol: str
    arm: str
    endpoint: str
    endpoint_class: str
    phase: str
    week: float
    unit: str
    published: float
    published_ci: tuple[float, float] | None
    simulated: float
    simulated_ci: tuple[float, float]
    standard_error: float
    patients: int
    reach: tuple[float, float]
    inside: bool
    k: int | None
    n: int | None
    weight: float


@dataclass(frozen=True)
class Trial:
    """A simulated trial of the qualification.

    Attributes
    ----------
    arms
        Name and label of each arm.
    """

    protocol: str
    title: str
    citation: str
    arms: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Qualification:
    """What one frozen population does in every protocol, against what was published.

    Attributes
    ----------
    parameter_set
        Hash of every number behind the virtual patients; one for all rows.
    patients
        Virtual patients in each arm.
    trials
        In the order in which they were run.
    predictors
        Who responds; None where it was not asked for.
    ablations
        The same population without some mechanisms, where asked for.
    ensemble
        The vectors of its release, where asked for.
    streams
        Names of the random streams that were read, of the reference vector.
    """

    parameter_set: str
    version: str
    seed: int
    patients: int
    wall_s: float
    rows: tuple[Row, ...]
    not_run: tuple[NotRun, ...]
    trials: tuple[Trial, ...]
    shapes: tuple[ArmShape, ...]
    status_counts: tuple[tuple[str, int], ...]
    predictors: Predictors | None
    ablations: tuple[Ablated, ...] = ()
    ensemble: EnsembleResult | None = None
    streams: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints: rounded, without NaN."""
        return {
            "parameter_set": self.parameter_set,
            "targets": len(self.rows),
            "weighted_inside_percent": _number(share_inside(self.rows)),
            "by_class": {name: _number(share) for name, share in by_class(self.rows)},
            "by_trial": {
                trial: {"targets": targets, "inside": inside}
                for trial, targets, inside in by_trial(self.rows)
            },
            "rows": [_row(row) for row in self.rows],
            "not_run": [{"target_id": each.target_id, "why": each.why} for each in self.not_run],
            "predictors": None if self.predictors is None else self.predictors.to_json(),
            "ablations": [each.to_json() for each in self.ablations],
            "ensemble": None if self.ensemble is None else self.ensemble.to_json(),
            "version": self.version,
            "seed": self.seed,
            "patients": self.patients,
            "wall_s": round(self.wall_s, 3),
            "status": dict(self.status_counts),
        }


def share_inside(rows: Sequence[Row]) -> float | None:
    """Return the weighted percentage of rows that are inside; None without any weight."""
    total = sum(row.weight for row in rows)
    if total <= 0.0:
        return None
    return 100.0 * sum(row.weight for row in rows if row.inside) / total


def by_class(rows: Sequence[Row]) -> tuple[tuple[str, float | None], ...]:
    """Return the weighted percentage inside of each class, in the order of the rows."""
    classes = dict.fromkeys(row.endpoint_class for row in rows)
    return tuple(
        (name, share_inside([row for row in rows if row.endpoint_class == name]))
        for name in classes
    )


def by_trial(rows: Sequence[Row]) -> tuple[tuple[str, int, int], ...]:
    """Return parent trial, number of rows and of rows inside, in the order of the rows."""
    return tuple(
        (
            trial,
            sum(row.trial == trial for row in rows),
            sum(row.trial == trial and row.inside for row in rows),
        )
        for trial in dict.fromkeys(row.trial for row in rows)
    )


def _row(row: Row) -> dict[str, Any]:
    return {
        "target_id": row.target_id,
        "trial": row.trial,
        "arm": row.arm,
        "endpoint": row.endpoint,
        "class": row.endpoint_class,
        "week": _number(row.week),
        "unit": row.unit,
        "published": _number(row.published),
        "published_ci": None
        if row.published_ci is None
        else [_number(e) for e in row.published_ci],
        "simulated": _number(row.simulated),
        "simulated_ci": [_number(end) for end in row.simulated_ci],
        "inside": row.inside,
        "weight": _number(row.weight),
    }


def _number(value: float | None) -> float | int | None:
    """Return a number fit for JSON: four decimals at most, whole numbers whole, NaN as null."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() else round(value, 4)
