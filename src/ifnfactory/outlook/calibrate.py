"""Fitting the hazards to what cohorts saw, inside their published intervals.

Every parameter stands at a place z between -1.96 and 1.96 of its interval, 0 being the published
value, to which it is drawn back weakly. Every fitted target has a residual on the log scale in
units of its interval; what lies in the middle of it (within `_CALM`) costs nothing, and what lies
far outside pulls ever less (the loss of Cauchy), so that a target which contradicts the others does
not drag the rest along. The sum is minimised by Gauss-Newton steps.

A target is *held out* by fitting on without any target of its study, from where the fit of all
ended and with its slopes: what the study alone held in place moves away.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from ifnfactory.outlook.parameters import Parameter, Values, central, parameters
from ifnfactory.outlook.validate import Target, modelled_values, targets

Floats = NDArray[np.float64]

CHAPTERS_FITTED: Final = ("phases", "cirrhosis", "cancer", "liver", "treatment")
END: Final = 1.96
_PROBE: Final = 0.4
"""Step of the difference quotients: large, as counts of people are never quite smooth."""

_REACH: Final = 0.8
"""Longest step of a parameter in one round."""

_CALM: Final = 1.0
"""Residual that costs nothing: about two thirds of the width of an interval."""

_BACK: Final = 0.2
"""Weight of the way from the published value, against that of a target."""

_REWEIGHTINGS: Final = 8
_FRESH: Final = 8
"""Rounds after which slopes are measured anew."""

_BLIND: Final = 5
"""Rounds of fitting without a study."""

_WEIGHTS: Final = {"U-M": 0.5, "U-L": 0.25}
"""Of targets by evidence tag; 1 for what was checked or is of high confidence."""


@dataclass(frozen=True)
class Fit:
    """Where the parameters ended.

    Attributes
    ----------
    place
        Shape (parameters,): z of each of `free_parameters`.
    modelled
        Shape (targets,).
    slope
        Shape (targets, parameters): change of the residuals for a change of z.
    """

    place: Floats
    modelled: Floats
    slope: Floats


def free_parameters() -> tuple[Parameter, ...]:
    """Return the parameters that are fitted: hazards and ratios with a published interval."""
    return tuple(
        p
        for p in parameters()
        if p.chapter in CHAPTERS_FITTED and p.low is not None and p.high is not None
    )


def at_place(parameter: Parameter, place: float) -> float:
    """Return the value of a parameter at z."""
    low, high, value = parameter.low or 0.0, parameter.high or 0.0, parameter.value
    end, way = (high if place > 0 else low), abs(place) / END
    if low <= 0.0:
        return value + way * (end - value)
    return value * (end / value) ** way


def place_of(parameter: Parameter) -> float:
    """Return the z at which the parameter is used now."""
    low, high, value, used = (
        parameter.low or 0.0, parameter.high or 0.0, parameter.value, parameter.used
    )  # fmt: skip
    end, sign = (high, 1.0) if used > value else (low, -1.0)
    if used == value:
        return 0.0
    if low <= 0.0:
        return sign * END * (used - value) / (end - value)
    return sign * END * math.log(used / value) / math.log(end / value)


def values_at(place: Floats) -> Values:
    """Return all values with the fitted parameters at `place`."""
    changes = {p.name: at_place(p, float(z)) for p, z in zip(free_parameters(), place, strict=True)}
    return central().with_changes(changes)


def residuals(modelled: Floats) -> Floats:
    """Return log model over the middle of each target's interval, in units of its spread."""
    low = np.array([target.low for target in targets()])
    high = np.array([target.high for target in targets()])
    middle, spread = np.log(low * high) / 2.0, np.log(high / low) / (2 * END)
    return (np.log(np.maximum(modelled, 1e-6)) - middle) / spread


def weights() -> Floats:
    """Return the weight of each target, 0 for those that are kept for validation."""
    return np.array(
        [0.0 if t.role == "validation" else _WEIGHTS.get(t.source.tag, 1.0) for t in targets()]
    )


def study_of(target: Target) -> str:
    """Return the first author of a target's source, who stands for the study."""
    return re.split(r"[,;:(]", target.source.text)[0].strip()


def step(place: Floats, start: Floats, slope: Floats, weight: Floats, reach: float) -> Floats:
    """Return the places that minimise the linearised sum, no further than `reach` away.

    Parameters
    ----------
    place, start, slope
        Where the model was linearised, its residuals there and their slopes.
    weight
        Shape (targets,).
    """
    found = place
    for _ in range(_REWEIGHTINGS):
        residual = start + slope @ (found - place)
        calm = np.clip(residual, -_CALM, _CALM)
        pull = np.sqrt(weight / (1.0 + (residual - calm) ** 2))
        back = np.sqrt(_BACK) * np.eye(place.size)
        rows = np.concatenate([slope * pull[:, None], back])
        wanted = np.concatenate([(slope @ place - start + calm) * pull, np.zeros(place.size)])
        low, high = np.maximum(place - reach, -END), np.minimum(place + reach, END)
        found = lsq_linear(rows, wanted, bounds=(low, high + 1e-9)).x
    return found


