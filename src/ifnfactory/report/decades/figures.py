"""Figures of lifetimes: where people are, what happens to them, who lives, what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from numpy.typing import NDArray

from ifnfactory.outlook.comparisons import Row
from ifnfactory.outlook.lifetime import CURVES, Outlook
from ifnfactory.outlook.states import STAGES, State
from ifnfactory.report.look import INK, QUIET, arm_colour
from ifnfactory.report.svg import draw

WIDTH_IN: Final = 10.4

STATE_COLOURS: Final = {
    State.CURED: "#2f9e77",
    State.NEGATIVE_INFECTION: "#a9d5c4",
    State.POSITIVE_INFECTION: "#cfe3ee",
    State.POSITIVE_HEPATITIS: "#7fb2d6",
    State.NEGATIVE_HEPATITIS: "#3f7fb5",
    State.COMPENSATED: "#f3cf7a",
    State.DECOMPENSATED: "#e59a3b",
    State.HCC: "#c4482f",
    State.TRANSPLANT: "#8e6bb0",
    State.LIVER_DEATH: "#5b2a2a",
    State.OTHER_DEATH: "#c9ced4",
}
"""From healthy at the bottom to dead at the top: greens, blues, ambers, reds, then greys."""

LABEL_MAX: Final = 40
"""Letters of a group's name beside the numbers at risk."""

_CURVE_TITLES: Final = {
    "cirrhosis": "New cirrhosis",
    "hcc": "Hepatocellular carcinoma",
    "liver_death": "Liver death",
    "other_death": "Other death",
}
_SHOWN: Final = CURVES[:-1]
"""Curves with a panel of their own; the last is behind the survival."""

STAGE_COLOURS: Final = {
    "F0": "#d3e8c9",
    "F1": "#a6cf98",
    "F2": "#e6d77c",
    "F3": "#dfae55",
    "compensated cirrhosis": "#c97b3d",
    "decompensation, HCC, transplant": "#a3402f",
    "dead": "#c9ced4",
}


def occupancy_figure(outlook: Outlook) -> str:
    """Return the SVG of the states that people are in over the years, one panel a group."""
    labels = outlook.question.labels
    told = "Share of people in each state over the years, one panel a group: " + ", ".join(labels)
    return draw("states", told, lambda: _occupancy(outlook))


def _occupancy(outlook: Outlook) -> Figure:
    return _areas(
        outlook,
        [outlook.course.counts[:, :, state] for state in STATE_COLOURS],
        list(STATE_COLOURS.values()),
    )


def fibrosis_figure(outlook: Outlook) -> str:
    """Return the SVG of the stages of fibrosis over the years, one panel a group."""
    told = "Share of people at each stage of fibrosis over the years, one panel a group: "
    return draw("stages", told + ", ".join(outlook.question.labels), lambda: _fibrosis(outlook))


def _fibrosis(outlook: Outlook) -> Figure:
    counts, stages = outlook.course.counts, outlook.course.stages
    worse = counts[:, :, State.DECOMPENSATED : State.TRANSPLANT + 1].sum(axis=2)
    dead = counts[:, :, State.LIVER_DEATH :].sum(axis=2)
    parts = [stages[:, :, k] for k in range(STAGES)]
    parts += [counts[:, :, State.COMPENSATED], worse, dead]
    return _areas(outlook, parts, list(STAGE_COLOURS.values()))


