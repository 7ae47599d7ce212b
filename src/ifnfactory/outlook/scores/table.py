"""A table of patients: every score for every row, failures counted and never dropped."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any, Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.foundation.toml_gate import read_text
from ifnfactory.outlook.scores.catalogue import load_score
from ifnfactory.outlook.scores.compute import NOT_KNOWN, ScoreResult, compute_score
from ifnfactory.outlook.scores.inputs import INPUTS, NEEDED, OPTIONAL
from ifnfactory.outlook.scores.population import misfits
from ifnfactory.outlook.scores.reading import read_findings

ID: Final = "id"


class Status(Enum):
    """How the computation of one score for one patient went, strongest reason first."""

    IMPOSSIBLE = "impossible value"
    MISSING = "missing input"
    OUTSIDE = "outside its population"
    COMPUTED = "computed"


@dataclass(frozen=True)
class PatientRow:
    """One row of the user's file: who, in which line, and input name -> text."""

    patient: str
    line: int
    written: Mapping[str, str]


@dataclass(frozen=True)
class TableCell:
    """One score of one patient; `result` is None unless it was computed."""

    patient: str
    score: str
    status: Status
    reason: str
    result: ScoreResult | None


@dataclass(frozen=True)
class ScoreTable:
    """Every score of every patient."""

    patients: tuple[str, ...]
    cells: tuple[TableCell, ...]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return score -> status -> number of patients."""
        tally = Counter((cell.score, cell.status.value) for cell in self.cells)
        return {
            score: {status.value: tally[score, status.value] for status in Status}
            for score in NEEDED
        }

    def by_patient(self) -> list[tuple[TableCell, ...]]:
        """Return the cells of each patient; two patients may have the same name."""
        width = len(NEEDED)
        return [self.cells[start : start + width] for start in range(0, len(self.cells), width)]

    def to_json(self) -> dict[str, Any]:
        """Return the table as a JSON object."""
        rows = [
            {
                "patient": cell.patient,
                "score": cell.score,
                "status": cell.status.value,
                "reason": cell.reason,
                "result": None if cell.result is None else cell.result.to_json(),
            }
            for cell in self.cells
        ]
        return {
            "patients": len(self.patients),
            "counts": self.counts(),
            "rows": rows,
            "notice": NOT_FOR_CARE,
        }

    def to_csv(self) -> str:
        """Return the table as CSV, one line a patient and score."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        heading = (ID, "score", "status", *_SHOWN, "reason", "notice")
        writer.writerow(heading)
        for cell in self.cells:
            shown = [""] * len(_SHOWN) if cell.result is None else _shown(cell.result)
            row = (cell.patient, cell.score, cell.status.value, *shown, cell.reason, NOT_FOR_CARE)
            writer.writerow(row)
        return text.getvalue()


_SHOWN: Final = (
    "value", "unit", "class", "predicts", "published_risk", "population", "source", "extrapolated",
)  # fmt: skip
"""Columns of a score that was computed."""


def _shown(found: ScoreResult) -> list[str]:
    score = found.score
    return [
        f"{found.value:.6g}",
        score.unit,
        found.risk_class or "",
        score.predicts,
        "; ".join(risk.text for risk in found.risks) or NOT_KNOWN,
        f"{score.population.text} [{score.population.source.tag}]",
        str(score.source),
        "yes" if found.outside else "no",
    ]


def read_patients(path: Path) -> list[PatientRow]:
    """Return the patients of a CSV file whose first line names inputs, and perhaps `id`.

    Raises
    ------
    UserInputError
        If the file cannot be read or has a wrong column: all problems at once.
    """
    rows = [
        (number, row)
        for number, row in enumerate(csv.reader(io.StringIO(read_text(path, "give a CSV file"))), 1)
        if any(cell.strip() for cell in row)
    ]
    if len(rows) < 2:
        raise UserInputError(
            [Problem("there are no patients", str(path), "add a heading and one line a patient")]
        )
    (first, heading), *body = rows
    columns = [cell.strip().lower().replace("_", "-").lstrip("\ufeff") for cell in heading]
    problems = _column_problems(columns, f"{path}:{first}")
    for number, row in body:
        if len(row) != len(columns):
            what = f"{len(row)} values for {len(columns)} columns"
            problems.append(Problem(what, f"{path}:{number}", "give one value a column"))
    if problems:
        raise UserInputError(problems)
    return [_patient(number, dict(zip(columns, row, strict=True))) for number, row in body]


def score_table(rows: Sequence[PatientRow], *, extrapolate: bool = False) -> ScoreTable:
    """Return every score of every patient."""
    cells = [_cell(row, score, extrapolate) for row in rows for score in NEEDED]
    return ScoreTable(tuple(row.patient for row in rows), tuple(cells))


def _column_problems(columns: Sequence[str], where: str) -> list[Problem]:
    problems: list[Problem] = []
    for number, column in enumerate(columns):
        if column in columns[:number]:
            problems.append(Problem(f"column {column!r} comes twice", where, "leave one out"))
        elif column not in {ID, *INPUTS}:
            near = get_close_matches(column, INPUTS, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            fix = f"{hint}columns are {ID}, {', '.join(INPUTS)}"
            problems.append(Problem(f"unknown column {column!r}", where, fix))
    return problems


def _patient(number: int, row: Mapping[str, str]) -> PatientRow:
    written = {name: text for name, text in row.items() if name != ID}
    return PatientRow(row.get(ID, "").strip() or f"line {number}", number, written)


def _cell(row: PatientRow, score: str, extrapolate: bool) -> TableCell:
    wanted = (*NEEDED[score], *OPTIONAL[score])
    written = {name: text for name, text in row.written.items() if name in wanted}

    def failed(status: Status, error: UserInputError) -> TableCell:
        reason = "; ".join(dict.fromkeys(problem.what for problem in error.problems))
        return TableCell(row.patient, score, status, reason, None)

    try:
        findings = read_findings(written)
    except UserInputError as error:
        return failed(Status.IMPOSSIBLE, error)
    try:
        result = compute_score(score, findings, extrapolate=extrapolate)
    except UserInputError as error:
        missing = any(getattr(findings, INPUTS[name].field) is None for name in NEEDED[score])
        return failed(Status.MISSING if missing else Status.OUTSIDE, error)
    reason = "; ".join(why for _, why in misfits(load_score(score), findings))
    return TableCell(row.patient, score, Status.COMPUTED, reason, result)
