"""Endpoints over time: one panel an endpoint, all arms in it, published values on top."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ifnfactory.report.kinetics import COLUMNS, grid, published_mark, weeks_axis
from ifnfactory.report.look import arm_colour
from ifnfactory.report.scene import ArmScene, EndpointScene
from ifnfactory.report.svg import draw


def course_figure(name: str, endpoints: Sequence[EndpointScene], arms: Sequence[ArmScene]) -> str:
    """Return the SVG of several endpoints of one kind (percentages, or mean changes)."""
    description = "Simulated course and published values with 95 % intervals of: " + "; ".join(
        endpoint.title for endpoint in endpoints
    )
    return draw(name, description, lambda: _paint(endpoints, arms))


def _paint(endpoints: Sequence[EndpointScene], arms: Sequence[ArmScene]) -> Figure:
    figure, panels = grid(len(endpoints), sharey=False)
    weeks = [week for each in endpoints for curve in each.curves for week in curve.week.tolist()]
    last_week = max(weeks, default=1.0)
    for place, (axes, endpoint) in enumerate(zip(panels, endpoints, strict=True)):
        for index in range(len(arms)):
            _arm(axes, endpoint, index, len(arms), last_week)
        axes.set_title(endpoint.title, loc="left", fontweight="bold")
        weeks_axis(axes, last_week)
        if place % COLUMNS == 0 or endpoint.unit != "%":
            axes.set_ylabel("% of patients" if endpoint.unit == "%" else endpoint.unit)
        _heights(axes, endpoint)
    return figure


def _arm(axes: Axes, endpoint: EndpointScene, index: int, arms: int, last_week: float) -> None:
    curve = endpoint.curves[index]
    axes.fill_between(
        curve.week, curve.low, curve.high, color=arm_colour(index), alpha=0.14, linewidth=0
    )
    axes.plot(curve.week, curve.value, color=arm_colour(index), linewidth=1.6)
    # Arms were seen in the same weeks: a small step aside keeps their whiskers apart.
    aside = (index - (arms - 1) / 2) * last_week * 0.022
    for point in endpoint.points[index]:
        published_mark(axes, point, index, point.week + aside)


def _heights(axes: Axes, endpoint: EndpointScene) -> None:
    tops = [float(curve.high.max()) for curve in endpoint.curves if curve.high.size]
    tops += [point.high or point.value for points in endpoint.points for point in points]
    if endpoint.unit == "%":
        top = min(104.0, max(10.0, *tops) * 1.1)
        axes.set_ylim(-0.03 * top, top)  # a mark at 0 % stays whole
    axes.yaxis.set_major_locator(MaxNLocator(5))
