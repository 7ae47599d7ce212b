"""The tissue beside what is known: analytic limits, published models, hepatitis B."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.tissue.limits.answers import FULL, Effort, analytic_answers
from ifnfactory.tissue.targets import Target, targets


@dataclass(frozen=True)
class Row:
    """A target and our value."""

    target: Target
    value: float

    @property
    def inside(self) -> bool:
        """Whether the value lies within the target's bounds."""
        return self.target.inside(self.value)

    def to_json(self) -> dict[str, Any]:
        """Return the row as the command prints it; null where there is no number."""
        target = self.target
        return {
            "target_id": target.target_id,
            "model": target.model,
            "quantity": target.quantity,
            "target": _or_null(target.value),
            "low": _or_null(target.low),
            "high": _or_null(target.high),
            "value": _or_null(self.value),
            "inside": self.inside,
        }


@dataclass(frozen=True)
class Validation:
    """All rows of a validation."""

    rows: tuple[Row, ...]

    def share_inside(self, model: str | None = None) -> float:
        """Return the share of rows inside, of one model or of all [%]; NaN without any row."""
        rows = [row for row in self.rows if model in (None, row.target.model)]
        return 100.0 * sum(row.inside for row in rows) / len(rows) if rows else math.nan

    @property
    def models(self) -> tuple[str, ...]:
        """Models of the rows, in their order."""
        return tuple(dict.fromkeys(row.target.model for row in self.rows))

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``ifn tissue validate --json`` prints."""
        return {
            "inside_percent": round(self.share_inside(), 1),
            "rows": [row.to_json() for row in self.rows],
        }


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else value


def validate_limits(
    effort: Effort = FULL, seed: int = 1, progress: Progress | None = None
) -> Validation:
    """Answer every analytic target."""
    watcher: Progress = Silent() if progress is None else progress
    asked = tuple(target for target in targets() if target.model == "analytic")
    watcher.begin("analytic limits", len(asked))
    rows: list[Row] = []
    for target, value in analytic_answers(asked, effort, seed):
        rows.append(Row(target, value))
        watcher.advance()
    watcher.end()
    return Validation(tuple(rows))
