"""The tissue beside what is known: analytic limits, published models, hepatitis B."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import Any, Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.tissue.hepatitis import hepatitis_answers
from ifnfactory.tissue.limits.answers import FULL, Effort, analytic_answers
from ifnfactory.tissue.published import plaque_answers, visavis_answers
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


MODELS: Final = ("analytic", "plaque", "visavis", "hbv_kinetics")
"""What there are targets for."""

REPLICATES_MAX: Final = 1000


def check_request(only: str | None, replicates: int, threads: int | None) -> None:
    """Raise a `UserInputError` with everything that cannot be meant."""
    problems: list[Problem] = []
    if only is not None and only not in MODELS:
        fix = f"give one of {', '.join(MODELS)}, or leave it out"
        problems.append(Problem("there are no such targets", f"--only {only}", fix))
    if not 1 <= replicates <= REPLICATES_MAX:
        fix = f"give 1 to {REPLICATES_MAX:,}"
        problems.append(Problem("no such number", f"--replicates {replicates}", fix))
    if threads is not None and threads < 1:
        problems.append(Problem("no threads", f"--threads {threads}", "give 1 or more"))
    if problems:
        raise UserInputError(problems)


def validate(
    only: str | None = None,
    replicates: int = 10,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
    effort: Effort = FULL,
) -> Validation:
    """Answer every usable target, or those of one model.

    Parameters
    ----------
    replicates
        Runs of each case of a published model; its median or mean is compared, as published.
    """
    watcher: Progress = Silent() if progress is None else progress
    workers = threads or os.cpu_count() or 1
    rows: list[Row] = []
    for model in MODELS if only is None else (only,):
        asked = tuple(target for target in targets() if target.model == model)
        answers = _answers(model, asked, replicates, seed, workers, watcher, effort)
        rows += [Row(target, answers[target.target_id]) for target in asked]
    return Validation(tuple(rows))


def _answers(
    model: str,
    asked: tuple[Target, ...],
    replicates: int,
    seed: int,
    threads: int,
    watcher: Progress,
    effort: Effort,
) -> dict[str, float]:
    cases = len({target.case for target in asked})
    parts = {"analytic": len(asked), "plaque": cases * replicates, "visavis": replicates}
    watcher.begin(model.replace("_", " "), parts.get(model, len(asked)))
    if model == "analytic":
        found: dict[str, float] = {}
        for target, value in analytic_answers(asked, effort, seed):
            found[target.target_id] = value
            watcher.advance()
    elif model == "plaque":
        found = plaque_answers(asked, replicates, seed, threads, watcher.advance)
    elif model == "visavis":
        found = visavis_answers(asked, replicates, seed, threads, watcher.advance)
    else:
        found = hepatitis_answers(asked, seed, threads, watcher.advance)
    watcher.end()
    return found
