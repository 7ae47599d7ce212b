"""Connected sets of cells: their sizes, and whether one crosses the sheet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.csgraph import connected_components

from ifnfactory.tissue.lattice import Kind, Lattice

_TOUCHING: Final[dict[Kind, NDArray[np.int64]]] = {
    Kind.HEX: np.array([[0, 1, 1], [1, 1, 1], [1, 1, 0]]),
    Kind.SQUARE: np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]),
}
"""Neighbours of the middle in an array of axial coordinates."""


@dataclass(frozen=True)
class Clusters:
    """Cells of one kind that touch.

    Attributes
    ----------
    label
        Number of the cluster of each site, from 1; 0 elsewhere; int64 (height, width).
    sizes
        Cells of each cluster, int64 (clusters,).
    crosses
        Whether one cluster reaches from the first to the last row of the sheet.
    """

    label: NDArray[np.int64]
    sizes: NDArray[np.int64]
    crosses: bool

    @property
    def count(self) -> int:
        """Number of clusters."""
        return int(self.sizes.size)

    @property
    def typical(self) -> float:
        """Size of the cluster that one of these cells is in, the mean over cells; 0 without any."""
        return float((self.sizes**2).sum() / self.sizes.sum()) if self.sizes.size else 0.0

    @property
    def largest_share(self) -> float:
        """Share of these cells that are in the largest cluster; 0 without any."""
        return float(self.sizes.max() / self.sizes.sum()) if self.sizes.size else 0.0


def clusters(cells: NDArray[np.bool_], lattice: Lattice) -> Clusters:
    """Return the clusters of a sheet's cells.

    Parameters
    ----------
    cells
        Bool (height, width). A stack is measured sheet by sheet.
    """
    labelled: Any = ndimage.label(cells, structure=_TOUCHING[lattice.kind])
    label, found = np.asarray(labelled[0], dtype=np.int64), int(labelled[1])
    # Crossing is judged in the array itself: on a torus every row is next to another.
    crosses = bool(np.intersect1d(label[0][label[0] > 0], label[-1]).size)
    if lattice.torus and found:
        label = _joined(label, found, lattice)
    sizes = np.bincount(label.ravel())[1:]
    return Clusters(label, sizes.astype(np.int64), crosses)


def size_classes(sizes: NDArray[np.int64]) -> tuple[tuple[str, int], ...]:
    """Return how many clusters have 1, 2 to 3, 4 to 7, ... cells, up to the largest."""
    if not sizes.size:
        return ()
    counts = np.bincount(np.log2(sizes).astype(np.int64))
    names = (f"{2**k}" if k == 0 else f"{2**k}-{2 ** (k + 1) - 1}" for k in range(counts.size))
    return tuple(zip(names, counts.tolist(), strict=True))


def _joined(label: NDArray[np.int64], found: int, lattice: Lattice) -> NDArray[np.int64]:
    """Give clusters that touch across the edge of a torus the same number."""
    pairs: list[NDArray[np.int64]] = []
    for up, along in lattice.offsets:
        other = np.roll(label, (-up, -along), axis=(0, 1))
        edge = np.zeros(label.shape, dtype=np.bool_)
        if up:
            edge[-1 if up > 0 else 0] = True
        if along:
            edge[:, -1 if along > 0 else 0] = True
        both = edge & (label > 0) & (other > 0)
        pairs.append(np.stack([label[both], other[both]]))
    a, b = np.concatenate(pairs, axis=1)
    graph = sparse.coo_matrix((np.ones(a.size), (a, b)), shape=(found + 1, found + 1))
    graph = graph + sparse.coo_matrix(([1.0], ([0], [0])), shape=graph.shape)
    _, name = connected_components(graph, directed=False)
    # Numbers in the order of the first cell, 0 stays 0.
    _, first = np.unique(name[np.arange(1, found + 1)], return_index=True)
    fresh = np.zeros(int(name.max()) + 1, dtype=np.int64)
    fresh[name[1:][np.sort(first)]] = np.arange(1, first.size + 1)
    fresh[name[0]] = 0
    return fresh[name][label]
