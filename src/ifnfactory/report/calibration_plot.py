"""All targets at once: simulated against published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

from ifnfactory.evidence.matching import TOLERANCES
from ifnfactory.evidence.qualification import Row
from ifnfactory.report.kinetics import WIDTH_IN
from ifnfactory.report.look import HAIRLINE, INK, QUIET, SHADE, arm_colour
from ifnfactory.report.svg import draw

HEIGHT_IN: Final = 4.9
_TICKS: Final = (0.0, 1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 100.0)
_MEANS: Final = (
    ("mean_log10_dna_change", "Mean change of HBV DNA"),
    ("mean_log10_hbsag_change", "Mean change of HBsAg"),
)


def calibration_figure(rows: Sequence[Row], classes: Sequence[str]) -> str:
    """Return the SVG: percentages in one panel, mean changes in two.

    Parameters
    ----------
    classes
        Endpoint classes in the order of their colours.
    """
    inside = sum(row.inside for row in rows)
    description = (
        f"Simulated against published: {len(rows)} results, {inside} of them inside the published "
        "interval or tolerance; horizontal lines are published 95 % intervals."
    )
    return draw("calibration", description, lambda: _paint(rows, list(classes)))


def _paint(rows: Sequence[Row], classes: list[str]) -> Figure:
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN))
    large = figure.add_axes((0.055, 0.21, 0.50, 0.72))
    _percentages(large, [row for row in rows if row.unit == "%"], classes)
    for place, (endpoint, title) in enumerate(_MEANS):
        axes = figure.add_axes((0.655, 0.64 - place * 0.43, 0.335, 0.29))
        part = [row for row in rows if row.endpoint == endpoint]
        colour = arm_colour(classes.index(part[0].endpoint_class)) if part else QUIET
        _means(axes, part, title, endpoint, colour)
    drawn = [row for row in rows if row.unit == "%" or row.endpoint in dict(_MEANS)]
    shown = [name for name in classes if any(row.endpoint_class == name for row in drawn)]
    figure.legend(
        handles=[_handle(arm_colour(classes.index(name)), name.replace("_", " ")) for name in shown]
        + [_handle(QUIET, "inside"), _handle(QUIET, "outside", full=False)],
        loc="lower left",
        bbox_to_anchor=(0.045, 0.0),
        ncols=8,
        frameon=False,
        handletextpad=0.2,
        columnspacing=1.4,
        labelcolor=QUIET,
    )
    return figure


def _handle(colour: str, label: str, full: bool = True) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="none",
        marker="o",
        markersize=5.5,
        markerfacecolor=colour if full else "white",
        markeredgecolor=colour,
        markeredgewidth=1.3,
        label=label,
    )


def stretched(percent: np.ndarray | float) -> np.ndarray:
    """Return the angle arcsin √p, which gives rare and frequent endpoints their room."""
    return np.arcsin(np.sqrt(np.clip(np.asarray(percent) / 100.0, 0.0, 1.0)))


def _percentages(axes: Axes, rows: Sequence[Row], classes: list[str]) -> None:
    axes.plot([0.0, np.pi / 2], [0.0, np.pi / 2], color=INK, linewidth=0.9, zorder=2)
    for row in sorted(rows, key=lambda row: row.inside):
        colour = arm_colour(classes.index(row.endpoint_class))
        y = float(stretched(row.simulated))
        if row.published_ci is not None:
            ends = stretched(np.array(row.published_ci))
            axes.plot(ends, [y, y], color=colour, linewidth=0.9, alpha=0.35, zorder=3)
        _dot(axes, float(stretched(row.published)), y, colour, row.inside)
    places = [float(stretched(tick)) for tick in _TICKS]
    labels = [f"{tick:g}" for tick in _TICKS]
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator(places))
        axis.set_major_formatter(FixedFormatter(labels))
    axes.grid(axis="x")
    axes.set_xlim(-0.03, np.pi / 2 + 0.03)
    axes.set_ylim(-0.03, np.pi / 2 + 0.03)
    axes.set_title("Percent of patients", loc="left", fontweight="bold")
    axes.set_xlabel("published, with 95 % interval")
    axes.set_ylabel("simulated")


def _means(axes: Axes, rows: Sequence[Row], title: str, endpoint: str, colour: str) -> None:
    values = [value for row in rows for value in (row.published, row.simulated)] or [-1.0, 0.0]
    low, high = min(*values, 0.0) - 0.2, max(*values, 0.0) + 0.2
    tolerance = TOLERANCES[endpoint]
    line = np.array([low, high])
    axes.fill_between(line, line - tolerance, line + tolerance, color=SHADE, linewidth=0, zorder=0)
    axes.plot(line, line, color=INK, linewidth=0.9, zorder=2)
    for row in rows:
        _dot(axes, row.published, row.simulated, colour, row.inside)
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.grid(axis="x", color=HAIRLINE)
    axes.set_title(f"{title} [log10]", loc="left", fontweight="bold")
    axes.set_xlabel(f"published; shaded: ± {tolerance:g}")
    axes.set_ylabel("simulated")


def _dot(axes: Axes, x: float, y: float, colour: str, inside: bool) -> None:
    axes.plot(
        [x],
        [y],
        marker="o",
        markersize=4.6,
        markerfacecolor=colour if inside else "white",
        markeredgecolor=colour,
        markeredgewidth=1.2,
        linestyle="none",
        zorder=5 if inside else 6,
    )
