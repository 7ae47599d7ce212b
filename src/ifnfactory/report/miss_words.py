"""What the virtual trials get wrong, in sentences made of the numbers, and why, where known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ifnfactory.evidence.misses import Miss, Pattern, too_high
from ifnfactory.evidence.natural_history import CLASS
from ifnfactory.evidence.qualification import Row
from ifnfactory.evidence.reasons import Explained
from ifnfactory.report.words import endpoint_title, number

WEEKS_PER_YEAR = 52.18
_TIMES = 1.5
"""From here on a miss is so many times as far off as allowed; below it is just outside."""


def pattern_sentence(pattern: Pattern) -> str:
    """Return for example "Normal ALT, after treatment: too high in 7 of 12 results"."""
    fall = pattern.family.startswith("fall")
    more, less = ("too deep", "too small") if fall else ("too high", "too low")
    sides = sorted(((pattern.too_high, more), (pattern.too_low, less)), reverse=True)
    parts = [f"{side} in {count}" for count, side in sides if count]
    family = pattern.family[0].upper() + pattern.family[1:]
    return f"{family}, {pattern.phase}: {' and '.join(parts)} of {pattern.rows} results"


def miss_what(row: Row, arm: str) -> str:
    """Return endpoint, week and arm."""
    return f"{endpoint_title(row.endpoint)}, {week_words(row)}, {arm}"


def week_words(row: Row) -> str:
    """Return when a row is judged; an incidence belongs to the years up to its week."""
    if row.endpoint_class == CLASS:
        return f"{row.week / WEEKS_PER_YEAR:.0f} years"
    return f"week {row.week:g}"


def miss_sentence(miss: Miss) -> str:
    """Return both numbers, the side, and how far outside."""
    row = miss.row
    unit = " %" if row.unit == "%" else f" {row.unit}"
    simulated = f"{number(row.simulated, row.unit)}{unit} simulated"
    published = f"{number(row.published, row.unit)}{unit} published"
    low, high = row.published - row.reach[0], row.published + row.reach[1]
    limits = f"{number(low, row.unit)} to {number(high, row.unit)} would be inside"
    side = "too high" if too_high(row) else "too low"
    if row.endpoint.startswith("mean_"):
        side = "too deep a fall" if too_high(row) else "too small a fall"
    times = abs(miss.distance)
    far = f", {times:.1f} times as far off as allowed" if times >= _TIMES else ", just outside"
    return f"{simulated}, {published} ({limits}): {side}{far}."


_KINDS: Final = {
    "contradicted": "Published results contradict each other",
    "compromise": "One number has to serve several trials",
    "mechanism": "The model lacks something",
    "unstated": "The trial is not known well enough",
}


def why_sentence(explained: Explained | None, label: Callable[[Row], str]) -> str:
    """Return the kind of reason, the reason, and the numbers that speak against the missed one.

    Parameters
    ----------
    label
        What to call the arm of a row.
    """
    if explained is None:
        return "No reason is known."
    reason = explained.reason
    others = "; ".join(
        f"{row.trial}, {label(row)}, {week_words(row)}: {number(row.published, row.unit)}"
        f"{' %' if row.unit == '%' else f' {row.unit}'}"
        for row in explained.against
    )
    return f"{_KINDS[reason.kind]}: {reason.why}{f' ({others})' if others else ''}."
