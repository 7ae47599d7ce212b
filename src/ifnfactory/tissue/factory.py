"""The factory in numbers: what interferon does to the virus, and to the making of interferon.

The same cells are followed with the same random numbers a second time without interferon, and a
third time without the loop by which interferon calls for more of itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.progress import Progress
from ifnfactory.foundation.table import ColumnTable
from ifnfactory.tissue.columns import booked
from ifnfactory.tissue.course import Course, Plan, follow
from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.measures import secondary_producers, spread_number
from ifnfactory.tissue.model_check import rate_values
from ifnfactory.tissue.niche import first_interferon, niche_length_um
from ifnfactory.tissue.sampling import EXTENT, first_of

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Factory:
    """What the factory does, float64 (replicates,) each.

    NaN where a model cannot tell, and where a run that it needs was stopped.

    Attributes
    ----------
    amplification
        Interferon made beyond that of the first producers, in units of what these make without the
        loop: further producers that each producer is worth.
    spread, spread_without
        Cells that an infected cell infects in the first generation, with and without interferon.
    generation_h
        How long a generation is taken to be [h].
    """

    amplification: Floats
    spread: Floats
    spread_without: Floats
    generation_h: float


@dataclass(frozen=True)
class Found:
    """A course, and the factory in numbers where they were asked for."""

    course: Course
    factory: Factory | None = None

    def table(self) -> ColumnTable:
        """Return a row a replicate: how it ended, speeds, lengths and numbers of the factory."""
        course, factory = self.course, self.factory
        outcomes, many = course.outcomes, course.plan.replicates
        none = np.full(many, math.nan)
        ours = (factory.amplification, factory.spread, factory.spread_without) if factory else ()
        return ColumnTable(
            ("replicate", "status", "ending", "extent", "front_speed", "niche_length",
             "amplification", "spread_number", "spread_number_without_interferon"),
            ("", "", "", "fraction", "cell diameters/h", "um", "producers per producer",
             "cells per cell", "cells per cell"),
            (
                np.arange(many),
                np.array([status.word for status in course.statuses]),
                np.array([outcome.ending.value for outcome in outcomes]),
                np.array([outcome.extent for outcome in outcomes]),
                np.array([outcome.speed for outcome in outcomes]),
                np.full(many, niche_length_um(course.plan.model)),
                *(ours or (none, none, none)),
            ),
        )  # fmt: skip


def look_at_factory(course: Course, threads: int = 1, progress: Progress | None = None) -> Factory:
    """Follow the plan of a course again, with parts of the factory switched off."""
    plan, spec = course.plan, course.plan.model.factory
    generation = float(evaluate(spec.generation, rate_values(plan.model))) / 60.0
    none = np.full(plan.replicates, math.nan)
    amplification = spread = spread_without = none
    if spec.without_loop:
        alone = follow(_without(plan, spec.without_loop), threads, progress=progress)
        pairs = zip(_made(course), _made(alone), strict=True)
        worth = np.array([secondary_producers(a, b) for a, b in pairs])
        amplification = np.where(course.stopped | alone.stopped, math.nan, worth)
    if spec.without_interferon and generation > 0.0:
        dark = follow(_without(plan, spec.without_interferon), threads, progress=progress)
        spread, spread_without = _spread(course, generation), _spread(dark, generation)
    return Factory(amplification, spread, spread_without, generation)


def _without(plan: Plan, names: Sequence[str]) -> Plan:
    model, drive = plan.model.with_values(dict.fromkeys(names, 0.0)), plan.drive
    if drive is not None:
        off = [item.name in names for item in model.inputs]
        drive = replace(drive, values=np.where(off, 0.0, drive.values))
    return replace(plan, model=model, drive=drive)


def _ends(course: Course) -> list[NDArray[np.int64]]:
    """Return the rows of each replicate."""
    which = np.asarray(course.table.column("replicate"))
    return [np.flatnonzero(which == replicate) for replicate in range(course.plan.replicates)]


def _made(course: Course) -> list[float]:
    """Return the interferon that cells made in each replicate; NaN for a model without any."""
    field = first_interferon(course.plan.model)
    if field is None:
        return [math.nan] * course.plan.replicates
    made = np.asarray(course.table.column(booked(field.name)[0]), dtype=np.float64)
    return [float(made[rows[-1]]) for rows in _ends(course)]


def _spread(course: Course, generation: float) -> Floats:
    name = first_of(course.plan.model, EXTENT)
    if name is None:
        return np.full(course.plan.replicates, math.nan)
    hours = np.asarray(course.table.column("hour"), dtype=np.float64)
    reached = np.asarray(course.table.column(name), dtype=np.float64)
    numbers = [spread_number(hours[rows], reached[rows], generation) for rows in _ends(course)]
    return np.where(course.stopped, math.nan, numbers)
