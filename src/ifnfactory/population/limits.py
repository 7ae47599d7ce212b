"""Which values a number of a population may have: what no patient can have is refused."""

from __future__ import annotations

import math
from typing import Final

from ifnfactory.network.model import Parameter
from ifnfactory.population.release import Population, number_at

_PARTS: Final = ("_share", "_fraction")
"""Endings of the names of parameters that are parts of something, so at most 1."""
_FARTHEST: Final = 1e6
"""Factor from the starting value beyond which a number is a slip, and the equations overflow."""
_WIDEST: Final = 10.0
"""Largest SD: one patient in six has 22,000 times the typical value."""
_LARGEST_SHIFT: Final = 50.0
"""Largest effect of a covariate, per unit, on the parameter's own scale."""


def value_fault(start: Population, path: str, value: float) -> str | None:
    """Return what the number at a path may be where it cannot be `value`; None if it can.

    Parameters
    ----------
    start
        The population of the starting values.
    path
        Of a number that the population has; see `population.release`.
    """
    if not math.isfinite(value):
        return "a finite number"
    name, _, detail = path.partition("~")
    if detail == "sd":
        return _spread_fault(start, name, value)
    if detail:  # a shift
        return _unless(abs(value) <= _LARGEST_SHIFT, f"{-_LARGEST_SHIFT:g} to {_LARGEST_SHIFT:g}")
    if ":log10_" in path:  # what a drug leaves: no more than all
        return _unless(value <= 0.0, "0 or less")
    if not value > 0.0:
        return "a number above 0"
    if ":" not in path:
        parameter = _parameter(start, name)
        if parameter.spread.kind == "logitnormal" and value >= 1.0:
            return "a number below 1"
        if parameter.unit == "1" and parameter.name.endswith(_PARTS) and value > 1.0:
            return "a number of at most 1"
    typical = number_at(start, path)
    low, high = typical / _FARTHEST, typical * _FARTHEST
    return _unless(low <= value <= high, f"a number within {low:.2g} to {high:.2g}")


def _spread_fault(start: Population, name: str, value: float) -> str | None:
    if ":" not in name and _parameter(start, name).spread.kind in ("none", "exponential"):
        return "nothing: this parameter has no SD"
    return _unless(0.0 <= value <= _WIDEST, f"an SD from 0 to {_WIDEST:g}")


def _unless(good: bool, meant: str) -> str | None:
    return None if good else meant


def _parameter(population: Population, name: str) -> Parameter:
    wanted = name.partition("@")[0]
    return next(each for each in population.network.parameters if each.name == wanted)
