"""Figures of replicated trials: the distribution of the effect, and the boundary with its paths."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ifnfactory.design.replicate import Replication
from ifnfactory.report.look import INK, QUIET, SHADE, arm_colour
from ifnfactory.report.svg import draw

WIDTH_IN: Final = 10.4
PATHS: Final = 80
"""Replicates that are drawn one by one."""
WITH, WITHOUT = arm_colour(0), QUIET


def effect_figure(found: Replication) -> str:
    """Return the SVG of the effects that trials find, with and without an effect."""
    mean, quantiles = found.effect
    told = (
        f"Effects of {found.replicates} trials: mean {mean:.3g} {found.question.unit}, "
        f"95 % between {quantiles[0]:.3g} and {quantiles[-1]:.3g}; beside trials without effect."
    )
    return draw("effect", told, lambda: _effects(found))


def _effects(found: Replication) -> Figure:
    figure = Figure(figsize=(WIDTH_IN, 3.0))
    axes = figure.add_axes((0.055, 0.17, 0.93, 0.8))
    effect, null = found.tested.effect[:, -1], found.no_effect.effect[:, -1]
    both = np.concatenate([effect, null])
    both = both[np.isfinite(both)]
    bins = int(np.clip(2.0 * np.sqrt(found.replicates), 10, 40))
    edges = np.linspace(both.min() - 1e-9, both.max() + 1e-9, bins)
    axes.hist(null, edges, color=WITHOUT, alpha=0.35)
    axes.hist(effect, edges, color=WITH, alpha=0.6)
    axes.axvline(0.0, color=INK, linewidth=0.9)
    axes.axvline(found.effect[0], color=WITH, linewidth=1.8)
    axes.set_xlabel(f"treatment minus control, {found.question.unit}")
    axes.set_ylabel("trials")
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    return figure


def boundary_figure(found: Replication) -> str:
    """Return the SVG of the boundary and of the statistics that replicates take to it."""
    plan = found.plan
    told = f"Boundary {plan.name} with {plan.looks} looks: critical values " + ", ".join(
        f"{value:.2f}" for value in plan.critical
    )
    return draw("boundary", told, lambda: _boundary(found))


def _boundary(found: Replication) -> Figure:
    figure = Figure(figsize=(WIDTH_IN, 3.6))
    axes = figure.add_axes((0.055, 0.15, 0.93, 0.82))
    plan = found.plan
    share = plan.information
    reach = max(5.0, float(np.quantile(np.abs(found.tested.z), 0.99)) + 0.5)
    critical = np.minimum(plan.critical, reach)
    x = np.concatenate([[0.0], share, [1.04]])
    for side in (1.0, -1.0):
        edge = side * np.concatenate([[critical[0]], critical, [critical[-1]]])
        axes.fill_between(x, edge, side * reach, color=SHADE, linewidth=0, zorder=0)
        axes.plot(share, side * critical, color=INK, linewidth=1.4, marker="o", markersize=4)
    futile = np.isfinite(plan.futility)
    if futile.any():
        axes.plot(share[futile], plan.futility[futile], "--", color=INK, marker="v", markersize=5)
    _paths(axes, found, share)
    axes.set_xlim(0.0, 1.04)
    axes.set_ylim(-reach, reach)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_xlabel("patients whose outcome is known")
    axes.set_ylabel("standardised statistic")
    return figure


def _paths(axes: Axes, found: Replication, share: np.ndarray) -> None:
    z = found.tested.z
    start = np.zeros((len(z), 1))
    x = np.concatenate([[0.0], share])
    for path in np.hstack([start, z])[:PATHS]:
        axes.plot(x, path, color=WITH, linewidth=0.6, alpha=0.22, zorder=2)
    low, middle, high = np.quantile(np.hstack([start, z]), (0.05, 0.5, 0.95), axis=0)
    axes.plot(x, middle, color=WITH, linewidth=2.0, zorder=3)
    for edge in (low, high):
        axes.plot(x, edge, color=WITH, linewidth=1.0, linestyle=(0, (4, 3)), zorder=3)
