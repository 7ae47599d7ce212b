"""From a trial's result to what the figures draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.report.scene import (
    ArmScene,
    Band,
    Curve,
    EndpointScene,
    FloatArray,
    MarkerScene,
    Point,
    Spell,
)
from ifnfactory.report.words import endpoint_title
from ifnfactory.trial.endpoints import evaluate
from ifnfactory.trial.estimates import estimate
from ifnfactory.trial.result import ArmOutcome, TrialResult


@dataclass(frozen=True)
class _Marker:
    column: str
    title: str
    unit: str
    log: bool
    limit: str
    limit_name: str
    change: str


_LLOQ: Final = "limit of quantification"
_MARKERS: Final = (
    _Marker("hbv_dna", "HBV DNA", "IU/mL", True, "dna_lloq", _LLOQ, "mean_log10_dna_change"),
    _Marker("hbsag", "HBsAg", "IU/mL", True, "hbsag_lloq", _LLOQ, "mean_log10_hbsag_change"),
    _Marker("hbv_rna", "HBV RNA", "copies/mL", True, "rna_lloq", _LLOQ, "mean_log10_rna_change"),
    _Marker("alt", "ALT", "U/L", False, "alt_uln", "upper limit of normal", ""),
    _Marker("platelets", "Platelets", "10⁹/L", False, "", "", ""),
    _Marker("anc", "Neutrophils", "10⁹/L", False, "", "", ""),
)


def arm_scenes(result: TrialResult) -> tuple[ArmScene, ...]:
    """Return the arms in the order of the protocol."""
    return tuple(
        ArmScene(
            name=arm.name,
            label=arm.label or arm.name,
            patients=result.patients_in(arm.name),
            n_published=arm.n,
            prescription=tuple(line.replace(" ug", " µg") for line in arm.regimen.prescription()),
            spells=tuple(
                Spell(course.drug.label, course.start_week, course.stop_week)
                for course in arm.regimen.courses
            ),
        )
        for arm in result.protocol.arms
    )


def marker_scenes(result: TrialResult) -> tuple[MarkerScene, ...]:
    """Return every marker with its band in every arm, and published mean changes."""
    return tuple(
        MarkerScene(
            title=marker.title,
            unit=marker.unit,
            log=marker.log,
            limit=_limit(marker, result.laboratory),
            limit_label=_limit_label(marker, result.laboratory),
            bands=tuple(
                band(arm.panel.week, getattr(arm.panel, marker.column)) for arm in result.arms
            ),
            points=tuple(_changes(result, arm, marker) for arm in result.arms),
        )
        for marker in _MARKERS
    )


def endpoint_scenes(result: TrialResult) -> tuple[EndpointScene, ...]:
    """Return every endpoint that was published, over all visits in every arm."""
    published = [row for row in result.rows if row.published is not None]
    names = dict.fromkeys((row.endpoint, row.unit) for row in published)
    return tuple(
        EndpointScene(
            title=endpoint_title(name),
            unit=unit,
            curves=tuple(_curve(result, arm, name) for arm in result.arms),
            points=tuple(
                tuple(
                    Point(row.week, row.published, *(row.published_ci or (None, None)))
                    for row in published
                    if row.published is not None
                    and (row.arm, row.endpoint, row.unit) == (arm.arm, name, unit)
                )
                for arm in result.arms
            ),
        )
        for name, unit in names
    )


def band(week: FloatArray, values: FloatArray) -> Band:
    """Return median and 5 to 95 % band of the patients who were measured at each visit.

    Parameters
    ----------
    week
        Shape (visits,).
    values
        Shape (patients, visits); NaN where nothing was measured.
    """
    quantiles = np.full((3, len(week)), np.nan)
    for visit, column in enumerate(values.T):
        measured = column[np.isfinite(column)]
        if measured.size:
            quantiles[:, visit] = np.quantile(measured, (0.05, 0.5, 0.95))
    return Band(week, quantiles[0], quantiles[1], quantiles[2])


def _limit(marker: _Marker, laboratory: Laboratory) -> float | None:
    return float(getattr(laboratory, marker.limit)) if marker.limit else None


def _limit_label(marker: _Marker, laboratory: Laboratory) -> str:
    limit = _limit(marker, laboratory)
    return "" if limit is None else f"{marker.limit_name} {limit:.3g} {marker.unit}"


def _changes(result: TrialResult, arm: ArmOutcome, marker: _Marker) -> tuple[Point, ...]:
    """Return published mean changes, added to the simulated mean log10 at baseline."""
    rows = [
        row
        for row in result.rows
        if row.arm == arm.arm and row.endpoint == marker.change and row.published is not None
    ]
    if not rows:
        return ()
    first = getattr(arm.panel, marker.column)[:, arm.panel.visit(0)]
    start = float(np.mean(np.log10(first[first > 0])))
    points: list[Point] = []
    for row in rows:
        low, high = row.published_ci or (None, None)
        points.append(
            Point(
                week=row.week,
                value=10.0 ** (start + (row.published or 0.0)),
                low=None if low is None else 10.0 ** (start + low),
                high=None if high is None else 10.0 ** (start + high),
            )
        )
    return tuple(points)


def _curve(result: TrialResult, arm: ArmOutcome, endpoint: str) -> Curve:
    """Evaluate an endpoint at every visit at which it makes sense."""
    regimen = result.protocol.arm(arm.arm).regimen
    judged = arm.integrated()
    context = judged.context(result.laboratory, regimen.end_of_treatment_week)
    rows: list[tuple[float, float, float, float]] = []
    for week in arm.panel.week.tolist():
        try:
            found = estimate(evaluate(endpoint, judged.panel, week, context))
        except UserInputError:
            continue  # a cure 24 weeks after therapy has no value during therapy
        if np.isfinite(found.low):  # nobody counts, or one patient without an interval
            rows.append((week, found.value, found.low, found.high))
    columns = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    return Curve(columns[0], columns[1], columns[2], columns[3])
