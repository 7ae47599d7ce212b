"""Doses and intervals, written as on a prescription: ``"1.5 ug/kg"``, ``"3 per week"``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from ifnfactory.foundation.units import parse_quantity
from ifnfactory.pharmacology.drug import Drug, Interferon, TargetedDrug

DoseUnit = Literal["ug", "mg", "MIU", "dose"]

_UNITS: Final[dict[str, DoseUnit]] = {
    "ug": "ug",
    "µg": "ug",  # micro sign
    "μg": "ug",  # Greek mu
    "mcg": "ug",
    "mg": "mg",
    "miu": "MIU",
    "mu": "MIU",
    "dose": "dose",
    "doses": "dose",
}
_WEEKLY_PATTERNS: Final = {
    1: (0.0,),
    2: (0.0, 3.0),
    3: (0.0, 2.0, 4.0),
    4: (0.0, 2.0, 4.0, 6.0),
    5: (0.0, 1.0, 2.0, 3.0, 4.0),
    6: (0.0, 1.0, 2.0, 3.0, 4.0, 5.0),
    7: (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0),
}
"""Days of the week on which a drug is given n times: three times weekly is Mon, Wed, Fri."""
_EVERY: Final = re.compile(r"^(?:every\s+)?(\d+)?\s*(day|week)s?$")
_PER_WEEK: Final = re.compile(r"^(\d+)\s*(?:times\s+)?(?:per|a|/)\s*week$")
_WORDS: Final = {"once daily": "1 day", "daily": "1 day", "once weekly": "1 week"}
_TIMES: Final = {1: "once", 2: "twice", 3: "three times", 4: "four times", 5: "five times"}


@dataclass(frozen=True)
class Dose:
    """One administration.

    Attributes
    ----------
    amount
        Amount in `unit`, per kilogram if `per_kg`; positive.
    unit
        ``"ug"``, ``"mg"``, ``"MIU"`` (million international units) or ``"dose"`` (of what is
        counted, not weighed: a vaccine).
    per_kg
        Whether the amount is per kilogram of body weight.
    """

    amount: float
    unit: DoseUnit
    per_kg: bool = False

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}{'/kg' if self.per_kg else ''}"


@dataclass(frozen=True)
class Interval:
    """How often a dose is given.

    Attributes
    ----------
    period
        Length of the repeating pattern [day].
    offsets
        Days of the pattern on which a dose is given, beginning with 0.
    """

    period: float
    offsets: tuple[float, ...] = (0.0,)

    @property
    def doses_per_day(self) -> float:
        """Average number of doses a day."""
        return len(self.offsets) / self.period

    def __str__(self) -> str:
        n = len(self.offsets)
        if n > 1:
            return f"{_TIMES.get(n, f'{n} times')} weekly"
        if self.period == 1:
            return "once daily"
        if self.period == 7:
            return "once weekly"
        if self.period % 7 == 0:
            return f"every {self.period / 7:g} weeks"
        return f"every {self.period:g} days"


def parse_dose(text: str) -> Dose:
    """Return the dose that `text` describes.

    Raises
    ------
    ValueError
        If the text is no dose, has another unit, or is not positive.
    """
    amount, unit_text = parse_quantity(text)
    base, slash, weight = unit_text.partition("/")
    unit = _UNITS.get(base.strip().lower())
    if unit is None or (slash and weight.strip().lower() != "kg"):
        raise ValueError(
            f"a dose is in ug, mg or MIU, with /kg if by body weight, or in doses; "
            f"{unit_text!r} is none of them"
        )
    if not 0 < amount < float("inf"):
        raise ValueError(f"a dose is positive; {text!r} is not")
    return Dose(amount, unit, bool(slash))


def parse_interval(text: str) -> Interval:
    """Return the interval that `text` describes.

    Raises
    ------
    ValueError
        If the text is no interval.
    """
    wanted = _WORDS.get(text.strip().lower(), text.strip().lower())
    if match := _PER_WEEK.match(wanted):
        count = int(match.group(1))
        if count in _WEEKLY_PATTERNS:
            return Interval(7.0, _WEEKLY_PATTERNS[count])
    elif match := _EVERY.match(wanted):
        count = int(match.group(1) or 1)
        if count > 0:
            return Interval(float(count * (7 if match.group(2) == "week" else 1)))
    raise ValueError(
        f'{text!r} is no interval; write "1 week", "2 weeks", "1 day" or "3 per week" (1 to 7)'
    )


def micrograms(dose: Dose, drug: Drug) -> float:
    """Return the amount of `dose` in micrograms, or in doses where the drug is counted in them.

    Per kilogram if the dose is.

    Raises
    ------
    ValueError
        If the drug is not given in that unit.
    """
    counted = isinstance(drug, TargetedDrug) and drug.half_amount.unit == "dose"
    if counted != (dose.unit == "dose"):
        raise ValueError(
            f"{drug.label} is not dosed in {dose.unit}; write for example {drug.usual_dose}"
        )
    if dose.unit in ("ug", "dose"):
        return dose.amount
    if dose.unit == "mg":
        return dose.amount * 1e3
    if isinstance(drug, Interferon) and drug.specific_activity is not None:
        return dose.amount / drug.specific_activity.value * 1e3
    raise ValueError(
        f"{drug.label} is not dosed in international units; its usual dose is {drug.usual_dose}"
    )
