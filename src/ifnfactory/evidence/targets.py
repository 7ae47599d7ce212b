"""Published results of trials, as records: what a virtual trial is held against."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final, TypeVar

from ifnfactory.evidence.target_columns import (
    CLASSES,
    LEVELS,
    MEANT,
    TIME_BASES,
    UNITS,
    header_problems,
)
from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.toml_gate import read_text

SHIPPED: Final = "targets.csv"
_SPARE: Final = " cells beyond the last column"

_ALL: Final = 100.0

_Value = TypeVar("_Value", int, float)


@dataclass(frozen=True)
class Target:
    """One published number.

    Attributes
    ----------
    trial, parent
        Who printed it, and whose patients they are: overlapping cohorts share a parent.
    arm
        Name of the arm in the evidence base, not in the protocol.
    level
        One of `LEVELS`; only ``"arm"`` rows do not repeat other rows' patients.
    week
        From the start of the regimen; None where `time_basis` is not ``"start"``.
    weeks_after_treatment
        From its end; None unless `time_basis` is ``"eot"``.
    value, ci
        In `unit`; the interval is None for means and where the number of patients is unknown.
    k, n
        Counts behind a percentage; None where unknown.
    weight
        0 to 1; 0 says that the number is not to be trusted.
    line
        Line of the file.
    """

    target_id: str
    trial: str
    parent: str
    arm: str
    level: str
    endpoint: str
    endpoint_class: str
    time_basis: str
    week: float | None
    weeks_after_treatment: float | None
    value: float
    unit: str
    k: int | None
    n: int | None
    ci: tuple[float, float] | None
    weight: float
    line: int


def load_targets(path: Path | None = None) -> tuple[Target, ...]:
    """Return the targets of a file of the same columns, or those that the package ships.

    Raises
    ------
    UserInputError
        If the file cannot be read or anything in it is wrong: all problems, each with its line.
    """
    if path is None:
        data = files("ifnfactory.evidence") / "data" / SHIPPED
        return parse_targets(data.read_text(encoding="utf-8"), SHIPPED)
    return parse_targets(read_text(path, "leave --targets out to use our own"), str(path))


def parse_targets(text: str, file: str) -> tuple[Target, ...]:
    """Return the targets that the CSV `text` lists; `file` is what messages call it.

    Raises
    ------
    UserInputError
        With every problem, each with its line.
    """
    reader = csv.DictReader(io.StringIO(text), restkey=_SPARE)
    try:
        rows = [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        told = f"this is not CSV: {error}"
        raise UserInputError([Problem(told, f"{file}:{reader.line_num + 1}", "mend it")]) from error
    if problems := header_problems(reader.fieldnames or (), file):
        raise UserInputError(problems)
    targets: list[Target] = []
    lines: dict[str, int] = {}
    for line, cells in rows:
        row = _Row(cells, f"{file}:{line}")
        target = row.target(line)
        if target.target_id in lines:
            row.wrong("target_id", f"is that of line {lines[target.target_id]} too")
        lines.setdefault(target.target_id, line)
        problems += row.problems
        targets.append(target)
    if not targets:
        problems.append(Problem("no target stands in the file", file, "add a line for each"))
    if problems:
        raise UserInputError(problems)
    return tuple(targets)


class _Row:
    """Reads one row and notes everything that is wrong with it."""

    def __init__(self, cells: Mapping[str, str | None], where: str) -> None:
        self._cells = cells
        self._where = where
        self.problems: list[Problem] = []

    def wrong(self, column: str, what: str) -> None:
        """Note what is wrong with a column."""
        told = f"{column} {self._text(column)!r} {what}"
        self.problems.append(Problem(told, self._where, f"write {MEANT[column]}"))

    def target(self, line: int) -> Target:
        """Return the row as a record, whatever is wrong with it."""
        basis = self._one_of("time_basis", TIME_BASES)
        low, high = self._optional("ci_low", float), self._optional("ci_high", float)
        value = self._number("value")
        if (low is None) != (high is None):
            self.wrong("ci_low" if low is None else "ci_high", "has no partner")
        elif low is not None and high is not None and not low <= value <= high:
            self.wrong("value", f"lies outside its interval {low:g} to {high:g}")
        k, n = self._optional("k_used", int), self._optional("n_used", int)
        if k is not None and not (n is not None and 0 <= k <= n and n > 0):
            self.wrong("k_used", f"of n_used {self._text('n_used')!r} cannot be counted")
        unit = self._one_of("unit", UNITS)
        if unit == "%" and not all(
            0.0 <= each <= _ALL for each in (value, low or 0.0, high or 0.0)
        ):
            self.wrong("value", "is, with its interval, no percentage of patients")
        if _SPARE in self._cells:
            told = "the line has more cells than there are columns"
            self.problems.append(Problem(told, self._where, "quote cells that hold a comma"))
        weight = self._number("weight_hint")
        if not 0.0 <= weight <= 1.0:
            self.wrong("weight_hint", "is no weight")
        return Target(
            target_id=self._needed("target_id"),
            trial=self._needed("trial_id"),
            parent=self._needed("parent_trial"),
            arm=self._needed("arm_id"),
            level=self._one_of("level", LEVELS),
            endpoint=self._needed("endpoint"),
            endpoint_class=self._one_of("endpoint_class", CLASSES),
            time_basis=basis,
            week=self._week("week") if basis == "start" else None,
            weeks_after_treatment=self._week("weeks_after_eot") if basis == "eot" else None,
            value=value,
            unit=unit,
            k=k,
            n=n,
            ci=None if low is None or high is None else (low, high),
            weight=weight,
            line=line,
        )

    def _text(self, column: str) -> str:
        return (self._cells.get(column) or "").strip()

    def _needed(self, column: str) -> str:
        text = self._text(column)
        if not text:
            self.wrong(column, "is empty")
        return text

    def _one_of(self, column: str, words: Sequence[str]) -> str:
        text = self._text(column)
        if text not in words:
            self.wrong(column, "is unknown")
        return text

    def _optional(self, column: str, kind: Callable[[str], _Value]) -> _Value | None:
        text = self._text(column)
        if not text:
            return None
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not math.isfinite(value):
            self.wrong(column, "is no number")
            return None
        return value

    def _week(self, column: str) -> float:
        week = self._number(column)
        if week < 0.0:
            self.wrong(column, "lies before the start")
        return week

    def _number(self, column: str) -> float:
        if not self._text(column):
            self.wrong(column, "is empty")
            return 0.0
        value = self._optional(column, float)
        return 0.0 if value is None else value
