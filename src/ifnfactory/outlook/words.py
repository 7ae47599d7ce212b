"""Estimates as a reader meets them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from ifnfactory.outlook.comparisons import Estimate, Row

if TYPE_CHECKING:
    from ifnfactory.outlook.validate import Validation

MISSING: Final = "–"


def in_words(row: Row) -> str:
    """Return ``"31.0 (29.0 to 33.1)"`` with the decimals that the unit deserves.

    Where there is no number, what stands behind the colon of the title says why.
    """
    found, unit = row.estimate, row.unit
    if not math.isfinite(found.value) and ":" in row.title:
        return row.title.split(": ", 1)[1]
    digits = {"%": 1, "year": 2, "per 1,000": 0, "persons": 1}.get(unit, 0)

    def number(value: float) -> str:
        return MISSING if not math.isfinite(value) else f"{value:,.{digits}f}".replace("-", "−")

    if found.low is None or found.high is None:
        return number(found.value)
    return f"{number(found.value)} ({number(found.low)} to {number(found.high)})"


def thousands(found: Estimate) -> str:
    """Return an estimate of persons in thousands."""

    def number(value: float) -> str:
        return f"{value / 1e3:,.0f}".replace("-", "−")

    if found.low is None or found.high is None:
        return number(found.value)
    return f"{number(found.value)} ({number(found.low)} to {number(found.high)})"


def inside_in_words(validation: Validation) -> str:
    """Return how many rows lie inside: all, those that the model was fitted to, the others."""

    def told(fitted: bool | None) -> str:
        inside, rows = validation.inside(fitted)
        return f"{inside} of {rows} ({validation.inside_percent(fitted):.1f} %)"

    return f"Inside: {told(None)}; of the fitted {told(True)}, of the independent {told(False)}."
