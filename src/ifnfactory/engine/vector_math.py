"""Logarithm, exponential and power out of operations that every processor has as vectors.

``exp``, ``log`` and ``pow`` of a library take one number at a time. These use only additions,
multiplications, one division and integer operations on the bits. `lanes` compiles their text; as
Python they are the reference that the compiled ones are tested against. Accuracy: a few units in
the last place for the logarithm and the exponential of moderate arguments (measured in the tests).
"""

from __future__ import annotations

import struct

MAGIC = 6755399441055744.0  # 1.5 * 2**52: adding it rounds a small double to an integer
MAGIC_BITS = 0x4338000000000000
TWO_52 = 4503599627370496.0
TWO_52_BITS = 0x4330000000000000
MANTISSA = 0x000FFFFFFFFFFFFF
ONE_BITS = 0x3FF0000000000000
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
LOG2_E = 1.44269504088896340736
SQRT_2 = 1.4142135623730951
SMALLEST = 1e-300
"""Bases of powers are not taken smaller than this: keeps x**h and its slope finite at zero."""


def _bits(x: float) -> int:
    """Reinterpret a double as a 64-bit integer."""
    return struct.unpack("<q", struct.pack("<d", x))[0]


def _double(bits: int) -> float:
    """Reinterpret a 64-bit integer as a double."""
    return struct.unpack("<d", struct.pack("<q", bits))[0]


def vlog(x: float) -> float:
    """Return the natural logarithm of a positive normal number."""
    bits = _bits(x)
    exponent = (bits >> 52) - 1023
    m = _double((bits & MANTISSA) | ONE_BITS)
    large = m > SQRT_2
    m = 0.5 * m if large else m
    # Small integer to double by the bits: AVX2 has no instruction for it.
    n = _double(exponent + (1024 + TWO_52_BITS)) - (TWO_52 + 1024.0)
    n = n + 1.0 if large else n
    f = (m - 1.0) / (m + 1.0)
    s = f * f
    series = 1.0 / 21.0
    series = series * s + 1.0 / 19.0
    series = series * s + 1.0 / 17.0
    series = series * s + 1.0 / 15.0
    series = series * s + 1.0 / 13.0
    series = series * s + 1.0 / 11.0
    series = series * s + 1.0 / 9.0
    series = series * s + 1.0 / 7.0
    series = series * s + 1.0 / 5.0
    series = series * s + 1.0 / 3.0
    series = series * s * f + f
    return n * LN2_HIGH + (2.0 * series + n * LN2_LOW)


def vexp(x: float) -> float:
    """Return the exponential; arguments beyond ±700 are taken as ±700."""
    x = 700.0 if x > 700.0 else x
    x = -700.0 if x < -700.0 else x
    shifted = x * LOG2_E + MAGIC
    n = shifted - MAGIC
    r = (x - n * LN2_HIGH) - n * LN2_LOW
    series = 1.0 / 6227020800.0
    series = series * r + 1.0 / 479001600.0
    series = series * r + 1.0 / 39916800.0
    series = series * r + 1.0 / 3628800.0
    series = series * r + 1.0 / 362880.0
    series = series * r + 1.0 / 40320.0
    series = series * r + 1.0 / 5040.0
    series = series * r + 1.0 / 720.0
    series = series * r + 1.0 / 120.0
    series = series * r + 1.0 / 24.0
    series = series * r + 1.0 / 6.0
    series = series * r + 0.5
    series = series * r + 1.0
    series = series * r + 1.0
    scale = _double((_bits(shifted) - MAGIC_BITS + 1023) << 52)
    return series * scale


def vfloor(x: float) -> float:
    """Return x, or the smallest base of a power where x is smaller."""
    return x if x > SMALLEST else SMALLEST


def vpow(base: float, exponent: float) -> float:
    """Return ``base**exponent`` for a base that is not negative; negative bases count as zero."""
    return vexp(exponent * vlog(base if base > SMALLEST else SMALLEST))
