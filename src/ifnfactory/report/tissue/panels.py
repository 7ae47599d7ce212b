"""Panels of a sheet: its cells above, its interferon below."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from ifnfactory.report.look import FIGURE_STYLE, QUIET
from ifnfactory.report.tissue.picture import (
    RESTING,
    Pixels,
    field_colours,
    field_of,
    field_range,
    interferon_of,
    laid_out,
    paints,
    sheet_colours,
)
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.state import State


@dataclass(frozen=True)
class Moment:
    """What a picture needs of a state.

    Attributes
    ----------
    cells
        Colours of the cells, (height, width, 3).
    field
        Interferon in each cell, (height, width), or None.
    """

    hour: float
    cells: Pixels
    field: NDArray[np.float32] | None


def moment(simulation: Simulation, state: State) -> Moment:
    """Return what a picture needs; large sheets are thinned out to what can be seen."""
    cells, field = sheet_colours(simulation, state), field_of(simulation, state)
    step = max(1, min(cells.shape[:2]) // 1024)
    thin = None if field is None else field[::step, ::step].copy()
    return Moment(simulation.hours(state), cells[::step, ::step].copy(), thin)


def panels_png(simulation: Simulation, moments: list[Moment]) -> bytes:
    """Return up to four moments side by side as a PNG."""
    chosen = [moments[round(k)] for k in np.linspace(0, len(moments) - 1, min(4, len(moments)))]
    with mpl.rc_context(rc=dict[Any, Any](FIGURE_STYLE)):
        figure = _panels(simulation, chosen)
        FigureCanvasAgg(figure)
        data = io.BytesIO()
        figure.savefig(data, format="png", dpi=150, facecolor="white", metadata={"Software": None})
    return data.getvalue()


def _panels(simulation: Simulation, moments: list[Moment]) -> Figure:
    shown = [item.field for item in moments if item.field is not None]
    rows = 2 if shown else 1
    figure = Figure(figsize=(2.6 * len(moments), 2.35 * rows + 0.7), layout="constrained")
    grid = np.atleast_2d(figure.subplots(rows, len(moments), squeeze=False))
    low, high = field_range(shown)
    for column, item in enumerate(moments):
        pictures = [item.cells]
        if item.field is not None:
            pictures.append(field_colours(item.field, low, high))
        for row, picture in enumerate(pictures):
            axes = grid[row][column]
            axes.imshow(laid(simulation, picture, 700), interpolation="nearest")
            axes.set_axis_off()
        grid[0][column].set_title(f"{item.hour:.4g} h", loc="left", fontweight="bold")
    _legend(figure, simulation)
    spec = interferon_of(simulation.model)
    if shown and spec is not None:
        bar = ScalarMappable(LogNorm(max(low, 1e-30), max(high, 2e-30)), "cividis")
        figure.colorbar(bar, ax=list(grid[1]), shrink=0.8, pad=0.01,
                        label=f"{spec.name} [{spec.unit} per cell]")  # fmt: skip
    return figure


def _legend(figure: Figure, simulation: Simulation) -> None:
    marks = [Patch(color=RESTING, label="other cells")]
    marks += [Patch(color=paint.colour, label=paint.words) for paint in paints(simulation.model)]
    figure.legend(handles=marks, loc="outside lower center", ncols=4, frameon=False,
                  labelcolor=QUIET)  # fmt: skip


def laid(simulation: Simulation, picture: Pixels, width: int) -> Pixels:
    """Return a picture of a simulation's sheet as it lies in space."""
    hexagonal = simulation.model.lattice.kind == "hex"
    return laid_out(picture, hexagonal, simulation.sites.torus, width)


def as_image(png: bytes, told: str) -> str:
    """Return a PNG as an element of a page that loads nothing."""
    words = told.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    data = base64.b64encode(png).decode("ascii")
    return f'<img alt="{words}" style="width:100%" src="data:image/png;base64,{data}">'
