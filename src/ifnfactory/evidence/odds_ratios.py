"""Odds ratios of response, from the same regression as the published one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.evidence.arms import evaluate_arm
from ifnfactory.evidence.columns import COLUMNS
from ifnfactory.evidence.logistic import LogisticFit, fit_logistic
from ifnfactory.evidence.predictor_file import PublishedRatio, Regression
from ifnfactory.trial.result import ArmOutcome, TrialResult

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FACTOR: Final = 2.0
"""How far a simulated odds ratio may lie from the published one, as a factor."""
_Z95: Final = 1.959964


@dataclass(frozen=True)
class RatioRow:
    """One odds ratio.

    Attributes
    ----------
    published, published_ci
        None where only the direction was published, which is "above 1".
    direction
        Whether simulated and published lie on the same side of 1; None where the published
        interval includes both sides.
    within_factor_two
        None where no value was published.
    """

    regression: str
    name: str
    published: float | None
    published_ci: tuple[float, float] | None
    simulated: float
    simulated_ci: tuple[float, float]
    direction: bool | None
    within_factor_two: bool | None


def ratio_rows(results: Mapping[str, TrialResult], asked: Regression) -> tuple[RatioRow, ...]:
    """Return the odds ratios of a regression.

    Arms treat the same virtual patients, which the intervals do not know: they are a little narrow.

    Parameters
    ----------
    results
        By name of the protocol.

    Returns
    -------
    Nothing where a trial of the regression was not simulated or the regression does not settle.
    """
    if any(protocol not in results for protocol, _ in asked.arms):
        return ()
    columns: list[Floats] = []
    responses: list[Bools] = []
    weeks = dict(asked.weeks)
    for place, (protocol, arm) in enumerate(asked.arms):
        result = results[protocol]
        outcome = next((each for each in result.arms if each.arm == arm), None)
        if outcome is None:
            return ()
        responses.append(_response(result, outcome, asked.endpoints, weeks[protocol]))
        covariates = [COLUMNS[name](result, outcome) for name in asked.columns]
        dummies = [
            np.full(len(responses[-1]), float(place == other))
            for other in range(len(asked.arms) - 1)
        ]
        columns.append(np.column_stack([*covariates, *dummies]))
    fit = fit_logistic(np.concatenate(columns), np.concatenate(responses))
    if fit is None:
        return ()
    names = (*asked.columns, *(f"{protocol}.{arm}" for protocol, arm in asked.arms[:-1]))
    return tuple(_ratio(asked.name, published, fit, names) for published in asked.ratios)


def _response(
    result: TrialResult, outcome: ArmOutcome, endpoints: Sequence[str], week: float
) -> Bools:
    reached = [evaluate_arm(result, outcome, name, week).values for name in endpoints]
    return np.all(reached, axis=0)


def _ratio(
    regression: str, published: PublishedRatio, fit: LogisticFit, names: Sequence[str]
) -> RatioRow:
    factors = np.zeros(len(names))
    for name, factor in published.terms:
        factors[names.index(name)] = factor
    log_ratio = float(factors @ fit.coefficients)
    error = math.sqrt(float(factors @ fit.covariance @ factors))
    simulated = math.exp(log_ratio)
    return RatioRow(
        regression=regression,
        name=published.name,
        published=published.value,
        published_ci=published.ci,
        simulated=simulated,
        simulated_ci=(math.exp(log_ratio - _Z95 * error), math.exp(log_ratio + _Z95 * error)),
        direction=_same_side(simulated, published),
        within_factor_two=(
            None
            if published.value is None
            else 1.0 / FACTOR <= simulated / published.value <= FACTOR
        ),
    )


def _same_side(simulated: float, published: PublishedRatio) -> bool | None:
    if published.value is None:
        return simulated > 1.0
    if published.ci is not None and published.ci[0] < 1.0 < published.ci[1]:
        return None
    return (simulated > 1.0) == (published.value > 1.0)
