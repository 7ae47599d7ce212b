"""Random numbers and chances of the reference, in the same steps as those of the kernel."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

F = np.float32
_64: Final = (1 << 64) - 1
_32: Final = (1 << 32) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15


def mix(x: int) -> int:
    """Scramble 64 bits (the finaliser of SplitMix64)."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _64
    return x ^ (x >> 31)


def keys_of(seed: int, step: int, purpose: int) -> tuple[int, int]:
    """Return the two keys of a purpose at a step."""
    base = mix((mix((seed + _GOLDEN) & _64) + step * _GOLDEN) & _64)
    both = mix((base + (purpose + 1) * _GOLDEN) & _64)
    return both & _32, both >> 32


def bits(cell: int, keys: tuple[int, int]) -> int:
    """Return 32 random bits of a cell."""
    x = ((cell ^ keys[0]) * 0x9E3779B1) & _32
    x ^= x >> 15
    x = ((x ^ keys[1]) * 0x85EBCA6B) & _32
    x ^= x >> 13
    x = (x * 0xC2B2AE35) & _32
    return x ^ (x >> 16)


def uniform(cell: int, keys: tuple[int, int]) -> Any:
    """Return the random number of a cell."""
    return F(bits(cell, keys)) * F(2.0**-32)


def chance(x: Any) -> Any:
    """Return 1 - exp(-x), in the same steps as the kernel."""
    y = (x if x < F(32.0) else F(32.0)) * F(0.0625)
    f = F(12.0) * y / (F(12.0) + y * (F(6.0) + y))
    for _ in range(4):
        f = f * (F(2.0) - f)
    return f
