"""Compiled Chebyshev relaxation of (loss - diffusion) c = source, many sweeps in one pass.

A sweep moves little arithmetic for the memory that it reads, so a tile of rows is copied into the
cache with a margin of as many rows as there are sweeps, relaxed there, and its inner rows written
back: the field crosses the memory bus once for all sweeps. What happens in the margin is computed
twice, by neighbouring tiles, with the same operations and so with the same result.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ifnfactory.tissue.flux import change_row, flux_row

Array = Any
"""Numba compiles for the arrays that it is given."""

TILE_BYTES: Final = 800_000
"""What a tile may take of a core's own cache, for each of its two arrays."""


def chebyshev(lowest: float, highest: float, sweeps: int) -> NDArray[np.float64]:
    """Return the coefficients of a pass, (sweeps, 2): weights of the last change and of the rest.

    Parameters
    ----------
    lowest, highest
        Bounds of the eigenvalues of the operator divided by its diagonal.
    """
    middle, half = 0.5 * (highest + lowest), 0.5 * (highest - lowest)
    slope = middle / half
    weights = np.empty((sweeps, 2))
    share = 1.0 / slope
    weights[0] = 0.0, 1.0 / middle
    for sweep in range(1, sweeps):
        next_share = 1.0 / (2.0 * slope - share)
        weights[sweep] = next_share * share, 2.0 * next_share / half
        share = next_share
    return weights


def sweeps_needed(lowest: float, highest: float, reduction: float) -> int:
    """Return the sweeps of one pass that make the error smaller by the factor `reduction`."""
    ratio = math.sqrt(highest / lowest)
    rate = math.log((ratio + 1.0) / (ratio - 1.0))
    return max(1, math.ceil(math.acosh(1.0 / reduction) / rate))


def tile_rows(width: int, layers: int, sweeps: int, itemsize: int) -> int:
    """Return how many rows a tile gives back, so that it fits the cache and its margin pays."""
    fit = TILE_BYTES // (width * layers * itemsize) - 2 * sweeps
    return max(fit, 2 * sweeps, 8)


@njit(cache=True, nogil=True)
def relax_rows(
    c: Array, older: Array, keep: Any, inside: Array, source: Array, uptake: Array, decay: Any,
    hop: Any, up: Any, leaving: Any, square: bool, torus: bool, weights: Array, tile: int,
    out: Array, start: int, stop: int,
) -> None:  # fmt: skip
    """Relax the rows [start, stop) of every sheet and write them into `out`.

    Parameters
    ----------
    c
        The field to start from (layers, height, width).
    older, keep
        A field whose ``keep`` fold is added to the source: the last time step; empty for none.
    leaving
        Rate at which the signal leaves a site by hops; with the losses, the diagonal.
    weights
        Of `chebyshev`, in the precision of the field.
    """
    layers, height, width = c.shape
    sweeps = weights.shape[0]
    most = min(tile + 2 * sweeps, height if not torus else tile + 2 * sweeps)
    room_now = np.empty(layers * most * width, c.dtype)
    room_was = np.empty(layers * most * width, c.dtype)
    rest = np.empty(width, c.dtype)
    for first in range(start, stop, tile):
        last = min(first + tile, stop)
        low, high = first - sweeps, last + sweeps
        if not torus:
            low, high = max(low, 0), min(high, height)
        rows = high - low
        now = room_now[: layers * rows * width].reshape(layers, rows, width)
        was = room_was[: layers * rows * width].reshape(layers, rows, width)
        some = inside[low:high] if inside.size else inside  # a masked sheet is never a torus
        for z in range(layers):
            for r in range(rows):
                _copy(c[z, (low + r) % height], now[z, r])
                _copy(c[z, (low + r) % height], was[z, r])
        for sweep in range(sweeps):
            by, of_rest = weights[sweep, 0], weights[sweep, 1]
            for z in range(layers):
                for r in range(rows):
                    y = (low + r) % height
                    flux_row(now, some, z * rows + r, hop, up, square, torus, rest)
                    _balance(now[z, r], was[z, r], older, keep, source, uptake, decay, leaving,
                             by, of_rest, z, y, rest)  # fmt: skip
            now, was = was, now
        for z in range(layers):
            for r in range(first - low, last - low):
                _copy(now[z, r], out[z, low + r])


@njit(cache=True, nogil=True)
def _copy(row: Array, to: Array) -> None:
    for x in range(row.size):
        to[x] = row[x]


@njit(cache=True, nogil=True)
def _balance(
    here: Array, was: Array, older: Array, keep: Any, source: Array, uptake: Array, decay: Any,
    leaving: Any, by: Any, of_rest: Any, z: int, y: int, rest: Array,
) -> None:  # fmt: skip
    """Complete the imbalance of a row, its flow being in `rest`; put the next sweep in `was`."""
    # Each loop knows few arrays: of more, the compiler cannot prove that they are different.
    width = here.size
    if older.size:
        last = older[z, y]
        for x in range(width):
            rest[x] += keep * last[x]
    if source.size:
        made = source[z, y]
        for x in range(width):
            rest[x] += made[x]
    if uptake.size:
        take = uptake[z, y]
        most = leaving + decay
        for x in range(width):
            rest[x] = (rest[x] - (decay + take[x]) * here[x]) / (most + take[x])
    else:
        share = (leaving / leaving) / (leaving + decay)
        for x in range(width):
            rest[x] = share * (rest[x] - decay * here[x])
    for x in range(width):
        was[x] = here[x] + by * (here[x] - was[x]) + of_rest * rest[x]


@njit(cache=True, nogil=True)
def imbalance_rows(
    c: Array, older: Array, keep: Any, inside: Array, source: Array, uptake: Array, decay: Any,
    hop: Any, up: Any, square: bool, torus: bool, largest: Array, start: int, stop: int,
) -> None:  # fmt: skip
    """Write the largest imbalance, and the smallest and largest amount of each row, (rows, 3)."""
    height, width = c.shape[1], c.shape[2]
    rest = np.empty(width, c.dtype)
    for row in range(start, stop):
        z, y = row // height, row % height
        flux_row(c, inside, row, hop, up, square, torus, rest)
        change_row(c, source, uptake, decay, z, y, rest)
        most, least, top = rest[0] - rest[0], c[z, y, 0], c[z, y, 0]
        for x in range(width):
            value = rest[x]
            if older.size:
                value += keep * older[z, y, x]
            if inside.size and not inside[y, x]:
                continue
            most = max(most, abs(value))
            least = min(least, c[z, y, x])
            top = max(top, c[z, y, x])
        largest[row, 0], largest[row, 1], largest[row, 2] = most, least, top
