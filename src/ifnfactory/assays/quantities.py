"""Reading laboratory values as people write them: units, conversions, and what cannot be.

A value without a unit is in the test's own unit, except HBV DNA: international units and copies
differ by a factor of 5.6, and both are in use, so the unit has to be said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ifnfactory.foundation.units import COPIES_PER_IU, parse_quantity

CENSORED_WORDS: Final = ("undetectable", "not detected", "negative")


class ReadingError(ValueError):
    """A value that cannot be read: `what` is wrong, and the `fix`."""

    def __init__(self, what: str, fix: str) -> None:
        self.what = what
        self.fix = fix
        super().__init__(f"{what} — {fix}")


@dataclass(frozen=True)
class LabTest:
    """A laboratory test and the ways to write its result.

    Attributes
    ----------
    label
        What to call it in a sentence.
    unit
        The unit that is used inside.
    factors
        Other accepted units, each with the factor to `unit`.
    low, high
        What can be measured in a living person, in `unit`. The limits are engineering choices
        (`prior`), wide enough for every patient: they catch slips of the unit, nothing else.
    slip
        The usual slip behind an impossible value.
    needs_unit
        Whether a number alone is refused.
    may_be_undetectable
        Whether "undetectable" and "<20 IU/mL" are results.
    """

    label: str
    unit: str
    low: float
    high: float
    slip: str
    factors: tuple[tuple[str, float], ...] = ()
    needs_unit: bool = False
    may_be_undetectable: bool = False

    @property
    def example(self) -> str:
        """A result that can be read."""
        middle = (max(self.low, 1e-3) * self.high) ** 0.5
        return f"{float(f'{middle:.1g}'):g} {self.unit}"


# 1 katal is 1 mol/s, 1 enzyme unit is 1 umol/min: 1 ukat/L is 60 U/L by definition.
_ENZYME: Final = (("IU/L", 1.0), ("ukat/L", 60.0))
_COUNT: Final = (("10^9/L", 1.0), ("G/L", 1.0), ("10^3/uL", 1.0), ("/uL", 1e-3), ("/mm3", 1e-3))
_SLIP_ENZYME: Final = "it may be in ukat/L or in multiples of the upper limit of normal"

PLATELETS: Final = LabTest("platelets", "1e9/L", 1, 2000, "it may be per microlitre", _COUNT)
NEUTROPHILS: Final = LabTest("neutrophils", "1e9/L", 0.01, 100, "it may be per microlitre", _COUNT)
ALBUMIN: Final = LabTest("albumin", "g/L", 10, 70, "it may be in g/dL", (("g/dL", 10.0),))
BILIRUBIN: Final = LabTest("bilirubin", "umol/L", 1, 1500, "it may be in mg/dL", (("mg/dL", 17.1),))
ALT: Final = LabTest("ALT", "U/L", 3, 30000, _SLIP_ENZYME, _ENZYME)
AST: Final = LabTest("AST", "U/L", 3, 30000, _SLIP_ENZYME, _ENZYME)
GGT: Final = LabTest("GGT", "U/L", 3, 30000, _SLIP_ENZYME, _ENZYME)
UPPER_LIMIT: Final = LabTest("the upper limit of normal", "U/L", 10, 150, _SLIP_ENZYME, _ENZYME)
HBV_DNA: Final = LabTest(
    "HBV DNA",
    "IU/mL",
    1e-2,
    1e12,
    "it may be a log10",
    (("copies/mL", 1 / COPIES_PER_IU),),
    needs_unit=True,
    may_be_undetectable=True,
)
HBV_DNA_COPIES: Final = LabTest(
    "HBV DNA",
    "copies/mL",
    1e-2,
    1e13,
    "it may be a log10",
    (("IU/mL", COPIES_PER_IU),),
    needs_unit=True,
)
HBSAG: Final = LabTest("HBsAg", "IU/mL", 1e-4, 1e7, "it may be a log10", may_be_undetectable=True)
LOG10_HBCRAG: Final = LabTest("log10 HBcrAg", "log10 U/mL", 0, 10, "it may not be a log10")
LIVER_STIFFNESS: Final = LabTest("liver stiffness", "kPa", 1, 80, "it may be in m/s")
CREATININE_CLEARANCE: Final = LabTest(
    "creatinine clearance", "mL/min", 1, 300, "it may be serum creatinine"
)


def read_lab(test: LabTest, text: str) -> float:
    """Return a result in the unit of `test`; 0 where it is below the limit of detection.

    Raises
    ------
    ReadingError
        If the text is no number, has another unit, or cannot be true.
    """
    written = text.strip()
    below = written.startswith("<")
    if below or written.lower() in CENSORED_WORDS:
        if not test.may_be_undetectable:
            fix = f"give the limit of detection itself, for example {test.example!r}"
            raise ReadingError(f"{test.label} {written!r} is no number", fix)
        if not below:
            return 0.0
        written = written[1:]
    try:
        value, unit = parse_quantity(written)
    except ValueError:
        fix = f"write for example {test.example!r}"
        raise ReadingError(f"{test.label} {text!r} is no number", fix) from None
    result = value * _factor(test, unit, text)
    if not test.low <= result <= test.high:
        # The fix names the unit, because that is what is nearly always wrong.
        fix = f"give {test.unit}, between {test.low:g} and {test.high:g} ({test.slip})"
        raise ReadingError(f"{test.label} of {result:g} {test.unit} is impossible", fix)
    return 0.0 if below else result


def read_age(text: str) -> float:
    """Return an age [year].

    Raises
    ------
    ReadingError
        If the text is no number between 0 and 120.
    """
    try:
        age = float(text.strip())
    except ValueError:
        raise ReadingError(f"age {text!r} is no number", "give years, for example 52") from None
    if not 0 <= age <= 120:
        raise ReadingError(f"an age of {age:g} years is impossible", "give years, 0 to 120")
    return age


def _factor(test: LabTest, unit: str, text: str) -> float:
    units = ((test.unit, 1.0), *test.factors)
    accepted = " or ".join(name for name, _ in units)
    if not unit:
        if test.needs_unit:
            fix = f"add {accepted}, for example {test.example!r}"
            raise ReadingError(f"{test.label} {text!r} has no unit", fix)
        return 1.0
    for name, factor in units:
        if _plain(unit) == _plain(name):
            return factor
    raise ReadingError(f"{test.label} {text!r} has the unit {unit!r}", f"give {accepted}")


def _plain(unit: str) -> str:
    """Return one spelling for the many of a unit."""
    plain = unit.lower().replace(" ", "").replace("µ", "u").replace("μ", "u")
    plain = plain.replace("×", "").replace("⁹", "^9").replace("³", "^3").lstrip("x*")
    return plain.replace("1e9", "10^9").replace("10e9", "10^9").replace("1e3", "10^3")