def _areas(outlook: Outlook, parts: Sequence[NDArray[np.int64]], colours: Sequence[str]) -> Figure:
    """Return shares of people as stacked areas; `parts` of shape (groups, months + 1)."""
    groups = len(outlook.question.labels)
    columns = min(groups, 3)
    rows = -(-groups // columns)
    figure, grid = _panels(rows, columns, 2.9, sharey=True)
    years = np.arange(outlook.course.months + 1) / 12
    for axes in grid[groups:]:
        axes.remove()
    for g, axes in enumerate(grid[:groups]):
        share = [100 * part[g, ::3] / outlook.course.sizes[g] for part in parts]
        axes.stackplot(years[::3], share, colors=list(colours), linewidth=0)
        axes.set_title(_wrapped(outlook.question.labels[g]), loc="left", fontweight="bold")
        _time_axis(axes, outlook.years)
        axes.set_ylim(0, 100)
        axes.grid(visible=False)
        if g % columns == 0:
            axes.set_ylabel("% of people")
    return figure


def incidence_figure(outlook: Outlook) -> str:
    """Return the SVG of cumulative incidences with competing risks, one panel an event."""
    told = "Cumulative incidence with competing risks and 95 % bands of: " + ", ".join(
        _CURVE_TITLES[name] for name in _SHOWN
    )
    return draw("incidence", told, lambda: _incidence(outlook))


def _incidence(outlook: Outlook) -> Figure:
    figure, grid = _panels(1, len(_SHOWN), 2.75, sharey=False)
    years = np.arange(outlook.years + 1)
    for k, (axes, name) in enumerate(zip(grid, _SHOWN, strict=True)):
        for g in range(len(outlook.question.labels)):
            colour = arm_colour(g)
            if outlook.draws:
                low, high = 100 * outlook.curve_low[g, k], 100 * outlook.curve_high[g, k]
                axes.fill_between(years, low, high, color=colour, alpha=0.13, linewidth=0)
            axes.plot(years, 100 * outlook.curves[g, k], color=colour, linewidth=1.7)
        axes.set_title(_CURVE_TITLES[name], loc="left", fontweight="bold")
        _time_axis(axes, outlook.years)
        if k == 0:
            axes.set_ylabel("% of people")
    return figure


def survival_figure(outlook: Outlook) -> str:
    """Return the SVG of survival with the numbers at risk below."""
    return draw(
        "survival",
        "Survival over the years with the number of people alive below",
        lambda: _survival(outlook),
    )


def _survival(outlook: Outlook) -> Figure:
    groups = len(outlook.question.labels)
    longest = min(LABEL_MAX, max(len(label) for label in outlook.question.labels))
    bottom, height = 0.95 + 0.19 * groups, 3.4 + 0.19 * groups
    left = (0.45 + 0.066 * max(longest, 14)) / WIDTH_IN
    figure = Figure(figsize=(WIDTH_IN, height))
    axes = figure.add_axes((left, bottom / height, 0.975 - left, (height - bottom - 0.1) / height))
    years = np.arange(outlook.course.months + 1) / 12
    alive = outlook.course.survival()
    for g in range(groups):
        if outlook.draws:
            band = [100 * (1 - end[g, -1]) for end in (outlook.curve_high, outlook.curve_low)]
            whole = np.arange(outlook.years + 1)
            axes.fill_between(whole, *band, color=arm_colour(g), alpha=0.13, linewidth=0)
        axes.plot(years, 100 * alive[g], color=arm_colour(g), linewidth=1.8)
    _time_axis(axes, outlook.years)
    axes.set_ylim(0, 100)
    axes.set_ylabel("% alive")
    _at_risk(figure, axes, outlook, bottom / height, 0.19 / height)
    return figure


def _at_risk(figure: Figure, axes: Axes, outlook: Outlook, bottom: float, step: float) -> None:
    """Write who is alive at each tick below the axes, one line a group."""
    alive = outlook.course.survival()
    ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= outlook.years]
    place = axes.get_position()
    top = bottom - 3.4 * step
    figure.text(0.005, top, "Number at risk", color=QUIET, fontsize=7.5)
    for g, label in enumerate(outlook.question.labels):
        line = top - step * (g + 1)
        words = label if len(label) <= LABEL_MAX else f"{label[: LABEL_MAX - 1]}…"
        figure.text(0.005, line, words, color=arm_colour(g), fontsize=7.5, fontweight="bold")
        for tick in ticks:
            number = round(float(alive[g, round(tick * 12)]) * int(outlook.course.sizes[g]))
            x = place.x0 + place.width * tick / outlook.years
            figure.text(x, line, f"{number:,}", ha="center", fontsize=7.5, color=INK)


def avoided_figure(rows: Sequence[Row], labels: dict[str, str]) -> str:
    """Return the SVG of events avoided against the first group, with their intervals."""
    shown = [row for row in rows if row.measure.endswith("_avoided")]
    told = "Events avoided per 1,000 people: " + "; ".join(
        f"{row.title}, {labels[row.group]}: {row.estimate.value:.0f}" for row in shown
    )
    return draw("avoided", told, lambda: _avoided(shown, labels))


def _avoided(rows: Sequence[Row], labels: dict[str, str]) -> Figure:
    height = 0.62 + 0.3 * len(rows)
    figure = Figure(figsize=(WIDTH_IN, height))
    axes = figure.add_axes((0.36, 0.45 / height, 0.62, 1 - 0.5 / height))
    order = list(labels)
    for y, row in enumerate(reversed(rows)):
        colour, found = arm_colour(order.index(row.group)), row.estimate
        if found.low is not None and found.high is not None:
            axes.plot([found.low, found.high], [y, y], color=colour, linewidth=2.2, alpha=0.45)
        axes.plot([found.value], [y], "o", color=colour, markersize=6)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(
        range(len(rows)), [f"{row.title}, {labels[row.group]}" for row in reversed(rows)]
    )
    axes.tick_params(axis="y", labelsize=8.5, labelcolor=INK)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlabel("avoided per 1,000 people (95 % interval)")
    return figure


def plane_figure(outlook: Outlook) -> str:
    """Return the SVG of the cost-effectiveness plane, one point a draw of the parameters."""
    return draw(
        "plane",
        "Costs added against QALYs gained, one point a draw of the parameters",
        lambda: _plane(outlook),
    )


def _plane(outlook: Outlook) -> Figure:
    figure = Figure(figsize=(WIDTH_IN, 3.6))
    axes = figure.add_axes((0.1, 0.14, 0.88, 0.82))
    for g in range(1, len(outlook.question.names)):
        cloud = outlook.plane[:, g]
        axes.plot(cloud[:, 0], cloud[:, 1], "o", color=arm_colour(g), markersize=4, alpha=0.5)
        axes.plot(
            [cloud[:, 0].mean()], [cloud[:, 1].mean()], "D", color=arm_colour(g), markersize=8,
            markeredgecolor="white",
        )  # fmt: skip
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_xlabel("QALYs gained per person, discounted")
    axes.set_ylabel(f"costs added per person, {outlook.currency}")
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return figure


def _panels(rows: int, columns: int, height: float, sharey: bool) -> tuple[Figure, list[Axes]]:
    total = rows * height
    figure = Figure(figsize=(WIDTH_IN, total))
    grid = figure.subplots(rows, columns, sharey=sharey, squeeze=False)
    figure.subplots_adjust(
        left=0.52 / WIDTH_IN,
        right=1 - 0.1 / WIDTH_IN,
        top=1 - 0.34 / total,
        bottom=0.45 / total,
        wspace=0.07 if sharey else 0.22,
        hspace=0.42,
    )
    return figure, list(grid.flat)


def _time_axis(axes: Axes, years: int) -> None:
    axes.set_xlim(0, years)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel("years")


def _wrapped(label: str) -> str:
    return label if len(label) <= 44 else f"{label[:43]}…"
