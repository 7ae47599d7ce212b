"""Inside or outside: a simulated arm against the targets that belong to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from ifnfactory.evidence.arms import evaluate_arm
from ifnfactory.evidence.matching import TOLERANCES, Match, NotRun
from ifnfactory.evidence.qualification import Row
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.trial.endpoints import Evaluation
from ifnfactory.trial.estimates import estimate
from ifnfactory.trial.result import ArmOutcome, TrialResult

_ROUNDING: Final = 1e-9
"""A value on the edge is inside, whatever the last bit says."""


def reach(endpoint: str, published: float, ci: tuple[float, float] | None) -> tuple[float, float]:
    """Return how far below and above the published value a simulated one is still inside.

    The published 95 % interval of a percentage; the tolerance of a mean.
    """
    if ci is not None:
        return published - ci[0], ci[1] - published
    tolerance = TOLERANCES[endpoint]
    return tolerance, tolerance


def is_inside(simulated: float, published: float, within: tuple[float, float]) -> bool:
    """Return whether a simulated value is inside; both edges are."""
    below, above = within
    return -below - _ROUNDING <= simulated - published <= above + _ROUNDING


def judge(
    result: TrialResult, matches: Sequence[Match]
) -> tuple[tuple[Row, ...], tuple[NotRun, ...]]:
    """Return a row for each target of a simulated trial, and those for which nobody counts."""
    outcomes = {outcome.arm: outcome for outcome in result.arms}
    rows: list[Row] = []
    left: list[NotRun] = []
    for match in matches:
        row = _row(result, outcomes[match.arm], match)
        if isinstance(row, str):
            left.append(NotRun(match.target.target_id, row))
        else:
            rows.append(row)
    return tuple(rows), tuple(left)


def _row(result: TrialResult, outcome: ArmOutcome, match: Match) -> Row | str:
    """Return the row, or why there is none."""
    target = match.target
    try:
        evaluation = evaluate_arm(result, outcome, target.endpoint, match.week)
    except UserInputError as error:
        return error.problems[0].what
    found = estimate(evaluation)
    if not found.patients:
        return "no virtual patient can be judged for this endpoint"
    within = reach(target.endpoint, target.value, target.ci)
    stop = result.protocol.arm(match.arm).regimen.end_of_treatment_week
    return Row(
        target_id=target.target_id,
        trial=target.parent,
        protocol=match.protocol,
        arm=match.arm,
        endpoint=target.endpoint,
        endpoint_class=target.endpoint_class,
        phase=phase(match.week, stop),
        week=match.week,
        unit=target.unit,
        published=target.value,
        published_ci=target.ci,
        simulated=found.value,
        simulated_ci=(found.low, found.high),
        standard_error=_standard_error(evaluation),
        patients=found.patients,
        reach=within,
        inside=is_inside(found.value, target.value, within),
        k=target.k,
        n=target.n,
        weight=target.weight,
    )


def phase(week: float, end_of_treatment_week: float) -> str:
    """Return in words where a week lies in an arm."""
    if end_of_treatment_week <= 0.0:
        return "untreated"
    return "on treatment" if week <= end_of_treatment_week else "after treatment"


def _standard_error(evaluation: Evaluation) -> float:
    """Return the Monte-Carlo standard error of the estimate, in its unit."""
    values = evaluation.values[evaluation.evaluable].astype(np.float64)
    scale = 100.0 if evaluation.endpoint.kind == "proportion" else 1.0
    return scale * float(np.std(values)) / math.sqrt(len(values))
