"""Writes a sweep over rows of a tile of a full torus: four rows at a time.

A site is read by nine others in each stage. Four rows are worked on side by side, so that what one
reads the next need not, and from row to row it is a fixed number of sites: only then does the
compiler see that what is written is not what is read. What multiplies a site's own value and its
neighbours is the same at all sites and comes in from outside: two sums fewer for each site.
"""

from __future__ import annotations

from typing import Final

from ifnfactory.tissue.kernel_text import JIT
from ifnfactory.tissue.layout import STRIDE

ROWS: Final = 4
"""Rows side by side."""


def sweeps(square: bool) -> str:
    """Return the function that carries out one stage of some rows."""
    lines = [
        JIT,
        "def stage_rows(now, was, rhs, first, last, left, right, keep, moves, by, gain):",
        '    """Write the next stage of the rows first to last over the stage before the last."""',
        "    r = first",
        f"    while r + {ROWS} <= last:",
        *_rows(ROWS, square, "        "),
        f"        r += {ROWS}",
        "    while r < last:",
        *_rows(1, square, "        "),
        "        r += 1",
    ]
    return "\n".join(lines)


def _rows(count: int, square: bool, pad: str) -> list[str]:
    """Write the loop over the sites of rows side by side; unsigned places are never negative."""
    lines = [
        f"{pad}for j in range(np.uint64(r * {STRIDE} + left), np.uint64(r * {STRIDE} + right)):"
    ]
    for row in range(-1, count + 1):
        for name, along in (("l", -1), ("m", 0), ("r", 1)):
            if (name == "l" and row == -1) or (name == "r" and row == count):
                continue
            if square and not 0 <= row < count and name != "m":
                continue
            lines.append(f"{pad}    {name}{row + 1} = now[{_place(row * STRIDE + along)}]")
    for row in range(count):
        n, to = row + 1, f"was[{_place(row * STRIDE)}]"
        near = f"(r{n} + l{n}) + (m{n + 1} + m{n - 1})"
        if not square:
            near = f"({near}) + (r{n - 1} + l{n + 1})"
        made = f"rhs[{_place(row * STRIDE)}]"
        lines += [
            f"{pad}    flow = moves * ({near}) + gain * {made}",
            f"{pad}    {to} = (keep * m{n} - by * {to}) + flow",
        ]
    return lines


def _place(offset: int) -> str:
    if offset == 0:
        return "j"
    return f"j {'+' if offset > 0 else '-'} np.uint64({abs(offset)})"
