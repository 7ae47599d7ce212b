"""What the virtual trials get wrong: the largest misses, and what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ifnfactory.evidence.qualification import Row

LEAST_ROWS: Final = 3
"""A pattern needs as many rows outside on one side, and twice those on the other."""


@dataclass(frozen=True)
class Miss:
    """A row that is outside.

    Attributes
    ----------
    distance
        Simulated minus published, in units of what would just be inside on that side: -1 and 1
        are the edges. Infinite where nothing on that side would be inside.
    """

    row: Row
    distance: float


@dataclass(frozen=True)
class Pattern:
    """Rows of one endpoint family in one phase, and how many are outside on each side."""

    family: str
    phase: str
    rows: int
    too_low: int
    too_high: int


_FAMILIES: Final = (
    ("mean_log10_dna", "fall of HBV DNA"),
    ("mean_log10_hbsag", "fall of HBsAg"),
    ("mean_log10_rna", "fall of HBV RNA"),
    ("hbv_dna_lt", "HBV DNA below a limit"),
    ("hbeag", "HBeAg loss or seroconversion"),
    ("hbsag", "HBsAg loss or seroconversion"),
    ("alt_normal", "normal ALT"),
    ("functional_cure", "functional cure"),
)


def distance(row: Row) -> float:
    """Return how far a row is off, in units of its reach on that side."""
    difference = row.simulated - row.published
    if difference == 0.0:
        return 0.0
    below, above = row.reach
    side = above if difference > 0.0 else below
    return difference / side if side > 0.0 else difference * float("inf")


def misses(rows: Sequence[Row]) -> tuple[Miss, ...]:
    """Return the rows that are outside, the largest distance times weight first."""
    outside = [Miss(row, distance(row)) for row in rows if not row.inside]
    return tuple(sorted(outside, key=lambda miss: -abs(miss.distance) * miss.row.weight))


def patterns(rows: Sequence[Row]) -> tuple[Pattern, ...]:
    """Return what is outside mostly on one side in several rows, the most frequent first.

    A mean change is negative; "too low" and "too high" speak of the fall.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((family(row.endpoint), row.phase), []).append(row)
    found = [_pattern(name, phase, group) for (name, phase), group in groups.items()]
    kept = [each for each in found if _is_one_sided(each)]
    return tuple(sorted(kept, key=lambda each: -max(each.too_low, each.too_high)))


def _is_one_sided(pattern: Pattern) -> bool:
    fewer, more = sorted((pattern.too_low, pattern.too_high))
    return more >= LEAST_ROWS and more >= 2 * fewer


def _pattern(name: str, phase: str, rows: Sequence[Row]) -> Pattern:
    sides = [too_high(row) for row in rows if not row.inside]
    return Pattern(name, phase, len(rows), sides.count(False), sides.count(True))


def too_high(row: Row) -> bool:
    """Return whether more is simulated than published; of a mean change: a deeper fall."""
    more = row.simulated > row.published
    return not more if row.endpoint.startswith("mean_") else more


def family(endpoint: str) -> str:
    """Return words for the kind of endpoint."""
    for start, words in _FAMILIES:
        if endpoint.startswith(start):
            return words
    return endpoint.replace("_", " ")
