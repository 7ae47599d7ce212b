"""Figures of a comparison: survival curves, forest by subgroup, HBsAg waterfall."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ifnfactory.report.look import INK, QUIET, arm_colour
from ifnfactory.report.svg import draw
from ifnfactory.trial.contrasts.compare import EVERYBODY, Row
from ifnfactory.trial.contrasts.groups import Group
from ifnfactory.trial.contrasts.survival import Curve, Times, at_risk
from ifnfactory.trial.contrasts.waterfall import Waterfall

WIDTH_IN: Final = 10.4
LABEL_MAX: Final = 30
_LEFT: Final = 0.21
_LINE_IN: Final = 0.19

Timed = Sequence[tuple[Group, Times, Curve]]
"""Groups in the order of their colours, with those who are at risk and their curve."""


def survival_figure(name: str, title: str, timed: Timed, colours: Sequence[int]) -> str:
    """Return the SVG of cumulative events with the numbers at risk below."""
    told = f"{title}, cumulative: " + "; ".join(
        f"{group.name} {100 * (1 - float(curve.free[-1])):.1f} % at the end"
        for group, _, curve in timed
    )
    return draw(name, told, lambda: _survival(timed, colours))


def _survival(timed: Timed, colours: Sequence[int]) -> Figure:
    bottom = 0.75 + _LINE_IN * len(timed)
    height = bottom + 2.35
    figure = Figure(figsize=(WIDTH_IN, height))
    axes = figure.add_axes((_LEFT, bottom / height, 0.985 - _LEFT, 2.25 / height))
    last = max(float(curve.week[-1]) for _, _, curve in timed)
    for (_, _, curve), colour in zip(timed, colours, strict=True):
        x = np.append(curve.week, last)
        share, low, high = (
            100 * (1 - np.append(each, each[-1])) for each in (curve.free, curve.low, curve.high)
        )
        axes.fill_between(x, high, low, step="post", color=arm_colour(colour), alpha=0.13, lw=0)
        axes.step(x, share, where="post", color=arm_colour(colour), linewidth=1.8)
    axes.set_xlim(0, max(last, 1.0))
    axes.set_ylim(bottom=0)
    step = 12 if last <= 110 else 24 if last <= 220 else 52
    ticks = np.arange(0, last + 1, step)
    axes.set_xticks(ticks)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_ylabel("% of patients")
    axes.set_xlabel("week")
    _numbers_at_risk(figure, axes, timed, colours, ticks, height, bottom)
    return figure


def _numbers_at_risk(
    figure: Figure,
    axes: Axes,
    timed: Timed,
    colours: Sequence[int],
    ticks: np.ndarray,
    height: float,
    bottom: float,
) -> None:
    place = axes.get_position()
    top = (bottom - 0.55) / height
    figure.text(0.005, top, "Number at risk", color=QUIET, fontsize=7.5)
    for index, ((group, times, _), colour) in enumerate(zip(timed, colours, strict=True)):
        line = top - (index + 1) * _LINE_IN / height
        figure.text(0.005, line, short(group.name), color=arm_colour(colour), fontsize=7.5)
        right = axes.get_xlim()[1]
        for tick, number in zip(ticks, at_risk(times, ticks), strict=True):
            x = place.x0 + place.width * float(tick) / right
            figure.text(x, line, f"{number:,}", ha="center", fontsize=7.5, color=INK)


def short(name: str) -> str:
    """Return a name that fits beside a figure: its end tells more than its beginning."""
    return name if len(name) <= LABEL_MAX else f"…{name[1 - LABEL_MAX :]}"


def forest_figure(name: str, rows: Sequence[Row], colour: int) -> str:
    """Return the SVG of risk differences, one line a subgroup, the first one everybody."""
    told = "Risk difference by subgroup: " + "; ".join(
        f"{row.subgroup} {row.difference.value:.1f}"
        for row in rows
        if math.isfinite(row.difference.value)
    )
    return draw(name, told, lambda: _forest(rows, colour))


def _forest(rows: Sequence[Row], colour: int) -> Figure:
    height = 0.55 + 0.235 * len(rows)
    figure = Figure(figsize=(WIDTH_IN, height))
    axes = figure.add_axes((0.37, 0.42 / height, 0.40, 1 - 0.5 / height))
    for place, row in enumerate(rows):
        y = len(rows) - 1 - place
        everybody = row.factor == EVERYBODY[0]
        weight = "bold" if everybody else "normal"
        levels = " | ".join("–" if math.isnan(level) else f"{level:.1f}" for level in row.levels)
        counts = f"{row.patients[0]:,} | {row.patients[1]:,}"
        for x, text, side in (
            (0.005, row.subgroup, "left"),
            (0.265, counts, "center"),
            (0.345, levels, "center"),
            (0.785, _words(row), "left"),
        ):
            spot = (0.42 + (y + 0.5) * (height - 0.5) / len(rows)) / height
            figure.text(x, spot, text, ha=side, va="center", fontsize=8, fontweight=weight)
        if not math.isfinite(row.difference.value):
            continue
        ends = [row.difference.low, row.difference.high]
        axes.plot(ends, [y, y], color=arm_colour(colour), linewidth=2.2, alpha=0.5)
        mark = "D" if everybody else "o"
        axes.plot([row.difference.value], [y], mark, color=arm_colour(colour), markersize=6)
    axes.axvline(0.0, color=INK, linewidth=0.9)
    axes.set_ylim(-0.5, len(rows) - 0.5)
    axes.set_yticks([])
    axes.grid(visible=True, axis="x")
    axes.set_xlabel("risk difference, percentage points (95 % interval)")
    return figure


def _words(row: Row) -> str:
    if not math.isfinite(row.difference.value):
        return "nobody"
    text = f"{row.difference.value:.1f} ({row.difference.low:.1f} to {row.difference.high:.1f})"
    return text.replace("-", "−") + ("  paired" if row.paired else "")


def waterfall_figure(name: str, falls: Sequence[Waterfall], colours: Sequence[int]) -> str:
    """Return the SVG of each group's patients, sorted by their change of HBsAg."""
    told = "Change of HBsAg, patients sorted: " + "; ".join(
        f"{fall.group} median {float(np.median(fall.change)):.2f} log10" for fall in falls
    )
    return draw(name, told, lambda: _waterfall(falls, colours))


