"""The tissue beside what is known: analytic limits, published models, hepatitis B."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from typing import Any, Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.keep import Forgetful, Keep
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.tissue.hepatitis import hepatitis_answers, of_the_mouse
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
    keep: Keep | None = None,
) -> Validation:
    """Answer every usable target, or those of one model.

    Parameters
    ----------
    replicates
        Runs of each case of a published model; its median or mean is compared, as published.
    keep
        Where answers are left as they come, and found after an interruption; None for nowhere.
    """
    watcher: Progress = Silent() if progress is None else progress
    kept: Keep = Forgetful() if keep is None else keep
    efforts = _Efforts(replicates, seed, threads or os.cpu_count() or 1, effort)
    rows: list[Row] = []
    for model in MODELS if only is None else (only,):
        asked = tuple(target for target in targets() if target.model == model)
        answers = _answers(model, asked, efforts, watcher, kept)
        rows += [Row(target, answers[target.target_id]) for target in asked]
    return Validation(tuple(rows))


@dataclass(frozen=True)
class _Efforts:
    """How much is done for an answer."""

    replicates: int
    seed: int
    threads: int
    effort: Effort


def _answers(
    model: str, asked: tuple[Target, ...], efforts: _Efforts, watcher: Progress, keep: Keep
) -> dict[str, float]:
    """Answer the targets of a model, group by group; what is kept is not answered again."""
    found: dict[str, float] = {}
    groups = _groups(model, asked)
    parts = [_parts(model, group, efforts.replicates) for group in groups]
    watcher.begin(model.replace("_", " "), sum(parts))
    for group, count in zip(groups, parts, strict=True):
        name = f"{model}/{efforts.replicates}/{group[0].target_id}"
        known = json.loads(keep.read(name) or b"{}")
        if known.keys() == {target.target_id for target in group}:
            watcher.advance(count)
        else:
            known = _given(model, group, efforts, watcher)
            keep.write(name, json.dumps(known).encode())
        found |= known
    watcher.end()
    return found


def _groups(model: str, asked: tuple[Target, ...]) -> list[tuple[Target, ...]]:
    """Return the targets that are answered from the same runs."""
    if model == "plaque":
        cases = dict.fromkeys(target.case for target in asked)
        return [tuple(target for target in asked if target.case == case) for case in cases]
    if model == "visavis":
        return [asked] if asked else []
    if model == "hbv_kinetics":
        mouse = tuple(target for target in asked if of_the_mouse(target))
        others = [(target,) for target in asked if not of_the_mouse(target)]
        return [mouse, *others] if mouse else others
    return [(target,) for target in asked]


def _parts(model: str, group: tuple[Target, ...], replicates: int) -> int:
    return replicates if model in ("plaque", "visavis") else len(group)


def _given(
    model: str, group: tuple[Target, ...], efforts: _Efforts, watcher: Progress
) -> dict[str, float]:
    seed, threads, done = efforts.seed, efforts.threads, watcher.advance
    if model == "plaque":
        return plaque_answers(group, efforts.replicates, seed, threads, done)
    if model == "visavis":
        return visavis_answers(group, efforts.replicates, seed, threads, done)
    if model == "hbv_kinetics":
        return hepatitis_answers(group, seed, threads, done)
    found: dict[str, float] = {}
    for target, value in analytic_answers(group, efforts.effort, seed):
        found[target.target_id] = value
        done()
    return found
