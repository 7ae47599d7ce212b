"""An endpoint of a simulated arm, judged as the trial itself judges it."""

from __future__ import annotations

from ifnfactory.trial.endpoints import Evaluation, evaluate
from ifnfactory.trial.result import ArmOutcome, TrialResult


def evaluate_arm(
    result: TrialResult, outcome: ArmOutcome, endpoint: str, week: float
) -> Evaluation:
    """Return an endpoint of the patients who could be integrated.

    Raises
    ------
    UserInputError
        If the endpoint cannot be judged in that week.
    """
    judged = outcome.integrated()
    regimen = result.protocol.arm(outcome.arm).regimen
    context = judged.context(result.laboratory, regimen.end_of_treatment_week)
    return evaluate(endpoint, judged.panel, week, context)
