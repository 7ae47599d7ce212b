"""A simulated arm, looked at without the patients whom the computer could not follow."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.panel import Panel
from ifnfactory.trial.endpoints import EndpointContext, Evaluation, evaluate
from ifnfactory.trial.result import ArmOutcome, TrialResult


def evaluate_arm(
    result: TrialResult, outcome: ArmOutcome, endpoint: str, week: float
) -> Evaluation:
    """Return an endpoint of the patients who could be computed.

    Raises
    ------
    UserInputError
        If the endpoint cannot be judged in that week.
    """
    computed = could_be_computed(outcome)
    context = EndpointContext(
        result.laboratory,
        result.protocol.arm(outcome.arm).regimen.end_of_treatment_week,
        outcome.patients.female[computed],
    )
    return evaluate(endpoint, _only(outcome.panel, computed), week, context)


def could_be_computed(outcome: ArmOutcome) -> NDArray[np.bool_]:
    """Return, shape (patients,), who has a baseline: a run hides all markers of the others."""
    return np.isfinite(outcome.panel.hbv_dna[:, 0])


def _only(panel: Panel, keep: NDArray[np.bool_]) -> Panel:
    if keep.all():
        return panel
    columns = {
        field.name: getattr(panel, field.name)[keep]
        for field in fields(panel)
        if getattr(panel, field.name).ndim == 2
    }
    return replace(panel, **columns)
