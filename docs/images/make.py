"""Draw the picture of the README from a real run.

    uv run python docs/images/make.py [FILE.png [PATIENTS]]

Above, HBV DNA of the three arms of lau2005; below, every published percentage beside the simulated
one. Scenes, colours and marks are those of the report.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullLocator

from ifnfactory.report.kinetics import published_mark, weeks_axis
from ifnfactory.report.look import FIGURE_STYLE, HAIRLINE, INK, QUIET, SHADE, arm_colour
from ifnfactory.report.scene import ArmScene, MarkerScene
from ifnfactory.report.scenes import arm_scenes, marker_scenes
from ifnfactory.report.words import endpoint_title
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.result import ArmOutcome, ResultRow, TrialResult
from ifnfactory.trial.run import run_trial

HERE = Path(__file__).parent
TRIAL, PATIENTS, SEED = "lau2005", 2000, 1
WIDTH_IN, HEIGHT_IN, DPI = 10.4, 6.6, 160
GREY = "#8b96a1"


def paint(result: TrialResult) -> Figure:
    """Return the picture of a trial with three arms."""
    arms = arm_scenes(result)
    dna = marker_scenes(result)[0]
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), facecolor="white")
    columns = {"left": 0.228, "right": 0.988, "wspace": 0.09}
    above = figure.subplots(1, 3, sharey=True, gridspec_kw={**columns, "top": 0.86, "bottom": 0.56})
    below = figure.subplots(1, 3, sharey=True, gridspec_kw={**columns, "top": 0.46, "bottom": 0.12})
    for index, outcome in enumerate(result.arms):
        kinetics(above[index], dna, arms, index, mean_log10(outcome, dna.limit or 0.0))
        comparison(below[index], result.rows, outcome.arm, index)
    above[0].set_ylim(3, 3e11)
    above[0].yaxis.set_major_locator(LogLocator(base=100.0, numticks=12))
    above[0].yaxis.set_minor_locator(NullLocator())
    above[0].set_ylabel("HBV DNA  [IU/mL]")
    judged = [row for row in result.rows if row.inside is not None]
    patients = len(result.arms[0].patients)
    inside = sum(bool(row.inside) for row in judged)
    figure.text(
        0.012, 0.962, "One virtual trial beside the published one", fontsize=12.5, weight="bold"
    )
    figure.text(
        0.012,
        0.926,
        f"{result.protocol.citation.split(',')[0]} et al., NEJM 2005: HBeAg-positive chronic "
        f"hepatitis B, treated for 48 weeks, followed to week 72. {patients:,} virtual patients "
        f"in each arm; {inside} of {len(judged)} values inside.",
        fontsize=8.5,
        color=QUIET,
    )
    legend(figure)
    return figure


def mean_log10(outcome: ArmOutcome, limit: float) -> np.ndarray:
    """Return 10 to the mean log10 of HBV DNA at each visit, values raised to the assay's limit.

    The published numbers are means, and so is the line that they are to be compared with.
    """
    return 10 ** np.nanmean(np.log10(np.maximum(outcome.panel.hbv_dna, limit)), axis=0)


def kinetics(
    axes: Axes, dna: MarkerScene, arms: Sequence[ArmScene], index: int, mean: np.ndarray
) -> None:
    """Draw HBV DNA of one arm: mean, 5-95 % band, limit of quantification, published means."""
    band, colour = dna.bands[index], arm_colour(index)
    axes.set_yscale("log")
    axes.axvspan(0, arms[index].end_of_treatment, color=SHADE, linewidth=0, zorder=0)
    axes.fill_between(band.week, band.low, band.high, color=colour, alpha=0.16, linewidth=0)
    axes.plot(band.week, mean, color=colour, linewidth=1.9, zorder=4)
    for point in dna.points[index]:
        published_mark(axes, point, index, point.week)
    if dna.limit is not None:
        axes.axhline(dna.limit, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=3)
    weeks_axis(axes, float(band.week[-1]))
    axes.set_title(
        arms[index].label.replace(" + placebo", ""),
        loc="left",
        color=colour,
        fontweight="bold",
        fontsize=9.5,
        pad=7,
    )


def comparison(axes: Axes, rows: Sequence[ResultRow], arm: str, index: int) -> None:
    """Draw the published percentages of one arm with the simulated ones."""
    keys = sorted(
        dict.fromkeys(
            (r.endpoint, r.week) for r in rows if r.published is not None and r.unit == "%"
        ),
        key=lambda key: [row.endpoint for row in rows].index(key[0]),
    )
    colour = arm_colour(index)
    for place, key in enumerate(keys):
        for row in rows:
            if row.arm != arm or (row.endpoint, row.week) != key or row.value is None:
                continue
            if row.inside is None:  # nothing was published for this arm
                continue
            if row.published_ci is not None:
                axes.plot(row.published_ci, (place, place), color=GREY, linewidth=5.5, alpha=0.38)
            if row.published is not None:
                axes.plot(row.published, place, "|", color=INK, markersize=8, markeredgewidth=1.5)
            axes.plot(
                row.value,
                place,
                "o",
                markersize=6.2,
                markerfacecolor=colour if row.inside else "white",
                markeredgecolor=colour,
                markeredgewidth=1.5,
                zorder=6,
            )
    axes.set_ylim(len(keys) - 0.4, -0.6)
    axes.set_yticks(
        range(len(keys)),
        [f"{endpoint_title(name)}, week {week:g}".replace("copies", "cp") for name, week in keys],
    )
    axes.tick_params(axis="y", labelleft=index == 0, labelcolor=INK, pad=6)
    axes.set_xlim(-3, 103)
    axes.set_xticks(range(0, 101, 25))
    axes.set_xlabel("% of patients")
    axes.grid(True, axis="x", color=HAIRLINE, linewidth=0.6)
    axes.grid(True, axis="y", color=HAIRLINE, linewidth=0.4)
    axes.spines["left"].set_visible(False)


def legend(figure: Figure) -> None:
    """Say what the marks are: of the curves beside them, of the dots below them."""
    dot = {"marker": "o", "linestyle": "none", "markersize": 6.2, "markeredgewidth": 1.5}
    hollow = {**dot, "markerfacecolor": "white"}
    curves = {
        "simulated mean": Line2D([], [], color=QUIET, linewidth=1.9),
        "5–95 % of patients": Patch(facecolor=QUIET, alpha=0.24),
        "published mean": Line2D([], [], color=QUIET, **(hollow | {"markersize": 5.2})),
        "limit of quantification": Line2D([], [], color=INK, linewidth=0.8, linestyle=(0, (4, 3))),
        "on treatment": Patch(facecolor=SHADE, edgecolor=HAIRLINE, linewidth=0.8),
    }
    interval = Line2D([], [], color=GREY, linewidth=5.5, alpha=0.38)
    value = Line2D([], [], color=INK, marker="|", linestyle="none", markersize=8)
    dots = {
        "published, 95 % interval": (interval, value),
        "simulated, inside the interval": Line2D([], [], color=QUIET, **dot),
        "simulated, outside": Line2D([], [], color=QUIET, **hollow),
    }
    common = {"frameon": False, "labelcolor": QUIET, "handletextpad": 0.7}
    figure.legend(
        list(curves.values()),
        list(curves),
        loc="upper left",
        bbox_to_anchor=(0.003, 0.87),
        **common,
    )
    figure.legend(
        list(dots.values()),
        list(dots),
        loc="lower center",
        ncols=len(dots),
        bbox_to_anchor=(0.608, 0.002),
        columnspacing=2.5,
        **common,
    )


def main(target: Path, patients: int) -> None:
    """Run the trial and write the picture."""
    result = run_trial(load_protocol(TRIAL), patients, SEED)
    with mpl.rc_context(rc=FIGURE_STYLE):
        figure = paint(result)
        FigureCanvasAgg(figure)
        figure.savefig(target, dpi=DPI, facecolor="white", metadata={"Software": None})


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        Path(given[0]) if given else HERE / f"{TRIAL}.png",
        int(given[1]) if len(given) > 1 else PATIENTS,
    )
