"""Response by genotype, simulated beside published."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ifnfactory.evidence.genotypes import GenotypeRow
from ifnfactory.report.kinetics import WIDTH_IN
from ifnfactory.report.look import INK, arm_colour
from ifnfactory.report.svg import draw
from ifnfactory.report.words import endpoint_title

HEIGHT_IN = 2.5
_ASIDE = 0.13


def genotype_figure(rows: Sequence[GenotypeRow]) -> str:
    """Return the SVG: one panel an endpoint, genotypes side by side."""
    endpoints = list(dict.fromkeys(row.endpoint for row in rows))
    description = "Response by HBV genotype: " + "; ".join(
        f"{endpoint_title(row.endpoint)} in {row.genotype} {row.simulated:.1f} % simulated, "
        f"{row.published:g} % published"
        for row in rows
    )
    return draw("genotypes", description, lambda: _paint(rows, endpoints))


def _paint(rows: Sequence[GenotypeRow], endpoints: Sequence[str]) -> Figure:
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN))
    panels = figure.subplots(1, len(endpoints), squeeze=False)
    figure.subplots_adjust(left=0.052, right=0.992, top=0.88, bottom=0.12, wspace=0.16)
    for axes, endpoint in zip(panels.flat, endpoints, strict=True):
        _panel(axes, [row for row in rows if row.endpoint == endpoint])
        axes.set_title(endpoint_title(endpoint), loc="left", fontweight="bold")
    panels.flat[0].set_ylabel("% of patients")
    return figure


def _panel(axes: Axes, rows: Sequence[GenotypeRow]) -> None:
    for place, row in enumerate(rows):
        at = place - _ASIDE
        axes.plot([at, at], row.simulated_ci, color=arm_colour(0), linewidth=2.4, alpha=0.6)
        axes.plot([at], [row.simulated], "o", color=arm_colour(0), markersize=6.5)
        at = place + _ASIDE
        if row.published_ci is not None:
            axes.plot([at, at], row.published_ci, color=INK, linewidth=1.2)
        axes.plot(
            [at],
            [row.published],
            "o",
            markersize=5.6,
            markerfacecolor="white",
            markeredgecolor=INK,
            markeredgewidth=1.3,
        )
    axes.set_xticks(range(len(rows)), [f"genotype {row.genotype}" for row in rows])
    axes.set_xlim(-0.5, len(rows) - 0.5)
    axes.set_ylim(bottom=0.0)
