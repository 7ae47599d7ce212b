"""Units: one Pint registry, and the conversions that hepatitis B laboratories argue about."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import pint

COPIES_PER_IU: Final = 10.0**0.75
"""HBV DNA copies per international unit: log10 IU = log10 copies - 0.75 (evidence base, unit
conventions; assays range from 5 to 6 copies) [U-H]."""

_QUANTITY = re.compile(r"^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*?)\s*$")


@lru_cache(maxsize=1)
def registry() -> pint.UnitRegistry[Any]:
    """Return the package's unit registry, with international units and assay ratios."""
    ureg: pint.UnitRegistry[Any] = pint.UnitRegistry(cache_folder=None)
    ureg.define("international_unit = [international_unit] = IU")
    ureg.define("copies = [copies] = copy")
    ureg.define("cells = [cells] = cell")
    ureg.define("signal_to_cutoff = [signal_to_cutoff] = S_CO")
    ureg.define("enzyme_unit = [enzyme_activity] = U")
    return ureg


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> pint.Unit:
    """Return the unit that `text` names; ``"1"`` is dimensionless.

    Raises
    ------
    ValueError
        If the text names no unit.
    """
    if text.strip() in {"", "1"}:
        return registry().dimensionless
    try:
        return registry().parse_units(text)
    except Exception as error:  # Pint raises many kinds, all of which mean the same to a caller
        raise ValueError(f"{text!r} is not a unit") from error


def parse_quantity(text: str) -> tuple[float, str]:
    """Split ``"1.5 ug/kg"`` into its number and the text of its unit.

    Raises
    ------
    ValueError
        If the text does not begin with a number.
    """
    match = _QUANTITY.match(text)
    if match is None:
        raise ValueError(f"{text!r} is not a number with a unit")
    return float(match.group(1)), match.group(2)
