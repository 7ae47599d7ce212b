"""How the fields of a model are carried over a field step: stages, weights, tiles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.layout import STRIDE, SWEPT
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_check import hop_rate, rate_values
from ifnfactory.tissue.parts import FieldSpec
from ifnfactory.tissue.relaxation import chebyshev, sweeps_needed
from ifnfactory.tissue.sites import Sites

REDUCTION: Final = (0.05, 0.2)
"""Least and greatest share of a change that the sweeps of one field step may leave to the next."""
LEAST: Final = 8
"""Rows and columns below which a lattice is one tile."""
WHOLE: Final = 40_000
"""Voxels up to which the whole lattice is one tile."""
TILE: Final = (128, 480)
"""Rows and columns of a tile; with its margins it fits a core's own cache."""
STRIP: Final = 256
"""Rows of a tile of a full torus, of which the cache only has to hold a window."""
WINDOW: Final = 96
"""Rows of that window: few enough for the cache, many enough to move them up but seldom."""
LINE: Final = 16
"""Numbers of a cache line."""


Vessels = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32], NDArray[np.float64]]


@dataclass(frozen=True)
class FieldPlan:
    """Arrays that the kernel reads, one row a field.

    Attributes
    ----------
    tile
        Rows, columns, margin in rows, whether one tile is the whole lattice, number of tiles,
        margin in columns; sites from row to row and rows in the buffers where a tile passes through
        them row by row, 0 and 0 where it does not; int64.
    stages, explicit
        Stages of a field step, and the same for explicit fields, 0 for implicit ones; int64.
    weights
        (fields, stages, 2): weight of the last change, and gain [min].
    law
        (fields, 4): hops in the sheet, hops between sheets, loss with 1/step, exchange [1/min].
    loss
        (fields, 4): uptake, decay, carried away, to the partner [1/min].
    exchange
        Exchange of each field with the blood [1/min]; 0 where there are no vessels.
    vessels
        Order, upstream, flow and supply of `Sinusoids` [site volumes/min].
    degree
        Neighbours that are tissue, 255 where there is none; empty on a full torus.
    spares
        Spare fields that the kernel needs.
    """

    tile: NDArray[np.int64]
    stages: NDArray[np.int64]
    explicit: NDArray[np.int64]
    weights: NDArray[np.float32]
    law: NDArray[np.float32]
    loss: NDArray[np.float64]
    exchange: NDArray[np.float64]
    vessels: Vessels
    partner: NDArray[np.int64]
    pulsed: NDArray[np.bool_]
    degree: NDArray[np.uint8]
    spares: int
    layers: int

    @property
    def room(self) -> int:
        """Largest number of voxels of a tile with its margins, in one sheet or a stack."""
        if not len(self.tile):
            return 1
        pitch, window = self.tile[:, 6], self.tile[:, 7]
        rows = np.where(pitch > 0, window, self.tile[:, 0] + 2 * self.tile[:, 2])
        columns = np.maximum(self.tile[:, 1] + 2 * self.tile[:, 5], pitch)
        # Buffers whole pages apart would all want the same few cache lines.
        return -(-int((rows * columns).max()) * self.layers // LINE) * LINE + 5 * LINE

    @property
    def tiles(self) -> int:
        """Largest number of tiles of any field."""
        return int(self.tile[:, 4].max()) if len(self.tile) else 1


def plan_fields(model: Model, sites: Sites, left: float | None = None) -> FieldPlan:
    """Return how the fields of a model are carried on a lattice.

    Parameters
    ----------
    left
        Share of a change that the sweeps of a step may leave; None for `reduction` of each field.
    """
    fields = model.fields
    names = [item.name for item in fields]
    weights = [_weights(model, item, sites, left) for item in fields]
    stages = np.array([len(w) for w in weights], dtype=np.int64)
    most = int(stages.max()) if fields else 1
    table = np.zeros((max(1, len(fields)), most, 2), dtype=np.float32)
    for place, rows in enumerate(weights):
        table[place, : len(rows)] = rows
    partner = [names.index(item.partner) if item.partner else -1 for item in fields]
    loss = np.array([_losses(model, item, sites) for item in fields]).reshape(-1, 4)
    exchange = np.array([_exchange(model, item, sites) for item in fields])
    law = np.zeros((max(1, len(fields)), 4), dtype=np.float32)
    for place, item in enumerate(fields):
        extra = 0.0 if item.solver == "explicit" else 1.0 / model.macro_step
        given = loss[partner[place], 3] if partner[place] >= 0 else 0.0
        law[place] = hop_rate(model, item.diffusion), _up(model, item, sites), (
            loss[place].sum() + extra), given  # fmt: skip
    explicit = [
        len(w) if item.solver == "explicit" else 0 for item, w in zip(fields, weights, strict=True)
    ]
    tile = np.array([
        _tile(model, sites, int(count), item) for count, item in zip(stages, fields, strict=True)
    ], dtype=np.int64).reshape(-1, 8)  # fmt: skip
    pulsed = np.array([item.pulse for item in fields], dtype=np.bool_)
    return FieldPlan(
        tile, stages, np.array(explicit, dtype=np.int64), table, law, loss, exchange,
        _vessels(model, sites),
        np.array(partner, dtype=np.int64), pulsed,
        _degree(model, sites), 2 if any(item.partner for item in fields) else min(1, len(fields)),
        sites.layers,
    )  # fmt: skip


def _vessels(model: Model, sites: Sites) -> Vessels:
    transit = float(evaluate(model.transit, rate_values(model)))
    if sites.blood is None or transit == 0.0:
        none = np.empty((0, 6), dtype=np.int32)
        return np.empty(0, dtype=np.int32), none, none.astype(np.float32), np.empty(0)
    flow = (sites.blood.flow / transit).astype(np.float32)
    return sites.blood.order, sites.blood.upstream, flow, sites.blood.supply / transit


def _exchange(model: Model, item: FieldSpec, sites: Sites) -> float:
    return 0.0 if sites.blood is None else float(evaluate(item.exchange, rate_values(model)))


def _losses(model: Model, item: FieldSpec, sites: Sites) -> list[float]:
    rates = rate_values(model)
    uptake, decay, washout, across = (
        float(evaluate(t, rates)) for t in (item.uptake, item.decay, item.washout, item.to_partner)
    )
    return [uptake, decay, washout + _exchange(model, item, sites), across]


def _up(model: Model, item: FieldSpec, sites: Sites) -> float:
    if sites.layers == 1:
        return 0.0
    return float(evaluate(item.diffusion, rate_values(model))) / model.lattice.pitch_um**2


def _weights(
    model: Model, item: FieldSpec, sites: Sites, left: float | None
) -> NDArray[np.float64]:
    """Return weight of the last change and gain of each stage."""
    if item.solver == "explicit":
        count = max(1, item.substeps)
        return np.array([[0.0, model.macro_step / count]] * count)
    hop, up = hop_rate(model, item.diffusion), _up(model, item, sites)
    square = model.lattice.kind != "hex"
    leaving = (4.0 if square else 6.0) * hop + 2.0 * up
    roughest = (8.0 if square else 9.0) * hop + 4.0 * up
    loss = sum(_losses(model, item, sites)) + 1.0 / model.macro_step
    diagonal = leaving + loss
    lowest, highest = loss / diagonal, max((roughest + loss) / diagonal, 1.0) * (1.0 + 1e-9)
    if leaving == 0.0 or lowest >= 0.999 * highest:
        return np.array([[0.0, 1.0 / diagonal]])
    if left is None:
        left = reduction(sum(_losses(model, item, sites)) * model.macro_step)
    weights = chebyshev(lowest, highest, sweeps_needed(lowest, highest, left))
    weights[:, 1] /= diagonal
    return weights


def reduction(lost: float) -> float:
    """Return the share of a change that sweeps may leave: what the implicit step leaves too much.

    Parameters
    ----------
    lost
        Rate of loss times the step: a step leaves 1/(1 + lost) of a change, nature exp(-lost).
    """
    least, most = REDUCTION
    return min(max(1.0 / (1.0 + lost) - math.exp(-lost), least), most)


def _tile(model: Model, sites: Sites, stages: int, item: FieldSpec) -> tuple[int, ...]:
    block = model.lattice.block
    height, width = sites.height * block, sites.width * block
    if height * width * sites.layers <= WHOLE or min(height, width) < LEAST:
        return height, width, 1, 1, 1, 1, 0, 0
    full = sites.torus and not sites.mask.size and sites.layers == 1 and not item.partner
    strip = full and 4 * stages <= STRIDE - 2 * LINE
    bands = math.ceil(height / (STRIP if strip else TILE[0]))
    bands += bands % 2  # two threads share them evenly
    rows, columns, side = math.ceil(height / bands), min(width, TILE[1]), stages
    stride, window = 0, 0
    if sites.layers > 1:
        rows = columns = max(LEAST, round(math.sqrt(TILE[0] * TILE[1] / sites.layers)))
    if strip:
        side, stride = -(-stages // LINE) * LINE, STRIDE
        columns = min(width, STRIDE - 2 * side)
        window = max(WINDOW, 2 * (stages + SWEPT))
    tiles = math.ceil(height / rows) * math.ceil(width / columns)
    return rows, columns, stages, 0, tiles, side, stride, window


def _degree(model: Model, sites: Sites) -> NDArray[np.uint8]:
    """Return how many neighbours in the sheet are tissue, 255 for a site that is none."""
    if sites.torus and not sites.mask.size:
        return np.empty(0, dtype=np.uint8)
    inside = np.ones(sites.cells, dtype=np.uint8) if not sites.mask.size else sites.mask
    sheets: Any = inside.reshape(sites.layers, sites.height, sites.width)
    sheets = sheets.repeat(model.lattice.block, axis=1).repeat(model.lattice.block, axis=2)
    pad = "wrap" if sites.torus else "constant"
    wide = np.pad(sheets, ((0, 0), (1, 1), (1, 1)), mode=pad)
    sides = [(0, 1), (0, -1), (1, 0), (-1, 0)]
    sides += [(1, -1), (-1, 1)] if model.lattice.kind == "hex" else []
    h, w = sheets.shape[1], sheets.shape[2]
    count = sum(wide[:, 1 + y : 1 + y + h, 1 + x : 1 + x + w] for y, x in sides)
    return np.where(sheets > 0, count, 255).astype(np.uint8).ravel()