def _waterfall(falls: Sequence[Waterfall], colours: Sequence[int]) -> Figure:
    columns = min(3, len(falls))
    rows = -(-len(falls) // columns)
    height = 2.45 * rows + 0.2
    figure = Figure(figsize=(WIDTH_IN, height))
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    figure.subplots_adjust(
        left=0.055, right=0.99, top=1 - 0.3 / height, bottom=0.45 / height, wspace=0.07, hspace=0.45
    )
    panels = list(grid.flat)
    for spare in panels[len(falls) :]:
        spare.remove()
    for axes, fall, colour in zip(panels, falls, colours, strict=False):
        # Steps over the share of patients: thousands of bars would be one grey field.
        x = 100.0 * np.arange(len(fall.change) + 1) / max(1, len(fall.change))
        y = np.append(fall.change, fall.change[-1:])
        axes.fill_between(x, y, 0.0, step="post", color=arm_colour(colour), alpha=0.65, lw=0)
        axes.axhline(0.0, color=INK, linewidth=0.8)
        axes.axhline(-1.0, color=QUIET, linewidth=0.7, linestyle=(0, (4, 3)))
        axes.set_title(short(fall.group), loc="left", fontweight="bold")
        axes.set_xlim(0, 100)
        axes.set_xlabel("% of patients")
    panels[0].set_ylabel("change of HBsAg [log10 IU/mL]")
    return figure
