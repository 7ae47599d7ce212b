"""Sparse LU without pivoting, planned once: minimum-degree order, fill-in, and the operations.

The matrix is ``I/(γh) - J``; its diagonal is large for the steps that the controller accepts, so
pivots stay on the diagonal. A pivot that vanishes all the same makes the step non-finite, and the
controller rejects it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Entry = tuple[int, int]


@dataclass(frozen=True)
class LuPlan:
    """The order of elimination and what each pivot touches.

    Attributes
    ----------
    order
        Pivots, first to last.
    entries
        All entries of the factors, with fill-in; the position in this tuple is the storage index.
    lower
        For each pivot, the rows below it in the order of elimination that it changes.
    upper
        For each pivot, the columns right of it in the order of elimination that it holds.
    """

    order: tuple[int, ...]
    entries: tuple[Entry, ...]
    lower: tuple[tuple[int, ...], ...]
    upper: tuple[tuple[int, ...], ...]


def plan_lu(n: int, pattern: Iterable[Entry]) -> LuPlan:
    """Plan the factorisation of an n × n matrix whose non-zeros lie in `pattern`."""
    filled: set[Entry] = set(pattern) | {(i, i) for i in range(n)}
    rows = {i: {j for (a, j) in filled if a == i} for i in range(n)}
    columns = {j: {i for (i, b) in filled if b == j} for j in range(n)}
    left = set(range(n))
    order: list[int] = []
    lower: list[tuple[int, ...]] = []
    upper: list[tuple[int, ...]] = []
    while left:
        # Markowitz count on the diagonal: the product bounds the fill that a pivot causes.
        pivot = min(left, key=lambda k: (_cost(rows[k], columns[k], left), k))
        left.remove(pivot)
        below = tuple(sorted(columns[pivot] & left))
        right = tuple(sorted(rows[pivot] & left))
        for i in below:
            rows[i] |= set(right)
            for j in right:
                columns[j].add(i)
                filled.add((i, j))
        order.append(pivot)
        lower.append(below)
        upper.append(right)
    return LuPlan(tuple(order), tuple(sorted(filled)), tuple(lower), tuple(upper))


def _cost(row: set[int], column: set[int], left: set[int]) -> int:
    return (len(row & left) - 1) * (len(column & left) - 1)
