"""Compiled rows of diffusion: what every scheme of this room is made of.

A kernel works on the rows [start, stop) of a stack, counted as sheet x height + row, and writes
only those: bands of rows can be given to threads, and no sum runs across rows, so that results are
the same to the last bit for any number of threads. The flow into a row is first put into a small
buffer that stays in the cache and then combined: loops over few arrays are what the compiler makes
vectors of.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Array = Any
"""Numba compiles for the arrays that it is given."""


@njit(cache=True, nogil=True)
def flux_site(
    c: Array, inside: Array, z: int, y: int, x: int, hop: Any, up: Any, square: bool, torus: bool
) -> Any:
    """Return the net flow into one site [amount/s], slowly and for every kind of edge."""
    layers, height, width = c.shape
    here = c[z, y, x]
    total = here - here
    if inside.size and not inside[y, x]:
        return total
    for side in range(4 if square else 6):
        dy = (0, 0, 1, -1, 1, -1)[side]
        dx = (1, -1, 0, 0, -1, 1)[side]
        j, i = y + dy, x + dx
        if torus:
            j, i = j % height, i % width
        elif j < 0 or j >= height or i < 0 or i >= width:
            continue
        if inside.size and not inside[j, i]:
            continue
        total += c[z, j, i] - here
    total *= hop
    if z > 0:
        total += up * (c[z - 1, y, x] - here)
    if z < layers - 1:
        total += up * (c[z + 1, y, x] - here)
    return total


@njit(cache=True, nogil=True)
def _flux_inner(mid: Array, low: Array, high: Array, hop: Any, square: bool, buffer: Array) -> None:
    """Fill the columns 1 to width - 2 from three rows that all lie inside."""
    n = mid.size - 2
    left, here, right = mid[:n], mid[1 : n + 1], mid[2:]
    below, above = low[1 : n + 1], high[1 : n + 1]
    out = buffer[1 : n + 1]
    if square:
        four = (hop + hop) + (hop + hop)  # a product with an integer would be of double precision
        for x in range(n):
            sides = (left[x] + right[x]) + (below[x] + above[x])
            out[x] = hop * sides - four * here[x]
        return
    below_right, above_left = low[2:], high[:n]
    six = (hop + hop) + (hop + hop) + (hop + hop)
    for x in range(n):
        sides = (left[x] + right[x]) + (below[x] + above[x]) + (below_right[x] + above_left[x])
        out[x] = hop * sides - six * here[x]


@njit(cache=True, nogil=True)
def _add_layer(mid: Array, other: Array, up: Any, buffer: Array) -> None:
    for x in range(1, mid.size - 1):
        buffer[x] += up * (other[x] - mid[x])


@njit(cache=True, nogil=True)
def flux_row(
    c: Array, inside: Array, row: int, hop: Any, up: Any, square: bool, torus: bool, buffer: Array
) -> None:
    """Put the net flow into every site of a row into `buffer`."""
    layers, height, width = c.shape
    z, y = row // height, row % height
    edge = not torus and (y == 0 or y == height - 1)
    if inside.size or edge or width < 4:
        for x in range(width):
            buffer[x] = flux_site(c, inside, z, y, x, hop, up, square, torus)
        return
    low, high = (y - 1 + height) % height, (y + 1) % height
    _flux_inner(c[z, y], c[z, low], c[z, high], hop, square, buffer)
    if z > 0:
        _add_layer(c[z, y], c[z - 1, y], up, buffer)
    if z < layers - 1:
        _add_layer(c[z, y], c[z + 1, y], up, buffer)
    for x in (0, width - 1):
        buffer[x] = flux_site(c, inside, z, y, x, hop, up, square, torus)


@njit(cache=True, nogil=True)
def change_row(
    c: Array, source: Array, uptake: Array, decay: Any, z: int, y: int, buffer: Array
) -> None:
    """Add production and loss of a row to the flow in `buffer`; empty arrays stand for zero."""
    here = c[z, y]
    if uptake.size:
        take = uptake[z, y]
        for x in range(here.size):
            buffer[x] -= (decay + take[x]) * here[x]
    else:
        for x in range(here.size):
            buffer[x] -= decay * here[x]
    if source.size:
        made = source[z, y]
        for x in range(here.size):
            buffer[x] += made[x]


@njit(cache=True, nogil=True)
def rate_rows(
    c: Array, inside: Array, source: Array, uptake: Array, decay: Any, hop: Any, up: Any,
    square: bool, torus: bool, rate: Array, start: int, stop: int,
) -> None:  # fmt: skip
    """Write the whole right-hand side of rows into `rate`."""
    height = c.shape[1]
    for row in range(start, stop):
        z, y = row // height, row % height
        flux_row(c, inside, row, hop, up, square, torus, rate[z, y])
        change_row(c, source, uptake, decay, z, y, rate[z, y])


@njit(cache=True, nogil=True)
def explicit_rows(
    c: Array, inside: Array, source: Array, uptake: Array, decay: Any, hop: Any, up: Any,
    square: bool, torus: bool, out: Array, dt: Any, start: int, stop: int,
) -> None:  # fmt: skip
    """Write one explicit step of rows of `c` into `out`."""
    height, width = c.shape[1], c.shape[2]
    buffer = np.empty(width, c.dtype)
    for row in range(start, stop):
        z, y = row // height, row % height
        flux_row(c, inside, row, hop, up, square, torus, buffer)
        change_row(c, source, uptake, decay, z, y, buffer)
        here, there = c[z, y], out[z, y]
        for x in range(width):
            there[x] = here[x] + dt * buffer[x]


@njit(cache=True, nogil=True)
def row_sums(c: Array, weight: Array, out: Array, start: int, stop: int) -> None:
    """Write the double-precision sum of each row, times `weight` unless that is empty."""
    height, width = c.shape[1], c.shape[2]
    for row in range(start, stop):
        z, y = row // height, row % height
        total = 0.0
        if weight.size:
            for x in range(width):
                total += np.float64(weight[z, y, x]) * np.float64(c[z, y, x])
        else:
            for x in range(width):
                total += np.float64(c[z, y, x])
        out[row] = total