def places_used() -> Floats:
    """Return where the parameters stand now, shape (parameters,)."""
    return np.array([place_of(p) for p in free_parameters()])


def fit(
    begin: Floats,
    rounds: int,
    people: int,
    seed: int,
    told: Callable[[str], None] = lambda text: None,
) -> Fit:
    """Fit all parameters to the fitted targets.

    Parameters
    ----------
    begin
        Shape (parameters,): the places to start from. The sum has more than one valley: of several
        starts, take the one with the lowest `loss`, which knows the fitted targets only.
    rounds
        Gauss-Newton steps. Slopes are measured at the start and after every `_FRESH` rounds; in
        between each evaluation corrects them (Broyden).
    people, seed
        In each cohort; the same luck in every evaluation, so that differences are smooth.
    told
        Hears of every round.
    """
    best = Fit(begin, *_linearised(begin, people, seed))
    reach = _REACH
    for number in range(rounds):
        best, better = _round(best, weights(), reach, people, seed)
        reach = reach if better else reach / 2.0
        if number % _FRESH == _FRESH - 1:
            best, reach = Fit(best.place, *_linearised(best.place, people, seed)), _REACH
        inside, lost = _inside(best.modelled), loss(best.place, best.modelled)
        told(f"round {number + 1}: loss {lost:.1f}, fitted inside {inside:.1f} %")
    return best


def _round(best: Fit, weight: Floats, reach: float, people: int, seed: int) -> tuple[Fit, bool]:
    """Return the fit after one step, and whether the step was for the better and taken."""
    start = residuals(best.modelled)
    place = step(best.place, start, best.slope, weight, reach)
    modelled = np.array(modelled_values(values_at(place), people, seed))
    moved = place - best.place
    missed = residuals(modelled) - start - best.slope @ moved
    slope = best.slope + np.outer(missed, moved) / max(float(moved @ moved), 1e-12)
    better = loss(place, modelled, weight) < loss(best.place, best.modelled, weight)
    return Fit(place, modelled, slope) if better else replace(best, slope=slope), better


def loss(place: Floats, modelled: Floats, weight: Floats | None = None) -> float:
    """Return what is minimised; with a `weight` of each target of one's own, if given."""
    residual = residuals(modelled)
    beyond = np.abs(residual) - np.minimum(np.abs(residual), _CALM)
    cost = (weights() if weight is None else weight) @ np.log1p(beyond**2)
    return float(cost + _BACK * (place @ place))


def held_out(found: Fit, people: int, seed: int) -> dict[str, float]:
    """Return target -> what the model says when its study was not fitted.

    Only targets of the role "calibration": the hazard of an "input" is the number itself.
    """
    said: dict[str, float] = {}
    begin = replace(found, modelled=np.array(modelled_values(values_at(found.place), people, seed)))
    for study in dict.fromkeys(study_of(t) for t in targets() if t.role == "calibration"):
        own = np.array([study_of(t) == study for t in targets()])
        blind, reach = begin, _REACH
        for _ in range(_BLIND):
            blind, better = _round(blind, weights() * ~own, reach, people, seed)
            reach = reach if better else reach / 2.0
        said |= {
            target.target_id: float(value)
            for target, value, mine in zip(targets(), blind.modelled, own, strict=True)
            if mine and target.role == "calibration"
        }
    return said


def _linearised(place: Floats, people: int, seed: int) -> tuple[Floats, Floats]:
    """Return what is modelled, and slopes from fewer people, who all meet the same luck."""
    modelled = np.array(modelled_values(values_at(place), people, seed))
    few = max(people // 6, 500)
    middle = residuals(np.array(modelled_values(values_at(place), few, seed)))
    slope = np.zeros((middle.size, place.size))
    for k in range(place.size):
        moved = place.copy()
        moved[k] += -_PROBE if place[k] > 0 else _PROBE
        probed = np.array(modelled_values(values_at(moved), few, seed))
        slope[:, k] = (residuals(probed) - middle) / (moved[k] - place[k])
    return modelled, slope


def _inside(modelled: Floats) -> float:
    pairs = [(t, value) for t, value in zip(targets(), modelled, strict=True) if t.fitted]
    return 100.0 * sum(t.low <= value <= t.high for t, value in pairs) / len(pairs)
