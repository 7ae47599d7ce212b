"""Random numbers that are counted, not drawn.

The number of a cell, step and purpose is a hash of the three and of the seed: the same for any
number of threads and any order of the work, and a vector instruction away from its neighbours. Two
keys of 32 bits stand for seed, step and purpose; three rounds of multiplication mix them with the
number of the cell.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

Array = Any
"""Numba compiles for the arrays that it is given."""

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_A: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B: Final = np.uint64(0x94D049BB133111EB)
_ONE: Final = np.uint32(0x9E3779B1)
_TWO: Final = np.uint32(0x85EBCA6B)
_THREE: Final = np.uint32(0xC2B2AE35)
_S15: Final = np.uint32(15)
_S13: Final = np.uint32(13)
_S16: Final = np.uint32(16)
_UNIT: Final = np.float32(2.0**-32)


@njit(cache=True, nogil=True, inline="always")
def _mix(x: Any) -> Any:
    """Scramble 64 bits (the finaliser of SplitMix64)."""
    x = (x ^ (x >> np.uint64(30))) * _MIX_A
    x = (x ^ (x >> np.uint64(27))) * _MIX_B
    return x ^ (x >> np.uint64(31))


@njit(cache=True, nogil=True)
def fill_keys(seed: Any, step: Any, first: int, keys: Array) -> None:
    """Write the keys of the purposes `first`, `first` + 1, ... at a step, uint32 (purposes, 2)."""
    base = _mix(_mix(np.uint64(seed) + _GOLDEN) + np.uint64(step) * _GOLDEN)
    for purpose in range(keys.shape[0]):
        both = _mix(base + np.uint64(first + purpose + 1) * _GOLDEN)
        keys[purpose, 0] = np.uint32(both & np.uint64(0xFFFFFFFF))
        keys[purpose, 1] = np.uint32(both >> np.uint64(32))


@njit(cache=True, nogil=True, inline="always")
def bits(cell: Any, a: Any, b: Any) -> Any:
    """Return 32 random bits of a cell, uint32."""
    x = np.uint32(np.uint32(cell ^ a) * _ONE)
    x = np.uint32(x ^ np.uint32(x >> _S15))
    x = np.uint32(np.uint32(x ^ b) * _TWO)
    x = np.uint32(x ^ np.uint32(x >> _S13))
    x = np.uint32(x * _THREE)
    return np.uint32(x ^ np.uint32(x >> _S16))


@njit(cache=True, nogil=True, inline="always")
def uniform(cell: Any, a: Any, b: Any) -> Any:
    """Return a number from 0 to 1 of a cell, float32, as fine near 0 as 32 bits allow."""
    return np.float32(bits(cell, a, b)) * _UNIT


@njit(cache=True, nogil=True, inline="always", error_model="numpy")
def chance(x: Any) -> Any:
    """Return 1 - exp(-x) for x from 0, float32, exact to a few units in the last place.

    A rational formula for x/16 and four doublings f(2y) = f(y)(2 - f(y)): no call that would keep
    the compiler from using vectors, and no loss of digits for rare events.
    """
    y = (x if x < np.float32(32.0) else np.float32(32.0)) * np.float32(0.0625)
    f = np.float32(12.0) * y / (np.float32(12.0) + y * (np.float32(6.0) + y))
    f = f * (np.float32(2.0) - f)
    f = f * (np.float32(2.0) - f)
    f = f * (np.float32(2.0) - f)
    return f * (np.float32(2.0) - f)


@njit(cache=True, nogil=True)
def uniforms(cells: int, a: Any, b: Any) -> Any:
    """Return the numbers of all cells for two keys, float32 (cells,)."""
    found = np.empty(cells, np.float32)
    for cell in range(cells):
        found[cell] = uniform(np.uint32(cell), a, b)
    return found
