"""One small panel a trial: falls of HBsAg patient by patient, courses beside published means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ifnfactory.evidence.qualification import Row
from ifnfactory.evidence.shapes import ArmShape, Course
from ifnfactory.report.kinetics import COLUMNS, grid, published_mark, weeks_axis
from ifnfactory.report.look import INK, SHADE, arm_colour
from ifnfactory.report.scene import Point
from ifnfactory.report.svg import draw

PANELS: Final = 9
"""Panels of one figure: three rows are not broken across printed pages."""
_LABEL_PT: Final = 6.6


def waterfall_figure(name: str, trials: Sequence[Sequence[ArmShape]]) -> str:
    """Return the SVG of each patient's change of HBsAg at the end of treatment, deepest first.

    Parameters
    ----------
    trials
        Arms of each trial; one panel a trial.
    """
    description = "Change of HBsAg of every patient at the end of treatment, in " + ", ".join(
        arms[0].protocol for arms in trials
    )
    return draw(name, description, lambda: _waterfalls(trials))


def _waterfalls(trials: Sequence[Sequence[ArmShape]]) -> Figure:
    figure, panels = grid(len(trials), sharey=True)
    for place, (axes, arms) in enumerate(zip(panels, trials, strict=True)):
        for index, arm in enumerate(arms):
            fall = arm.hbsag_waterfall
            share = 100.0 * (np.arange(len(fall)) + 0.5) / max(len(fall), 1)
            axes.plot(share, fall, color=arm_colour(index), linewidth=1.5)
        axes.axhline(0.0, color=INK, linewidth=0.7)
        _named(axes, arms)
        axes.set_xlim(-1.0, 103.0)
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("% of patients, deepest fall first")
        if place % COLUMNS == 0:
            axes.set_ylabel("HBsAg [log10]")
    return figure


def course_check_figure(
    name: str, marker: str, trials: Sequence[Sequence[ArmShape]], rows: Sequence[Row]
) -> str:
    """Return the SVG of a marker's mean change with 5 to 95 % of patients, and published means.

    Parameters
    ----------
    marker
        ``"hbv_dna"`` or ``"hbsag"``.
    trials
        Arms of each trial; one panel a trial.
    rows
        Published means of that marker.
    """
    description = "Mean change and 5 to 95 % of patients beside published means, in " + ", ".join(
        arms[0].protocol for arms in trials
    )
    return draw(name, description, lambda: _courses(marker, trials, rows))


def _courses(marker: str, trials: Sequence[Sequence[ArmShape]], rows: Sequence[Row]) -> Figure:
    figure, panels = grid(len(trials), sharey=True)
    last_week = max(float(arm.week[-1]) for arms in trials for arm in arms)
    for place, (axes, arms) in enumerate(zip(panels, trials, strict=True)):
        stop = max(arm.end_of_treatment_week for arm in arms)
        axes.axvspan(0.0, stop, color=SHADE, linewidth=0, zorder=0)
        for index, arm in enumerate(arms):
            course: Course = getattr(arm, marker)
            colour = arm_colour(index)
            axes.fill_between(arm.week, course.low, course.high, color=colour, alpha=0.1, lw=0)
            axes.plot(arm.week, course.mean, color=colour, linewidth=1.6)
            for row in rows:
                if (row.protocol, row.arm) == (arm.protocol, arm.arm):
                    point = Point(row.week, row.published, None, None)
                    published_mark(axes, point, index, row.week)
        _named(axes, arms)
        weeks_axis(axes, last_week)
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))  # short labels leave room
        if place % COLUMNS == 0:
            axes.set_ylabel("change [log10]")
    return figure


def _named(axes: Axes, arms: Sequence[ArmShape]) -> None:
    """Write the trial above the panel, and its arms into the panel in their colours."""
    axes.set_title(arms[0].protocol.upper(), loc="left", fontweight="bold")
    for index, arm in enumerate(arms):
        axes.annotate(
            arm.arm,
            (0.985, 0.035 + 0.095 * (len(arms) - 1 - index)),
            xycoords="axes fraction",
            ha="right",
            va="bottom",
            color=arm_colour(index),
            fontsize=_LABEL_PT,
            zorder=7,
        )
