"""The cells of a run: how many, what lies at the edge, which sites are tissue, and their zone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.sinusoid import Sinusoids


def _none() -> NDArray[np.uint8]:
    return np.empty(0, dtype=np.uint8)


def _flat() -> NDArray[np.float32]:
    return np.empty(0, dtype=np.float32)


@dataclass(frozen=True)
class Sites:
    """Cells on a lattice.

    Attributes
    ----------
    torus
        Whether opposite edges touch; otherwise nothing passes the edge.
    mask
        1 where there is tissue, uint8 (cells,); empty for everywhere.
    zone
        0 at the portal field to 1 at the central vein, float32 (cells,); empty for 0 everywhere.
    blood
        Network of the sinusoids in each sheet, for a transit of 1; None where there are no vessels.
    """

    height: int
    width: int
    layers: int = 1
    torus: bool = True
    mask: NDArray[np.uint8] = field(default_factory=_none)
    zone: NDArray[np.float32] = field(default_factory=_flat)
    blood: Sinusoids | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of an array of all cells."""
        sheet = (self.height, self.width)
        return sheet if self.layers == 1 else (self.layers, *sheet)

    @property
    def cells(self) -> int:
        """Number of sites."""
        return self.layers * self.height * self.width

    @property
    def open_cells(self) -> int:
        """Number of sites that are tissue."""
        return int(np.count_nonzero(self.mask)) if self.mask.size else self.cells
