"""Boundaries of group-sequential tests: classical shapes and alpha spending.

O'Brien PC, Fleming TR, Biometrics 1979;35:549-56. Pocock SJ, Biometrika 1977;64:191-9. Both are
solved for their constant at any number of looks and any spacing; spending is solved look by look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri

from ifnfactory.design.sequential import START, Running, beyond, crossing, go_on
from ifnfactory.design.spending import (
    Spending,
    obrien_fleming_like,
    pocock_like,
    power_family,
)
from ifnfactory.foundation.errors import Problem, UserInputError

Floats = NDArray[np.float64]
FURTHEST: Final = 8.0
"""No boundary lies beyond: the chance of 8 standard errors is 1e-15."""
_TOLERANCE: Final = 1e-10

SHAPES: Final[dict[str, float]] = {"obrien-fleming": 0.0, "pocock": 0.5}
"""Classical shapes: the boundary is constant times (information share)^(exponent − 1/2)."""
SPENDINGS: Final[dict[str, Spending]] = {
    "spending-obrien-fleming": obrien_fleming_like,
    "spending-pocock": pocock_like,
}
POWER: Final = "power:"
NAMES: Final = (*SHAPES, *SPENDINGS, f"{POWER}EXPONENT")


@dataclass(frozen=True)
class Plan:
    """When a trial looks at its data, and what makes it stop; arrays of shape (looks,).

    Attributes
    ----------
    name
        Name of the boundary.
    alpha
        Two-sided type-I error.
    information
        Shares of the final information, the last one 1.
    critical
        Absolute standardised statistic from which an effect is claimed.
    futility
        Statistic below which a trial is given up; −inf where there is none. Non-binding: the
        critical values do not count on it.
    """

    name: str
    alpha: float
    information: Floats
    critical: Floats
    futility: Floats

    @property
    def looks(self) -> int:
        """Number of looks, the last one among them."""
        return len(self.information)


def plan(name: str, information: Floats, alpha: float, futility: float | None = None) -> Plan:
    """Return the boundary called `name`.

    Parameters
    ----------
    name
        One of `NAMES`, for example ``"power:2"``.
    information
        Shape (looks,): increasing shares of the final information, the last one 1.
    alpha
        Two-sided type-I error.
    futility
        Statistic below which an interim look gives the trial up; None: never.

    Raises
    ------
    UserInputError
        If there is no such boundary.
    """
    given_up = np.full(len(information), -np.inf)
    if futility is not None:
        given_up[:-1] = futility
    return Plan(name, alpha, information, critical_values(name, information, alpha), given_up)


def critical_values(name: str, information: Floats, alpha: float) -> Floats:
    """Return the critical values of each look, shape (looks,); see `plan`."""
    if name in SHAPES:
        return _shaped(information, alpha, SHAPES[name])
    return _spent(information, alpha, _spending(name))


def _spending(name: str) -> Spending:
    if name in SPENDINGS:
        return SPENDINGS[name]
    if name.startswith(POWER):
        try:
            return power_family(float(name.removeprefix(POWER)))
        except ValueError:
            pass  # told below, with all that would be right
    fix = f"choose one of {', '.join(NAMES)}, for example {POWER}2"
    raise UserInputError([Problem(f"unknown boundary {name!r}", "--boundary", fix)])


def _shaped(information: Floats, alpha: float, exponent: float) -> Floats:
    """Return constant × information^(exponent − 1/2) with the constant that spends `alpha`."""
    shape = information ** (exponent - 0.5)

    def excess(constant: float) -> float:
        found = crossing(information, -constant * shape, constant * shape)
        return float(found.upper.sum() + found.lower.sum()) - alpha

    return _solve(excess, -float(ndtri(alpha / 2.0)) - 1e-6, FURTHEST) * shape


def _spent(information: Floats, alpha: float, spending: Spending) -> Floats:
    """Return the critical values that spend half of `alpha` on each side as planned."""
    budget = np.diff(spending(information, alpha / 2.0), prepend=0.0)
    running, critical = START, np.zeros(len(information))
    for k, share in enumerate(information):
        critical[k] = _bound_that_spends(running, float(share), float(budget[k]))
        if k + 1 < len(information):
            running = go_on(running, float(share), -critical[k], critical[k])
    return critical


def _bound_that_spends(running: Running, information: float, budget: float) -> float:
    def excess(bound: float) -> float:
        return beyond(running, information, bound) - budget

    return FURTHEST if excess(FURTHEST) >= 0.0 else _solve(excess, -2.0, FURTHEST)


def _solve(excess: Callable[[float], float], low: float, high: float) -> float:
    root: Any = brentq(excess, low, high, xtol=_TOLERANCE)
    return float(root)
