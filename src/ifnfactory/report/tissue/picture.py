"""A sheet of cells as a picture, each cell at its place on the hexagonal lattice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.model import Model
from ifnfactory.tissue.niche import first_interferon
from ifnfactory.tissue.parts import FieldSpec
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.state import State

Pixels = NDArray[np.uint8]

RESTING: Final = "#eef1f0"
OUTSIDE: Final = "#ffffff"
PAINTS: Final[dict[str, tuple[str, str]]] = {
    "pstat_positive": ("#bcd6ea", "STAT active"),
    "isg_positive": ("#7fc4b4", "interferon-stimulated genes on"),
    "protected": ("#5fb3a3", "protected"),
    "refractory": ("#b59fd0", "refractory to interferon"),
    "infected": ("#c4482f", "infected"),
    "producing": ("#f0b323", "making interferon"),
    "released": ("#8e2f4f", "virus released"),
    "dead": ("#3b4148", "dead"),
}
"""Measures that can be painted, in the order of painting: the later one covers the earlier."""
_OTHERS: Final = ("#6a8fc0", "#7a9a4e", "#b07c9e")


@dataclass(frozen=True)
class Paint:
    """A measure's colour and words."""

    measure: str
    colour: str
    words: str


def paints(model: Model) -> tuple[Paint, ...]:
    """Return what is painted of a model; measures without a colour of their own come first."""
    known = {measure.name: measure for measure in model.measures}
    fresh = [name for name in known if name not in PAINTS and name != "plaque"]
    found = [Paint(name, colour, known[name].description or name)
             for name, colour in zip(fresh, _OTHERS, strict=False)]  # fmt: skip
    found += [Paint(name, *PAINTS[name]) for name in PAINTS if name in known]
    return tuple(found)


def sheet_colours(simulation: Simulation, state: State) -> Pixels:
    """Return the colour of each cell of the middle sheet, (height, width, 3)."""
    shape = simulation.sites.shape
    picture = np.empty((*shape, 3), dtype=np.uint8)
    picture[:] = _rgb(RESTING)
    whens = {measure.name: measure.when for measure in simulation.model.measures}
    for paint in paints(simulation.model):
        picture[simulation.holds(state, whens[paint.measure])] = _rgb(paint.colour)
    return _middle(_outside(picture, simulation), len(shape))


def _outside(picture: Pixels, simulation: Simulation) -> Pixels:
    mask = simulation.sites.mask
    if mask.size:
        picture[mask.reshape(simulation.sites.shape) == 0] = _rgb(OUTSIDE)
    return picture


def _middle(picture: Pixels, dimensions: int) -> Pixels:
    return picture if dimensions == 2 else picture[picture.shape[0] // 2]


def interferon_of(model: Model) -> FieldSpec | None:
    """Return the field that is shown: the first interferon, or the first of all."""
    return first_interferon(model) or next(iter(model.fields), None)


def field_of(simulation: Simulation, state: State) -> NDArray[np.float32] | None:
    """Return the interferon in each cell of the middle sheet, NaN where no tissue is, or None."""
    spec = interferon_of(simulation.model)
    if spec is None:
        return None
    values = state.fields[simulation.model.field_index(spec.name)]
    block = simulation.model.lattice.block
    if block > 1:
        rows, columns = values.shape[-2] // block, values.shape[-1] // block
        shape = (*values.shape[:-2], rows, block, columns, block)
        values = values.reshape(shape).sum(axis=(-3, -1), dtype=np.float32)
    mask = simulation.sites.mask
    if mask.size:
        values = np.where(mask.reshape(values.shape) > 0, values, np.float32(np.nan))
    return values if values.ndim == 2 else values[values.shape[0] // 2]


def field_colours(values: NDArray[np.float32], low: float, high: float) -> Pixels:
    """Return a field in colours of its logarithm, (height, width, 3)."""
    from matplotlib import colormaps  # noqa: PLC0415 -- slow to import, only for pictures

    if not high > low > 0.0:
        return np.full((*values.shape, 3), 255, dtype=np.uint8)
    share = np.log(np.fmax(values, low) / low) / np.log(high / low)
    coloured = np.asarray(colormaps["cividis"](np.clip(share, 0.0, 1.0)))[..., :3]
    coloured[np.isnan(values)] = 1.0
    return (255 * coloured).astype(np.uint8)


def field_range(fields: Sequence[NDArray[np.float32]]) -> tuple[float, float]:
    """Return the range of colours for several moments: three orders of magnitude to the top."""
    high = max((float(np.nanmax(values)) for values in fields), default=0.0)
    return high * 1e-3, high


def laid_out(sheet: Pixels, hexagonal: bool, torus: bool, width: int) -> Pixels:
    """Return a sheet as it lies in space, `width` pixels wide or nearly so.

    Rows of a hexagonal sheet are shifted by half a cell each. A torus is cut open so that it fills
    a rectangle; with an edge the picture is the rhombus that the sheet is, on white.
    """
    if hexagonal:
        sheet = _sheared(sheet, torus)
    height = round(width * sheet.shape[0] / sheet.shape[1] * (np.sqrt(3.0) if hexagonal else 1.0))
    rows = np.minimum((np.arange(height) + 0.5) / height * sheet.shape[0], sheet.shape[0] - 1)
    columns = np.minimum((np.arange(width) + 0.5) / width * sheet.shape[1], sheet.shape[1] - 1)
    return sheet[rows.astype(np.int64)[:, np.newaxis], columns.astype(np.int64)[np.newaxis, :]]


def _sheared(sheet: Pixels, torus: bool) -> Pixels:
    """Give each cell two pixels of width and move row y by y pixels."""
    twice = np.repeat(sheet, 2, axis=1)
    rows, wide = twice.shape[0], twice.shape[1]
    if torus:
        # The middle row stays where it is, so that the middle cell is in the middle.
        moved = np.arange(rows)[:, np.newaxis] - rows // 2
        place = (np.arange(wide)[np.newaxis, :] - moved) % wide
        return twice[np.arange(rows)[:, np.newaxis], place]
    picture = np.full((rows, wide + rows, 3), 255, dtype=np.uint8)
    for row in range(rows):
        picture[row, row : row + wide] = twice[row]
    return picture


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
