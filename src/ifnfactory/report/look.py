"""Colours and type of the report: one palette for the page and its figures."""

from __future__ import annotations

from typing import Final

ARM_COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#AA4499", "#B58900", "#3A9BC9")
"""After Okabe and Ito: told apart with every common colour blindness, dark enough for print."""

ARM_MARKS: Final = ("o", "s", "^", "D", "v", "P")
ARM_GLYPHS: Final = ("○", "□", "△", "◇", "▽", "✚")
"""A second way to tell the arms apart, for a page printed in grey; the same marks as letters."""

INK: Final = "#1c2733"
QUIET: Final = "#66727f"
HAIRLINE: Final = "#d9dfe5"
SHADE: Final = "#f1f4f7"

FIGURE_STYLE: Final[dict[str, object]] = {
    "svg.fonttype": "none",  # text stays text: it can be searched, and uses the reader's font
    "svg.hashsalt": "ifnfactory",  # the same run gives the same bytes
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with matplotlib: no search, no warning
    "font.size": 8.0,
    "axes.titlesize": 8.5,
    "axes.titley": 1.0,  # where it is anyhow: looking for a free place takes a third of the time
    "axes.labelsize": 8.0,
    "axes.labelcolor": QUIET,
    "axes.edgecolor": HAIRLINE,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": HAIRLINE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.major.size": 2.5,
    "ytick.major.size": 0.0,
    "xtick.major.width": 0.8,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}
"""Matplotlib settings of every figure."""


def arm_colour(index: int) -> str:
    """Return the colour of the arm at `index`; colours repeat after six arms."""
    return ARM_COLOURS[index % len(ARM_COLOURS)]


def arm_mark(index: int) -> str:
    """Return the marker of the arm at `index`."""
    return ARM_MARKS[index % len(ARM_MARKS)]


def arm_glyph(index: int) -> str:
    """Return the marker of the arm at `index` as a letter, for a legend."""
    return ARM_GLYPHS[index % len(ARM_GLYPHS)]
