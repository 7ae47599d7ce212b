"""Units of the package as SBML unit definitions, as far as SBML can say them.

SBML knows no international units, enzyme units or assay ratios: these become dimensionless.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ifnfactory.foundation.units import parse_unit, registry

_KINDS = {"gram": "gram", "second": "second", "cells": "item", "copies": "item"}
_SUBSTANCE = {"gram", "item", "dimensionless"}


@dataclass(frozen=True)
class SbmlUnit:
    """One factor of a unit definition: (multiplier × kind) ** exponent."""

    kind: str
    multiplier: float
    exponent: float


@dataclass(frozen=True)
class SbmlUnits:
    """A unit definition.

    Attributes
    ----------
    identifier
        Its SBML id.
    factors
        Empty for a dimensionless unit.
    complete
        False where part of the unit had to be dropped.
    """

    identifier: str
    factors: tuple[SbmlUnit, ...]
    complete: bool

    @property
    def is_substance(self) -> bool:
        """Whether SBML allows it as the unit of a species."""
        return self.complete and (
            not self.factors
            or (
                len(self.factors) == 1
                and self.factors[0].exponent == 1
                and self.factors[0].kind in _SUBSTANCE
            )
        )


def sbml_units(text: str) -> SbmlUnits:
    """Return the unit definition for a unit such as ``"ug/L"``."""
    factors: list[SbmlUnit] = []
    complete = True
    quantity: Any = registry().Quantity(1.0, parse_unit(text))
    for name, exponent in quantity.unit_items():
        factor = _factor(name, float(exponent))
        complete = complete and factor is not None
        if factor is not None:
            factors.append(factor)
    spelled = text.replace("/", "_per_").replace("*", "_")
    identifier = "unit_" + re.sub(r"\W", "_", spelled) if factors else "dimensionless"
    return SbmlUnits(identifier, tuple(factors), complete)


def _factor(name: str, exponent: float) -> SbmlUnit | None:
    root: Any = registry().Quantity(1.0, name).to_root_units()
    items = dict(root.unit_items())
    if items == {"meter": 3}:
        return SbmlUnit("litre", float(root.magnitude) * 1000.0, exponent)
    kind = _KINDS.get(next(iter(items))) if list(items.values()) == [1] else None
    return None if kind is None else SbmlUnit(kind, float(root.magnitude), exponent)
