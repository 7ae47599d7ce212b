"""Curves of a tissue and the phase diagram of a scan."""

from __future__ import annotations

import io
import math
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from ifnfactory.report.look import FIGURE_STYLE, QUIET, arm_colour
from ifnfactory.report.svg import draw
from ifnfactory.report.tissue.picture import PAINTS
from ifnfactory.tissue.course import Course
from ifnfactory.tissue.outcome import Ending
from ifnfactory.tissue.scan import Scan

Values = NDArray[np.float64]

ENDING_COLOURS: Final = {
    Ending.CONTAINED: "#9ccfc4",
    Ending.ENDEMIC: "#f3cf7a",
    Ending.OVERRUN: "#c4482f",
    Ending.STOPPED: "#8b8f94",
}


def shares_figure(course: Course) -> str:
    """Return the SVG of every measure over time, a thin line a replicate."""
    names = [measure.name for measure in course.plan.model.measures]
    return draw("shares", "Share of cells over time: " + ", ".join(names), lambda: _shares(course))


def _shares(course: Course) -> Figure:
    figure = Figure(figsize=(10.4, 3.4), layout="constrained")
    axes = figure.subplots()
    hours = np.asarray(course.table.column("hour"))
    which = np.asarray(course.table.column("replicate"))
    for index, measure in enumerate(course.plan.model.measures):
        values = 100.0 * np.asarray(course.table.column(measure.name))
        colour = PAINTS.get(measure.name, (arm_colour(index), ""))[0]
        for replicate in np.unique(which):
            rows = which == replicate
            axes.plot(hours[rows], values[rows], color=colour, linewidth=1.1,
                      alpha=1.0 if replicate == 0 else 0.45,
                      label=measure.name.replace("_", " ") if replicate == 0 else None)  # fmt: skip
    axes.set_xlabel("hours")
    axes.set_ylabel("% of cells")
    axes.set_xlim(0.0, float(hours.max()))
    axes.set_ylim(bottom=0.0)
    axes.legend(frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0.0, 1.0))
    return figure


def diagram_figure(scan: Scan) -> str:
    """Return the SVG of the phase diagram."""
    axes = " and ".join(axis.name for axis in scan.axes)
    return draw("diagram", f"How the infection ends against {axes}", lambda: diagram(scan))


def diagram_png(scan: Scan) -> bytes:
    """Return the phase diagram as a PNG."""
    with mpl.rc_context(rc=dict[Any, Any](FIGURE_STYLE)):
        figure = diagram(scan)
        FigureCanvasAgg(figure)
        data = io.BytesIO()
        figure.savefig(data, format="png", dpi=150, facecolor="white", metadata={"Software": None})
    return data.getvalue()


def diagram(scan: Scan) -> Figure:
    """Draw the phase diagram: a field a point, its colour the commonest ending."""
    figure = Figure(figsize=(8.0, 5.2), layout="constrained")
    axes = figure.subplots()
    across = scan.axes[0]
    up = scan.axes[1] if len(scan.axes) > 1 else None
    columns = np.array(across.values)
    rows = np.array(up.values) if up is not None else np.array([1.0])
    order = list(Ending)
    endings = np.array([[order.index(scan.ending(i, j)) for i in range(columns.size)]
                        for j in range(rows.size)])  # fmt: skip
    colours = ListedColormap([ENDING_COLOURS[ending] for ending in order])
    axes.pcolormesh(_edges(columns), _edges(rows), endings, cmap=colours, vmin=-0.5,
                    vmax=len(order) - 0.5, edgecolors="white", linewidth=0.8)  # fmt: skip
    for i, x in enumerate(columns):
        for j, y in enumerate(rows):
            extent = scan.extent(i, j)
            if not math.isnan(extent) and columns.size * rows.size <= 120:
                axes.text(x, y, f"{100 * extent:.0f}", ha="center", va="center", fontsize=6.5)
    _scaled(axes, columns, rows, up is not None)
    axes.set_xlabel(across.label)
    axes.set_ylabel(up.label if up is not None else "")
    axes.grid(visible=False)
    there = [e for e in order if e is not Ending.STOPPED or order.index(e) in endings]
    marks = [Patch(color=ENDING_COLOURS[ending], label=ending.value) for ending in there]
    axes.legend(handles=marks, frameon=False, ncols=len(marks), loc="lower left",
                bbox_to_anchor=(0.0, 1.0), labelcolor=QUIET)  # fmt: skip
    return figure


def _scaled(axes: Axes, columns: Values, rows: Values, two: bool) -> None:
    if _logarithmic(columns):
        axes.set_xscale("log")
    axes.set_xticks(columns, [f"{value:.3g}" for value in columns])
    axes.set_xticks([], minor=True)
    if not two:
        axes.set_yticks([])
        return
    if _logarithmic(rows):
        axes.set_yscale("log")
    axes.set_yticks(rows, [f"{value:.3g}" for value in rows])
    axes.set_yticks([], minor=True)


def _logarithmic(values: Values) -> bool:
    return bool(values[0] > 0.0 and values[-1] / values[0] >= 10.0)


def _edges(values: Values) -> Values:
    """Return the borders of the fields around evenly spaced values."""
    if values.size < 2:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    if _logarithmic(values):
        return np.exp(_edges_even(np.log(values)))
    return _edges_even(values)


def _edges_even(values: Values) -> Values:
    half = 0.5 * (values[1] - values[0])
    return np.concatenate([values - half, [values[-1] + half]])
