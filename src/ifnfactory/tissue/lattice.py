"""The lattice on which cells sit: hexagonal sheets and stacks of sheets.

A site has the axial coordinates (x, y); its array index is [y, x]. Its six neighbours are
(x+1, y), (x-1, y), (x, y+1), (x, y-1), (x-1, y+1) and (x+1, y-1). In space it stands at
``a (x + y/2, y sqrt(3)/2)``, so that an array of equal height and width is a rhombus, and a
periodic one a rhombic torus. The square lattice, with four neighbours, is there for the models
that were published on one. Sheets are stacked straight above each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

HEPATOCYTE_UM: Final = 25.0
"""Distance of neighbouring hepatocytes [um] (20-30 um, frontiers fphys.2020.01061 [V])."""

Offsets = tuple[tuple[int, int], ...]


class Kind(StrEnum):
    """How sites of a sheet touch."""

    HEX = "hex"
    SQUARE = "square"


class Boundary(StrEnum):
    """What lies beyond the edge."""

    PERIODIC = "periodic"  # the opposite edge
    CLOSED = "closed"  # nothing; no flux passes
    LOBULE = "lobule"  # closed around one lobule: the same as a sheet of lobules all alike


OFFSETS: Final[dict[Kind, Offsets]] = {
    Kind.HEX: ((0, 1), (0, -1), (1, 0), (-1, 0), (1, -1), (-1, 1)),
    Kind.SQUARE: ((0, 1), (0, -1), (1, 0), (-1, 0)),
}
"""Neighbours as (rows, columns) from a site."""


@dataclass(frozen=True)
class Grid:
    """How many cells there are: rows, columns, and sheets in the stack."""

    height: int
    width: int
    layers: int = 1

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of an array of all cells: (height, width), or (layers, height, width)."""
        sheet = (self.height, self.width)
        return sheet if self.layers == 1 else (self.layers, *sheet)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.layers * self.height * self.width


@dataclass(frozen=True)
class Lattice(Grid):
    """Sites, their distances and the edge.

    Attributes
    ----------
    pitch_um, layer_um
        Distance of neighbours in a sheet, and of two sheets [um].
    """

    boundary: Boundary = Boundary.PERIODIC
    kind: Kind = Kind.HEX
    pitch_um: float = HEPATOCYTE_UM
    layer_um: float = HEPATOCYTE_UM

    @property
    def torus(self) -> bool:
        """Whether opposite edges touch; otherwise nothing passes the edge."""
        return self.boundary is Boundary.PERIODIC

    @property
    def offsets(self) -> Offsets:
        """Neighbours in the sheet as (rows, columns)."""
        return OFFSETS[self.kind]

    @property
    def site_area_um2(self) -> float:
        """Area of one site [um2]."""
        flat = math.sqrt(3.0) / 2.0 if self.kind is Kind.HEX else 1.0
        return flat * self.pitch_um**2

    def hop_rate(self, diffusion_um2_s: float) -> float:
        """Return the rate of hops to each neighbour in the sheet [1/s].

        On the hex lattice D = (3/2) k a2, on the square one D = k a2.
        """
        share = 2.0 / 3.0 if self.kind is Kind.HEX else 1.0
        return share * diffusion_um2_s / self.pitch_um**2

    def layer_hop_rate(self, diffusion_um2_s: float) -> float:
        """Return the rate of hops to the sheet above, or below [1/s]; 0 for one sheet."""
        return diffusion_um2_s / self.layer_um**2 if self.layers > 1 else 0.0

    def positions_um(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where the sites of a sheet stand, x and y, each (height, width) [um]."""
        y, x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float64)
        if self.kind is Kind.SQUARE:
            return self.pitch_um * x, self.pitch_um * y
        return self.pitch_um * (x + 0.5 * y), self.pitch_um * (math.sqrt(3.0) / 2.0) * y

    def distances_um(self, row: int, column: int) -> NDArray[np.float64]:
        """Return how far all sites of a sheet are from one, the short way round a torus [um]."""
        y, x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float64)
        dy, dx = y - row, x - column
        turns = (-1, 0, 1) if self.torus else (0,)
        best = np.full(dy.shape, np.inf)
        for up in turns:
            for along in turns:
                ty, tx = dy + up * self.height, dx + along * self.width
                mixed = tx * ty if self.kind is Kind.HEX else 0.0
                best = np.minimum(best, tx * tx + mixed + ty * ty)
        return self.pitch_um * np.sqrt(best)

    def neighbours(self, row: int, column: int) -> list[tuple[int, int]]:
        """Return the sites of the same sheet that touch one."""
        found: list[tuple[int, int]] = []
        for up, along in self.offsets:
            y, x = row + up, column + along
            if self.torus:
                found.append((y % self.height, x % self.width))
            elif 0 <= y < self.height and 0 <= x < self.width:
                found.append((y, x))
        return found
