"""Bands such as ``"<100"``, ``"100-149"`` and ``">=250"``: read from text, looked up by value."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

Meaning = TypeVar("Meaning")

_NUMBER: Final = r"(\d+(?:\.\d+)?(?:e\d+)?)"
_BELOW: Final = re.compile(rf"^<=?{_NUMBER}$")
_ABOVE: Final = re.compile(rf"^(>=?){_NUMBER}$")
_BETWEEN: Final = re.compile(rf"^{_NUMBER}-<?{_NUMBER}$")


@dataclass(frozen=True)
class Band(Generic[Meaning]):
    """One band; only its lower end matters, because bands stand next to each other.

    Attributes
    ----------
    text
        The band as it was published.
    lower
        Lower end; minus infinity for the first.
    open
        Whether the lower end itself belongs to the band below.
    meaning
        What the band stands for: points, a coefficient, a class.
    """

    text: str
    lower: float
    open: bool
    meaning: Meaning

    def begins_below(self, value: float) -> bool:
        """Tell whether `value` lies in this band or in a higher one."""
        return value > self.lower if self.open else value >= self.lower


def read_band(text: str, meaning: Meaning) -> Band[Meaning]:
    """Return the band that `text` describes.

    Raises
    ------
    ValueError
        If the text is no band.
    """
    if _BELOW.match(text):
        return Band(text, -math.inf, False, meaning)
    if above := _ABOVE.match(text):
        return Band(text, float(above.group(2)), above.group(1) == ">", meaning)
    if between := _BETWEEN.match(text):
        return Band(text, float(between.group(1)), False, meaning)
    raise ValueError(f"{text!r} is no band")


def look_up(bands: Sequence[Band[Meaning]], value: float) -> Band[Meaning]:
    """Return the band of `value`.

    Between "100-149" and "150-199" a value of 149.6 belongs to the lower band. A value below the
    first band belongs to the first: whether it may be asked for at all is not decided here.
    """
    ordered = sorted(bands, key=lambda band: band.lower)
    found = ordered[0]
    for band in ordered:
        if band.begins_below(value):
            found = band
    return found
