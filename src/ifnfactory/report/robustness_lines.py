"""Ablations and ensembles in the words of the qualification's report."""

from __future__ import annotations

from typing import Final

from ifnfactory.evidence.qualification import Qualification, Row, by_class, share_inside
from ifnfactory.evidence.robustness import Spread
from ifnfactory.report.miss_words import miss_what
from ifnfactory.report.qualification_page import AblationLine, EnsembleNote
from ifnfactory.report.trial_forest import ArmNames

_CLASSES: Final = ("serology", "virology", "biochemistry", "kinetics", "safety")
_WIDEST: Final = 6
_MARKED: Final = 0.25
"""A headline endpoint is marked if it lost or gained more than this share of itself."""


def ablation_heads(found: Qualification) -> tuple[str, ...]:
    """Return the headline endpoints of the table of ablations."""
    return tuple(words for words, _, _ in found.ablations[0].lost) if found.ablations else ()


def ablation_lines(found: Qualification) -> tuple[AblationLine, ...]:
    """Return the table of ablations, the whole population first."""
    if not found.ablations:
        return ()
    lost = found.ablations[0].lost
    whole = AblationLine(
        "the whole model",
        "the frozen population as it is",
        _shares(share_inside(found.rows), by_class(found.rows)),
        tuple(_value(with_it) for _, with_it, _ in lost),
        tuple(False for _ in lost),
        0,
        0,
    )
    return (
        whole,
        *(
            AblationLine(
                each.title,
                each.meaning,
                _shares(each.inside_percent, each.by_class),
                tuple(_value(without) for _, _, without in each.lost),
                tuple(
                    abs(without - with_it) > _MARKED * max(abs(with_it), 0.5)
                    for _, with_it, without in each.lost
                ),
                len(each.broken),
                len(each.mended),
            )
            for each in found.ablations
        ),
    )


def ensemble_note(found: Qualification) -> EnsembleNote | None:
    """Return what the ensemble says, or None where it was not asked."""
    if found.ensemble is None:
        return None
    shares = found.ensemble.inside_percent
    named = {row.target_id: row for row in found.rows if row.unit == "%"}
    spreads = [each for each in found.ensemble.spreads if each.target_id in named]
    widest = sorted(spreads, key=lambda each: each.low - each.high)[:_WIDEST]
    return EnsembleNote(
        len(shares),
        f"{min(shares):.1f} %",
        f"{max(shares):.1f} %",
        f"{found.ensemble.mean_inside_percent:.1f} %",
        tuple(
            (_target(named[each.target_id], found), f"{each.mean:.1f} % ({_range(each)})")
            for each in widest
        ),
    )


def _target(row: Row, found: Qualification) -> str:
    return f"{row.trial}: {miss_what(row, ArmNames(found.trials).label(row))}"


def _range(spread: Spread) -> str:
    return f"{max(spread.low, 0.0):.1f} to {min(spread.high, 100.0):.1f}"


def _shares(
    percent: float | None, classes: tuple[tuple[str, float | None], ...]
) -> tuple[str, ...]:
    known = dict(classes)
    return tuple(_percent(each) for each in (percent, *(known.get(name) for name in _CLASSES)))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f} %"


def _value(value: float) -> str:
    return f"{value:.1f}".replace("-", "−")
