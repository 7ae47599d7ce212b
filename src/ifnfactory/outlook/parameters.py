"""Every number of the outlook model, with its interval and its source; and draws from them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.streams import stream

CHAPTERS: Final = (
    "phases",
    "cirrhosis",
    "cancer",
    "liver",
    "treatment",
    "markers",
    "utilities",
)
"""Files of ``hazards/``, in the order in which a reader wants them."""

PER_YEAR: Final = "1/year"
_NORMAL: Final = NormalDist()
_Z_95: Final = _NORMAL.inv_cdf(0.975)


@dataclass(frozen=True)
class Parameter:
    """One number.

    Attributes
    ----------
    name, chapter
        Key and file.
    value
        As published, or derived from what is published.
    low, high
        Its interval, or None for a number that is not drawn.
    used
        The number in force: `value`, or what calibration made of it inside the interval.
    """

    name: str
    chapter: str
    value: float
    low: float | None
    high: float | None
    used: float
    unit: str
    source: Source

    def at(self, quantile: float) -> float:
        """Return the value at a quantile of the parameter's distribution.

        `used` is the median. On either side lies half of a normal distribution whose 2.5 and
        97.5 % are the ends of the interval, cut off there: of the logarithm, or of the number
        itself where the interval begins at 0, which a logarithm cannot reach. So the central run
        stands in the middle of the draws also where `used` lies near an end.

        Parameters
        ----------
        quantile
            Between 0 and 1.
        """
        low, high = self.low, self.high
        if low is None or high is None or high <= low:
            return self.used
        way = _NORMAL.inv_cdf(0.025 + 0.95 * quantile) / _Z_95
        end = high if way > 0 else low
        if low <= 0.0:
            return self.used + abs(way) * (end - self.used)
        return min(max(self.used * (end / self.used) ** abs(way), low), high)


@dataclass(frozen=True)
class Values:
    """A value for every parameter.

    Attributes
    ----------
    names
        As `parameters()` lists them.
    numbers
        Shape (parameters,).
    """

    names: tuple[str, ...]
    numbers: NDArray[np.float64]

    def __getitem__(self, name: str) -> float:
        return float(self.numbers[self.names.index(name)])

    def with_changes(self, changes: Mapping[str, float]) -> Values:
        """Return the same values but for those that `changes` names.

        Raises
        ------
        KeyError
            If there is no such parameter.
        """
        numbers = self.numbers.copy()
        for name, number in changes.items():
            if name not in self.names:
                raise KeyError(name)
            numbers[self.names.index(name)] = number
        return Values(self.names, numbers)


@lru_cache(maxsize=1)
def parameters() -> tuple[Parameter, ...]:
    """Return every parameter of the package, chapter by chapter."""
    found: list[Parameter] = []
    folder = files("ifnfactory.outlook").joinpath("hazards")
    for chapter in CHAPTERS:
        text = folder.joinpath(f"{chapter}.toml").read_text(encoding="utf-8")
        for name, entry in tomllib.loads(text).items():
            low, high = entry.get("low"), entry.get("high")
            found.append(
                Parameter(
                    name=name,
                    chapter=chapter,
                    value=float(entry["value"]),
                    low=None if low is None else float(low),
                    high=None if high is None else float(high),
                    used=float(entry.get("used", entry["value"])),
                    unit=entry["unit"],
                    source=Source(entry["source"], entry["tag"]),
                )
            )
    return tuple(found)


def central() -> Values:
    """Return the values in force."""
    every = parameters()
    return Values(tuple(p.name for p in every), np.array([p.used for p in every]))


def drawn(seed: int, draw: int) -> Values:
    """Return one draw of all parameters from their intervals, independent of each other.

    Parameters
    ----------
    seed, draw
        The same pair gives the same values; a new parameter leaves those of the others.
    """
    every = parameters()
    quantiles = [float(stream(seed, "outlook", "parameters", p.name, draw).random()) for p in every]
    numbers = [p.at(quantile) for p, quantile in zip(every, quantiles, strict=True)]
    return Values(tuple(p.name for p in every), np.array(numbers))


def unknown_fix(name: str) -> str:
    """Return what to tell somebody who named an unknown parameter."""
    names = [parameter.name for parameter in parameters()]
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else "see the list in docs/outlook.md"
