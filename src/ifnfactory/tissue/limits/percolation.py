"""Where a connected set first crosses a sheet, and epidemics that are percolation in disguise."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit

from ifnfactory.foundation.streams import stream

TRIANGULAR, SQUARE, HONEYCOMB = 0, 1, 2


@njit(cache=True, nogil=True)
def _root(parent: Any, i: int) -> int:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True, nogil=True)
def _join(parent: Any, size: Any, a: int, b: int) -> None:
    a, b = _root(parent, a), _root(parent, b)
    if a != b:
        if size[a] < size[b]:
            a, b = b, a
        parent[b] = a
        size[a] += size[b]


@njit(cache=True, nogil=True)
def _neighbour(kind: int, side: int, y: int, x: int, height: int, width: int) -> int:
    """Return the neighbour of a site at `side`, or -1."""
    dy = (0, 0, 1, -1, 1, -1)[side]
    dx = (1, -1, 0, 0, -1, 1)[side]
    if kind == HONEYCOMB and dy != 0 and ((y + x) % 2 == 0) != (dy > 0):
        return -1  # the wall of bricks: one vertical bond a site, up or down in turn
    j, i = y + dy, x + dx
    if j < 0 or j >= height or i < 0 or i >= width:
        return -1
    return j * width + i


@njit(cache=True, nogil=True)
def _site_crossing(kind: int, height: int, width: int, order: Any) -> float:
    """Fill sites in the given order until top and bottom are joined; return the share filled."""
    n = height * width
    parent = np.arange(n + 2)
    size = np.ones(n + 2, np.int64)
    filled = np.zeros(n, np.bool_)
    sides = 6 if kind == TRIANGULAR else 4
    for count in range(n):
        site = order[count]
        filled[site] = True
        y, x = site // width, site % width
        if y == 0:
            _join(parent, size, site, n)
        if y == height - 1:
            _join(parent, size, site, n + 1)
        for side in range(sides):
            other = _neighbour(kind, side, y, x, height, width)
            if other >= 0 and filled[other]:
                _join(parent, size, site, other)
        if _root(parent, n) == _root(parent, n + 1):
            return (count + 0.5) / n
    return 1.0


@njit(cache=True, nogil=True)
def _bond_crossing(kind: int, height: int, width: int, order: Any) -> float:
    """Open bonds in the given order until top and bottom are joined; return the share open."""
    n = height * width
    parent = np.arange(n + 2)
    size = np.ones(n + 2, np.int64)
    for x in range(width):
        _join(parent, size, x, n)
        _join(parent, size, (height - 1) * width + x, n + 1)
    directions = 3 if kind == TRIANGULAR else 2
    there = 0
    opened = 0
    for count in range(order.size):
        site, way = order[count] // directions, order[count] % directions
        other = _neighbour(kind, (0, 2, 4)[way], site // width, site % width, height, width)
        if other < 0:
            continue
        there += 1
        if opened == 0:
            _join(parent, size, site, other)
            if _root(parent, n) == _root(parent, n + 1):
                opened = there
    return (opened - 0.5) / there


def _sides(kind: int, side: int) -> tuple[int, int]:
    """Return rows and columns of a patch about as wide as high in space."""
    # A honeycomb's row is 1.5 bonds high, its column sqrt(3)/2 wide.
    return (side, round(side * math.sqrt(3.0))) if kind == HONEYCOMB else (side, side)


def site_threshold(kind: int, side: int, repeats: int, seed: int) -> tuple[float, float]:
    """Return the mean share of sites at which top and bottom join, and its standard error.

    On the triangular lattice exactly 1/2 for a rhombus of any size: either filled sites join top
    and bottom, or empty ones join left and right, and both are alike.
    """
    height, width = _sides(kind, side)
    found = np.empty(repeats)
    for repeat in range(repeats):
        order = stream(seed, "percolation", "site", kind, side, repeat).permutation(height * width)
        found[repeat] = _site_crossing(kind, height, width, order)
    return float(found.mean()), float(found.std(ddof=1) / math.sqrt(repeats))


def bond_threshold(kind: int, side: int, repeats: int, seed: int) -> tuple[float, float]:
    """Return the mean share of bonds at which top and bottom join, and its standard error."""
    height, width = _sides(kind, side)
    bonds = (3 if kind == TRIANGULAR else 2) * height * width
    found = np.empty(repeats)
    for repeat in range(repeats):
        order = stream(seed, "percolation", "bond", kind, side, repeat).permutation(bonds)
        found[repeat] = _bond_crossing(kind, height, width, order)
    return float(found.mean()), float(found.std(ddof=1) / math.sqrt(repeats))


FIXED, EXPONENTIAL, SITES = 0, 1, 2


@njit(cache=True, nogil=True)
def _reaches_edge(n: int, how: int, strength: float, generator: Any) -> bool:
    """Follow an outbreak from the middle of a patch until it ends or touches the edge.

    A fixed infectious period passes each bond with probability `strength`; an exponential one with
    1 - exp(-strength x period), the period being the cell's own; SITES fills sites instead.
    """
    state = np.zeros(n * n, np.uint8)
    queue = np.empty(n * n, np.int64)
    first, last = 0, 1
    queue[0] = (n // 2) * n + n // 2
    state[queue[0]] = 1
    while first < last:
        site = queue[first]
        first += 1
        y, x = site // n, site % n
        if y == 0 or y == n - 1 or x == 0 or x == n - 1:
            return True
        chance = strength
        if how == EXPONENTIAL:
            chance = 1.0 - math.exp(-strength * generator.standard_exponential())
        for side in range(6):
            other = _neighbour(TRIANGULAR, side, y, x, n, n)
            if state[other]:
                continue
            if generator.random() < chance:
                state[other] = 1
                queue[last] = other
                last += 1
            elif how == SITES:
                state[other] = 2  # an empty site stays empty, whoever asks
    return False


def reach_probability(how: int, strength: float, side: int, repeats: int, seed: int) -> float:
    """Return how often an outbreak from the middle reaches the edge of a `side` x `side` patch.

    The cell in the middle is infected, or the site filled, for certain.
    """
    generator = stream(seed, "outbreak", how, side)
    return sum(_reaches_edge(side, how, strength, generator) for _ in range(repeats)) / repeats


EXPONENT: Final = 5.0 / 48.0
"""At the threshold the chance to reach a distance n falls as n to minus this power."""


def exponential_threshold(repeats: int, seed: int, sides: tuple[int, int] = (65, 257)) -> float:
    """Return the ratio beta/gamma at which an epidemic with exponential periods just percolates.

    There the chance to reach the edge falls with size as the power law says.
    """
    ratios = np.linspace(0.60, 0.76, 9)
    small = [reach_probability(EXPONENTIAL, r, sides[0], repeats, seed) for r in ratios]
    large = [reach_probability(EXPONENTIAL, r, sides[1], repeats, seed) for r in ratios]
    expected = (sides[0] / sides[1]) ** EXPONENT
    return float(np.interp(expected, np.array(large) / np.array(small), ratios))
