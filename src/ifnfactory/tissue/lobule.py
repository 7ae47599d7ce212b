"""Liver lobules on the hex lattice: portal triads, central veins, zones.

The sites (n i, n j) are vessels: where i - j is a multiple of three a central vein, elsewhere a
portal triad. That is the honeycomb of regular lobules with their corners at portal triads, and with
n = 20 cells of 25 um each lobule has a radius of 500 um and exactly 3 n2 = 1,200 hepatocytes a
slice, as its published size asks for (tissue evidence, consistency check [D]).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.lattice import OFFSETS, Boundary, Kind, Lattice

RADIUS_CELLS: Final = 20
"""Cells from the central vein to a portal triad; 3 x 20 x 20 hepatocytes a slice."""

_TIE: Final = (1e-4, 2.7e-4)
"""A shift that decides for sites halfway between two lobules, the same way everywhere."""


@dataclass(frozen=True)
class Lobules:
    """A sheet with its vessels.

    Attributes
    ----------
    inside
        Sites that hold tissue, bool (height, width).
    lobule
        Number of the lobule of each site, int32 (height, width); -1 outside.
    zone
        0 at the portal triads to 1 at the central vein, float32 (height, width).
    portal, central
        Sites that are portal triads, and central veins, bool (height, width).
    """

    lattice: Lattice
    inside: NDArray[np.bool_]
    lobule: NDArray[np.int32]
    zone: NDArray[np.float32]
    portal: NDArray[np.bool_]
    central: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """Number of lobules of which at least a part is in the sheet."""
        return int(np.unique(self.lobule[self.inside]).size)

    def zone_number(self) -> NDArray[np.int8]:
        """Return 1 (periportal), 2 or 3 (around the central vein) for each site, 0 outside."""
        number = np.clip(1 + np.floor(3.0 * self.zone), 1, 3).astype(np.int8)
        return np.where(self.inside, number, np.int8(0))


def one_lobule(radius: int = RADIUS_CELLS, layers: int = 1) -> Lobules:
    """Return a single lobule in the middle of its array, closed at its edge."""
    side = 2 * radius + 1
    lattice = Lattice(side, side, layers, Boundary.LOBULE)
    found = _lobules(lattice, radius, (radius, radius))
    middle = found.lobule[radius, radius]
    inside = found.lobule == middle
    return Lobules(
        lattice,
        inside,
        np.where(inside, np.int32(0), np.int32(-1)),
        np.where(inside, found.zone, np.float32(0.0)),
        inside & _touching(found.portal),  # the corners lie on the edge: their inner neighbours
        found.central & inside,
    )


def sheet_of_lobules(lattice: Lattice, radius: int = RADIUS_CELLS) -> Lobules:
    """Return many lobules side by side.

    Raises
    ------
    ValueError
        If the sheet is periodic and its sides are no multiples of 3 x `radius`: then the lobules at
        the two edges would not fit together.
    """
    periodic = lattice.torus
    if periodic and (lattice.height % (3 * radius) or lattice.width % (3 * radius)):
        raise ValueError(
            f"a periodic sheet of lobules needs sides that are multiples of {3 * radius}, "
            f"not {lattice.height} x {lattice.width}"
        )
    return _lobules(lattice, radius, (0, 0))


def _touching(sites: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the sites and their neighbours."""
    wide = np.pad(sites, 1)
    found = sites.copy()
    for up, along in OFFSETS[Kind.HEX]:
        found |= wide[1 + up : 1 + up + sites.shape[0], 1 + along : 1 + along + sites.shape[1]]
    return found


def _lobules(lattice: Lattice, radius: int, origin: tuple[int, int]) -> Lobules:
    """Lay the honeycomb with a central vein at `origin` (row, column)."""
    y, x = np.mgrid[0 : lattice.height, 0 : lattice.width].astype(np.float64)
    y, x = y - origin[0], x - origin[1]
    shift = (y + _TIE[0], x + _TIE[1])
    central_distance, vein_j, vein_i = _nearest(shift, radius, (0,))
    portal_distance, _, _ = _nearest((y, x), radius, (1, 2))
    straight, _, _ = _nearest((y, x), radius, (0,))
    total = portal_distance + straight
    zone = np.divide(portal_distance, total, out=np.zeros_like(total), where=total > 0)
    if lattice.torus:
        vein_j = vein_j % (lattice.height // radius)
        vein_i = vein_i % (lattice.width // radius)
    names = np.stack([vein_j.ravel(), vein_i.ravel()], axis=1)
    _, number = np.unique(names, axis=0, return_inverse=True)
    return Lobules(
        lattice,
        np.ones(central_distance.shape, dtype=np.bool_),
        number.reshape(y.shape).astype(np.int32),
        zone.astype(np.float32),
        portal_distance == 0.0,
        straight == 0.0,
    )


def _nearest(
    site: tuple[NDArray[np.float64], NDArray[np.float64]], radius: int, classes: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the distance of the nearest vessel of `classes` [sites], and its (j, i)."""
    y, x = site
    base_j = np.floor(y / radius).astype(np.int64)
    base_i = np.floor(x / radius).astype(np.int64)
    best = np.full(y.shape, np.inf)
    best_j, best_i = np.zeros_like(base_j), np.zeros_like(base_i)
    for up in range(-1, 3):
        for along in range(-1, 3):
            j, i = base_j + up, base_i + along
            dy, dx = y - radius * j, x - radius * i
            square = np.where(np.isin((i - j) % 3, classes), dx * dx + dx * dy + dy * dy, np.inf)
            closer = square < best
            best = np.where(closer, square, best)
            best_j, best_i = np.where(closer, j, best_j), np.where(closer, i, best_i)
    return np.sqrt(best), best_j, best_i
