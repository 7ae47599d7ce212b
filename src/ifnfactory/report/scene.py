"""What the figures draw, freed of where it came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Spell:
    """One drug of one arm, from a week to a week."""

    label: str
    start_week: float
    stop_week: float


@dataclass(frozen=True)
class ArmScene:
    """An arm as the report shows it.

    Attributes
    ----------
    name
        Identifier in the protocol.
    label
        Words for a heading.
    patients, n_published
        Patients simulated, and patients in the published arm if known.
    prescription
        One line per course.
    spells
        The same courses as bars on a time axis; empty for an untreated arm.
    """

    name: str
    label: str
    patients: int
    n_published: int | None
    prescription: tuple[str, ...]
    spells: tuple[Spell, ...]

    @property
    def end_of_treatment(self) -> float:
        """Week in which the last drug stops; 0 for an untreated arm."""
        return max((spell.stop_week for spell in self.spells), default=0.0)


@dataclass(frozen=True)
class Band:
    """Median and 5 to 95 % band of a marker over the visits, each of shape (visits,)."""

    week: FloatArray
    low: FloatArray
    median: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class Point:
    """A published value; `low` and `high` are None where no interval was published."""

    week: float
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class MarkerScene:
    """A laboratory marker in every arm.

    Attributes
    ----------
    title, unit
        Words for the heading and the axis.
    log
        Whether the axis is logarithmic.
    limit, limit_label
        A level to draw (limit of quantification, limit of normal) and its name.
    bands
        One a arm.
    points
        Published means, one tuple an arm.
    """

    title: str
    unit: str
    log: bool
    limit: float | None
    limit_label: str
    bands: tuple[Band, ...]
    points: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True)
class Curve:
    """A simulated endpoint over the visits with its 95 % interval, each of shape (visits,)."""

    week: FloatArray
    value: FloatArray
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True)
class EndpointScene:
    """An endpoint over time in every arm, with what was published."""

    title: str
    unit: str
    curves: tuple[Curve, ...]
    points: tuple[tuple[Point, ...], ...]
