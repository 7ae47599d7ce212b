"""Units of rates, brought to the minutes and micrometres of the kernels."""

from __future__ import annotations

import math
import re
from typing import Final

import pint

from ifnfactory.foundation.units import parse_unit, registry

_TO_MINUTES: Final = ("s", "min", "h", "hour", "d", "day", "week", "year")
_TO_MICROMETRES: Final = ("nm", "um", "mm", "cm", "m")
_COUNTED: Final = ("molecules", "molecule", "virions", "virion", "cells", "cell", "sites", "site")
_WORD: Final = re.compile(r"([A-Za-zµ]+)(\d*)")


def canonical_factor(unit: str) -> float:
    """Return what a value in `unit` has to be multiplied with.

    Times become minutes and lengths micrometres; concentrations and amounts stay as they are.

    Raises
    ------
    ValueError
        If the text names no unit.
    """
    wanted = parse_unit(_WORD.sub(_canonical, unit))
    try:
        factor = float(registry().Quantity(1.0, unit_of(unit)).to(wanted).magnitude)
    except OverflowError:
        factor = math.inf
    if not 0.0 < factor < math.inf:
        raise ValueError(f"{unit!r} is no unit that can be computed with")
    return factor


def unit_of(unit: str) -> pint.Unit:
    """Return a unit of a cell model; what is counted has no dimension.

    Raises
    ------
    ValueError
        If the text names no unit.
    """
    return parse_unit(_WORD.sub(_plain, unit))


def _plain(found: re.Match[str]) -> str:
    word, power = found.group(1), found.group(2)
    if word in _COUNTED:
        word = "count"
    return f"{word}**{power}" if power else word


def _canonical(found: re.Match[str]) -> str:
    word, power = found.group(1), found.group(2)
    if word in _TO_MINUTES:
        word = "min"
    elif word in _TO_MICROMETRES:
        word = "um"
    elif word in _COUNTED:
        word = "count"
    return f"{word}**{power}" if power else word
