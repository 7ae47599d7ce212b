"""Markers over time: one panel an arm, median and 5 to 95 % band."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from ifnfactory.report.look import INK, SHADE, arm_colour, arm_mark
from ifnfactory.report.scene import ArmScene, Band, MarkerScene, Point
from ifnfactory.report.svg import draw

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
COLUMNS = 3
WIDTH_IN = 10.4
ROW_IN = 2.35


def marker_figure(name: str, marker: MarkerScene, arms: Sequence[ArmScene]) -> str:
    """Return the SVG of one marker: a panel for each arm, on common axes."""
    description = (
        f"{marker.title} in {marker.unit} over the weeks of the trial, "
        f"median and 5 to 95 % of patients, one panel an arm: "
        + ", ".join(arm.label for arm in arms)
    )
    return draw(name, description, lambda: _paint(marker, arms))


def grid(count: int, sharey: bool) -> tuple[Figure, list[Axes]]:
    """Return a figure of `count` panels in rows of three, all as wide as a third of the page.

    The margins are fixed, so that panels of different figures stand in line on the page.
    """
    rows = -(-count // COLUMNS)
    height = ROW_IN * rows + 0.1
    figure = Figure(figsize=(WIDTH_IN, height))
    axes = figure.subplots(rows, COLUMNS, sharex=True, sharey=sharey, squeeze=False)
    figure.subplots_adjust(
        left=0.54 / WIDTH_IN,
        right=1 - 0.08 / WIDTH_IN,
        top=1 - 0.25 / height,
        bottom=0.45 / height,
        wspace=0.08 if sharey else 0.24,
        hspace=0.42,
    )
    panels = list(axes.flat)
    for spare in panels[count:]:
        spare.remove()
    return figure, panels[:count]


def weeks_axis(axes: Axes, last_week: float) -> None:
    """Mark quarters of a year and name the axis."""
    step = 12 if last_week <= 110 else 24 if last_week <= 220 else 52
    axes.set_xticks(np.arange(0, last_week + 1, step))
    axes.tick_params(labelbottom=True)
    axes.set_xlim(-last_week * 0.02, last_week * 1.045)
    axes.set_xlabel("week")


def _paint(marker: MarkerScene, arms: Sequence[ArmScene]) -> Figure:
    figure, panels = grid(len(arms), sharey=True)
    last_week = max(float(band.week[-1]) for band in marker.bands)
    for index, (axes, arm) in enumerate(zip(panels, arms, strict=True)):
        if marker.log:
            axes.set_yscale("log")
        if arm.spells:
            start = min(spell.start_week for spell in arm.spells)
            axes.axvspan(start, arm.end_of_treatment, color=SHADE, linewidth=0, zorder=0)
        for other, band in enumerate(marker.bands):
            if other != index:
                axes.plot(band.week, band.median, color="#c3ccd5", linewidth=0.9, zorder=2)
        _band(axes, marker.bands[index], arm_colour(index))
        _points(axes, marker.points[index], index)
        if marker.limit is not None:
            axes.axhline(marker.limit, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=3)
        axes.set_title(arm.label, loc="left", color=arm_colour(index), fontweight="bold")
        weeks_axis(axes, last_week)
        if index % COLUMNS == 0:
            axes.set_ylabel(marker.unit)
            axes.tick_params(labelleft=True)
    _heights(panels[0], marker)
    return figure


def _band(axes: Axes, band: Band, colour: str) -> None:
    axes.fill_between(
        band.week, band.low, band.high, color=colour, alpha=0.16, linewidth=0, zorder=3
    )
    axes.plot(band.week, band.median, color=colour, linewidth=1.8, zorder=4)


def _points(axes: Axes, points: Sequence[Point], index: int) -> None:
    for point in points:
        published_mark(axes, point, index, point.week)


def published_mark(axes: Axes, point: Point, index: int, week: float) -> None:
    """Draw a published value: hollow, with a whisker where an interval was published."""
    colour = arm_colour(index)
    if point.low is not None and point.high is not None:
        axes.plot([week, week], [point.low, point.high], color=colour, linewidth=1.2, zorder=5)
    axes.plot(
        [week],
        [point.value],
        marker=arm_mark(index),
        markersize=5.2,
        markerfacecolor="white",
        markeredgecolor=colour,
        markeredgewidth=1.4,
        linestyle="none",
        zorder=6,
    )


def _heights(axes: Axes, marker: MarkerScene) -> None:
    """Choose the common vertical range: everything drawn, and the limit with some air."""
    stacked = np.concatenate([np.concatenate([band.low, band.high]) for band in marker.bands])
    drawn = [*stacked[np.isfinite(stacked)].tolist()]
    drawn += [point.value for points in marker.points for point in points]
    if marker.limit is not None:
        drawn.append(marker.limit)
    if marker.log:
        positive = [value for value in drawn if value > 0.0] or [1.0]
        low, high = np.log10(min(positive)), np.log10(max(positive))
        axes.set_ylim(10 ** (low - 0.35), 10 ** (high + 0.35))
        decades = max(1, int(np.ceil((high - low + 0.7) / 6)))
        axes.yaxis.set_major_locator(LogLocator(base=10.0**decades, numticks=12))
        axes.yaxis.set_major_formatter(FuncFormatter(_power_of_ten))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_ylim(0.0, max(drawn, default=1.0) * 1.08)
        axes.yaxis.set_major_locator(MaxNLocator(5))


def _power_of_ten(value: float, _: object) -> str:
    """Return ``"10⁴"``; letters alone, since setting formulas takes a tenth of a figure's time."""
    return "10" + f"{np.log10(value):.0f}".translate(_SUPERSCRIPTS)
