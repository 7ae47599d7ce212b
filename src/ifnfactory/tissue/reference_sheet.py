"""What all cells of the reference share in a macro step, and where their neighbours are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.evaluate import evaluate
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.parts import Quantity
from ifnfactory.tissue.sites import Sites

F = np.float32
Names = dict[str, Any]
SIDES: Final = {
    "hex": ((0, 1), (0, -1), (1, 0), (-1, 0), (1, -1), (-1, 1)),
    "blocks": ((0, 1), (0, -1), (1, 0), (-1, 0)),
}
"""Neighbours as (rows, columns), in the order in which agents choose among them."""


@dataclass
class Sheet:
    """What all cells of a macro step share, and the arrays that they change."""

    model: Model
    seed: int
    step: int
    common: Names
    numbers: dict[str, Any]
    quantities: list[NDArray[Any]]
    residents: dict[str, NDArray[np.bool_]] = field(default_factory=lambda: {})
    seen: dict[str, NDArray[Any]] = field(default_factory=lambda: {})

    def read(self, item: Quantity, cell: int) -> Any:
        """Return a stored quantity in its own unit."""
        stored = F(self.quantities[self.model.quantity_index(item.name)][cell])
        return stored * F(item.unit_step) if item.unit_step != 1.0 else stored

    def names(self, cell: int) -> Names:
        """Return all that a rule of a cell may use, but for lets."""
        found = dict(self.common)
        found |= {item.name: self.read(item, cell) for item in self.model.quantities}
        found |= {name: F(there[cell]) for name, there in self.residents.items()}
        found |= {name: values[cell] for name, values in self.seen.items()}
        return found

    def everywhere(self, text: str) -> NDArray[np.float32]:
        """Return an expression for every cell, one after the other."""
        cells = range(self.quantities[0].size)
        return np.array([evaluate(text, self.names(cell), F) for cell in cells], dtype=F)


def beside(values: NDArray[Any], up: int, along: int, torus: bool, layer: int = 0) -> NDArray[Any]:
    """Return what lies beside each site, 0 beyond a closed edge and beyond the stack."""
    sheets = values.reshape(-1, *values.shape[-2:])
    if torus:
        found = np.roll(sheets, (-up, -along), (1, 2))
    else:
        wide = np.pad(sheets, ((0, 0), (1, 1), (1, 1)))
        height, width = sheets.shape[1:]
        found = wide[:, 1 + up : 1 + up + height, 1 + along : 1 + along + width]
    if layer:
        high = np.pad(found, ((1, 1), (0, 0), (0, 0)))
        found = high[1 + layer : 1 + layer + len(sheets)]
    return found.reshape(values.shape)


def neighbours(model: Model, sites: Sites, sheet: Sheet) -> Iterator[tuple[str, NDArray[Any]]]:
    """Give, for each condition of the model, the number of touching cells that meet it."""
    for item in model.neighbours:
        flags = sheet.everywhere(item.when) != F(0.0)
        if sites.mask.size:
            flags = flags & (sites.mask > 0)
        there = flags.reshape(sites.shape).astype(F)
        counts = np.zeros_like(there)
        for up, along in SIDES[model.lattice.kind]:
            counts = counts + beside(there, up, along, sites.torus)
        for layer in (-1, 1) if sites.layers > 1 else ():
            counts = counts + beside(there, 0, 0, sites.torus, layer)
        yield item.name, counts.ravel()


def step_to(sites: Sites, kind: str, site: int, way: int) -> int:
    """Return the site that lies in a direction, the same where there is no tissue."""
    sides = SIDES[kind]
    z, rest = divmod(site, sites.height * sites.width)
    y, x = divmod(rest, sites.width)
    if way >= len(sides):
        z += 1 if way == len(sides) else -1
    else:
        y, x = y + sides[way][0], x + sides[way][1]
    if sites.torus:
        y, x = y % sites.height, x % sites.width
    if not (0 <= z < sites.layers and 0 <= y < sites.height and 0 <= x < sites.width):
        return site
    there = (z * sites.height + y) * sites.width + x
    return site if sites.mask.size and not sites.mask[there] else there
