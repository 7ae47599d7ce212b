"""The space in which a calibration searches: named numbers, their scales and their priors."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import ModelError
from ifnfactory.population.release import Population, changed, number_at

Floats = NDArray[np.float64]
Scale = Literal["log", "logit", "linear"]
FREE: Final = Path(__file__).with_name("data") / "free.toml"
_KEYS: Final = {"path", "scale", "sd", "reason"}


@dataclass(frozen=True)
class Free:
    """A number that may move.

    Attributes
    ----------
    path
        Its name in a population.
    scale
        On which it moves.
    sd
        SD of its prior on that scale.
    reason
        Why it is as free as that.
    """

    path: str
    scale: Scale
    sd: float
    reason: str


@dataclass(frozen=True)
class Space:
    """Free numbers around a population; coordinates are in SDs of the priors.

    Attributes
    ----------
    centre
        The population at the origin.
    """

    centre: Population
    free: tuple[Free, ...]

    def numbers(self, z: Sequence[float] | Floats) -> dict[str, float]:
        """Return the numbers at a point, by path."""
        found: dict[str, float] = {}
        for item, step in zip(self.free, z, strict=True):
            moved = self._start(item) + item.sd * float(step)
            found[item.path] = _from_scale(moved, item.scale)
        return found

    def point(self, numbers: Mapping[str, float]) -> tuple[float, ...]:
        """Return the point of some numbers; those that are not named stand at their priors."""
        return tuple(
            (_to_scale(numbers[item.path], item.scale) - self._start(item)) / item.sd
            if item.path in numbers
            else 0.0
            for item in self.free
        )

    def _start(self, item: Free) -> float:
        return _to_scale(number_at(self.centre, item.path), item.scale)

    def population(self, z: Sequence[float] | Floats) -> Population:
        """Return the population at a point."""
        return changed(self.centre, self.numbers(z))


def load_free(path: Path = FREE) -> tuple[Free, ...]:
    """Read which numbers are free.

    Raises
    ------
    ModelError
        Listing every entry that is incomplete, strange or doubled.
    """
    items: list[Free] = []
    faults: list[str] = []
    for place, body in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["free"], 1):
        if set(body) != _KEYS:
            faults.append(f"{path.name}: entry {place} needs exactly {', '.join(sorted(_KEYS))}")
        elif body["scale"] not in get_args(Scale) or not float(body["sd"]) > 0:
            faults.append(
                f"{path.name}: entry {place}: scale is log, logit or linear, sd is positive"
            )
        elif body["path"] in {item.path for item in items}:
            faults.append(f"{path.name}: entry {place}: {body['path']} stands here twice")
        else:
            scale = cast("Scale", body["scale"])
            items.append(Free(body["path"], scale, float(body["sd"]), body["reason"]))
    if faults:
        raise ModelError("\n".join(faults))
    return tuple(items)


def _to_scale(value: float, scale: Scale) -> float:
    if scale == "linear":
        return value
    return math.log(value) if scale == "log" else math.log(value / (1.0 - value))


def _from_scale(value: float, scale: Scale) -> float:
    if scale == "linear":
        return value
    return math.exp(value) if scale == "log" else 1.0 / (1.0 + math.exp(-value))
