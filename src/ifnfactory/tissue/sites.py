"""The cells of a run: how many, what lies at the edge, which sites are tissue, and their zone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.lattice import Grid
from ifnfactory.tissue.sinusoid import Sinusoids


def _none() -> NDArray[np.uint8]:
    return np.empty(0, dtype=np.uint8)


def _flat() -> NDArray[np.float32]:
    return np.empty(0, dtype=np.float32)


@dataclass(frozen=True)
class Sites(Grid):
    """The cells of a run.

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

    torus: bool = True
    mask: NDArray[np.uint8] = field(default_factory=_none)
    zone: NDArray[np.float32] = field(default_factory=_flat)
    blood: Sinusoids | None = None

    @property
    def open_cells(self) -> int:
        """Number of sites that are tissue."""
        return int(np.count_nonzero(self.mask)) if self.mask.size else self.cells
