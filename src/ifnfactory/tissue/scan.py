"""How an infection ends over a grid of parameters: the phase diagram."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.lines import Path
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.foundation.table import ColumnTable
from ifnfactory.tissue.course import Course, Plan, follow
from ifnfactory.tissue.measures import Share
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.niche import NICHE, at_point, niche_rate
from ifnfactory.tissue.outcome import Ending, Outcome, commonest, contained
from ifnfactory.tissue.state import Status
from ifnfactory.tissue.value_check import value_faults

Keep = Callable[[NDArray[np.float64]], None]

POINTS_MAX: Final = 2500


@dataclass(frozen=True)
class Axis:
    """A parameter and its values."""

    name: str
    label: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Scan:
    """Outcomes of every replicate at every point.

    Attributes
    ----------
    outcomes
        By the index on the first axis and, where there is a second, by that on the second.
    statuses
        How every replicate of every point ended.
    """

    plan: Plan
    axes: tuple[Axis, ...]
    outcomes: Mapping[tuple[int, int], tuple[Outcome, ...]]
    statuses: tuple[Status, ...]

    def ending(self, i: int, j: int) -> Ending:
        """Return the commonest ending at a point."""
        return commonest(self.outcomes[i, j])

    def extent(self, i: int, j: int) -> float:
        """Return the mean share of cells that the infection reached at a point."""
        return _mean([outcome.extent for outcome in self.outcomes[i, j]])

    def contained(self, i: int, j: int) -> Share:
        """Return how many replicates of a point were contained, of those that were not stopped."""
        return contained(self.outcomes[i, j])

    @property
    def stopped(self) -> NDArray[np.bool_]:
        """Which runs did not reach their end, bool (points x replicates,)."""
        return np.array([status is not Status.COMPLETED for status in self.statuses])

    def table(self) -> ColumnTable:
        """Return a row a point: values, ending, extent, containment, speed, how many stopped."""
        points = sorted(self.outcomes)
        values = [np.array([axis.values[p[k]] for p in points]) for k, axis in enumerate(self.axes)]
        shares = [self.contained(*p) for p in points]
        speeds = [_mean([o.speed for o in self.outcomes[p]]) for p in points]
        return ColumnTable(
            (
                *(axis.name for axis in self.axes),
                *("ending", "extent", "contained", "contained_low", "contained_high"),
                *("front_speed", "stopped"),
            ),
            (
                *(_unit(axis) for axis in self.axes),
                *("", *("fraction",) * 4, "cell diameters/h", "replicates"),
            ),
            (
                *values,
                np.array([self.ending(*p).value for p in points]),
                np.array([self.extent(*p) for p in points]),
                np.array([share.value for share in shares]),
                np.array([share.interval[0] for share in shares]),
                np.array([share.interval[1] for share in shares]),
                np.array(speeds),
                np.array([len(self.outcomes[p]) - self.contained(*p).of for p in points]),
            ),
        )


def _mean(values: Sequence[float]) -> float:
    """Return the mean of the numbers among `values`; NaN where there are none."""
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan


def _unit(axis: Axis) -> str:
    return axis.label.partition("[")[2].rstrip("]")


def parse_axes(texts: Sequence[str], model: Model) -> tuple[Axis, ...]:
    """Return the axes that ``--param`` options describe: ``name=low:high:count``.

    Values are spaced evenly in their logarithm where they span a factor of ten or more.

    Raises
    ------
    UserInputError
        With everything that is wrong.
    """
    problems: list[Problem] = []
    axes: list[Axis] = []
    for text in texts:
        axis = _axis(text, model, problems)
        if axis is not None:
            axes.append(axis)
    if not 1 <= len(texts) <= 2:
        problems.append(Problem(f"{len(texts)} parameters", "--param", "give one or two"))
    if len({axis.name for axis in axes}) < len(axes):
        problems.append(Problem("one parameter twice", "--param", "name two different ones"))
    points = math.prod(len(axis.values) for axis in axes)
    if points > POINTS_MAX:
        told = f"{points:,} points are too many for one diagram"
        problems.append(Problem(told, "--param", f"give {POINTS_MAX:,} or fewer"))
    problems = problems or _point_problems(axes, model)
    if problems:
        raise UserInputError(problems)
    return tuple(axes)


def _point_problems(axes: Sequence[Axis], model: Model) -> list[Problem]:
    """Return what is wrong with the model at points of the grid; each fault where it is first."""
    found: dict[Path, Problem] = {}
    for point in product(*(axis.values for axis in axes)):
        values = dict(zip((axis.name for axis in axes), point, strict=True))
        for fault in value_faults(at_point(model, values)):
            told = " ".join(f"{name}={value:g}" for name, value in values.items())
            found.setdefault(fault.path, Problem(fault.what, f"--param at {told}", fault.fix))
    return list(found.values())


def _axis(text: str, model: Model, problems: list[Problem]) -> Axis | None:
    where = f"--param {text}"
    name, _, span = text.partition("=")
    try:
        low, high = (float(part) for part in span.split(":")[:2])
        count = int(span.split(":")[2])
    except (ValueError, IndexError):
        problems.append(Problem("this is no range", where, "write name=low:high:count"))
        return None
    known = {rate.name: rate.unit for rate in model.rates}
    if name == NICHE and NICHE not in known:
        unit = "um"
        if niche_rate(model) is None:
            told = f"{model.name} has no interferon whose diffusion is a single rate"
            problems.append(Problem(told, where, "scan one of its rates instead"))
            return None
    elif name in known:
        unit = known[name]
    else:
        fix = f"its rates are {', '.join(sorted(known))}; {NICHE} is there for every interferon"
        problems.append(Problem(f"{model.name} has no rate {name!r}", where, fix))
        return None
    good = math.isfinite(high) and 0.0 <= low < high and len(span.split(":")) == 3
    if not good or not 2 <= count <= POINTS_MAX:
        fix = f"give 0 or more, rising, and 2 to {POINTS_MAX:,} values"
        problems.append(Problem("this range holds no values", where, fix))
        return None
    wide = low > 0.0 and high / low >= 10.0
    spaced = np.geomspace if wide else np.linspace
    values = tuple(float(value) for value in spaced(low, high, count))
    return Axis(name, f"{name.replace('_', ' ')} [{unit}]", values)


def scan(
    plan: Plan,
    axes: tuple[Axis, ...],
    threads: int = 1,
    progress: Progress | None = None,
    done: NDArray[np.float64] | None = None,
    keep: Keep | None = None,
) -> Scan:
    """Follow the plan at every point of the grid.

    Parameters
    ----------
    done
        What `keep` was last called with: these points are taken as they are.
    keep
        Called whenever a point is finished, with all points so far, float64
        (points, replicates, 4): ending, extent, speed and status of each replicate.
    """
    watcher: Progress = Silent() if progress is None else progress
    points = list(product(*(range(len(axis.values)) for axis in axes)))
    watcher.begin("phase diagram", len(points))
    rows = [] if done is None else list(done)
    watcher.advance(len(rows))
    for place in points[len(rows) :]:
        values = {axis.name: axis.values[at] for axis, at in zip(axes, place, strict=True)}
        course = follow(replace(plan, model=at_point(plan.model, values)), threads)
        rows.append(_numbers(course))
        if keep is not None:
            keep(np.array(rows))
        watcher.advance()
    watcher.end()
    found: dict[tuple[int, int], tuple[Outcome, ...]] = {}
    for place, row in zip(points, rows, strict=True):
        across, up = (*place, 0)[:2]
        found[across, up] = tuple(_outcome(values) for values in row)
    statuses = tuple(Status(int(values[3])) for row in rows for values in row)
    return Scan(plan, axes, found, statuses)


def _numbers(course: Course) -> NDArray[np.float64]:
    """Return ending, extent, speed and status of each replicate, float64 (replicates, 4)."""
    endings = list(Ending)
    return np.array([
        (endings.index(o.ending), o.extent, o.speed, int(status))
        for o, status in zip(course.outcomes, course.statuses, strict=True)
    ])  # fmt: skip


def _outcome(values: NDArray[np.float64]) -> Outcome:
    return Outcome(list(Ending)[int(values[0])], float(values[1]), float(values[2]))
