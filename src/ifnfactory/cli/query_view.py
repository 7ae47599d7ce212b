"""The answer to a question: a table for people, JSON or CSV for programs."""

from __future__ import annotations

import csv
import datetime
import json
import math
import sys
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

from rich.text import Text

from ifnfactory.cli.faults import Faults
from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.runs.ask import Answer

Form = Literal["table", "json", "csv"]
MOST_ROWS: Final = 200
"""Rows of a table on the screen."""


def check_form(as_json: bool, as_csv: bool, parquet: Path | None) -> Form:
    """Return how to print.

    Raises
    ------
    UserInputError
        If more than one form is asked for.
    """
    faults = Faults()
    chosen = [
        name
        for name, wanted in (("--json", as_json), ("--csv", as_csv), ("--parquet", parquet))
        if wanted
    ]
    fix = "choose one of them"
    faults.unless(len(chosen) < 2, "one answer has one form", " ".join(chosen), fix)
    if faults.problems:
        raise faults.error()
    return "json" if as_json else "csv" if as_csv else "table"


def print_answer(answer: Answer, form: Form) -> None:
    """Print all rows; as a table at most `MOST_ROWS`."""
    if form == "json":
        rows = [dict(zip(answer.names, map(plain, row), strict=True)) for row in answer.rows]
        print(json.dumps(rows, allow_nan=False))
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(answer.names)
        writer.writerows([plain(value) for value in row] for row in answer.rows)
    else:
        _table(answer)


def plain(value: Any) -> Any:
    """Return a value as JSON knows it; what is no number is null, other things are words."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    try:
        return float(value)  # decimals
    except (TypeError, ValueError):
        return str(value)


def _table(answer: Answer) -> None:
    rows = list(islice(answer.rows, MOST_ROWS + 1))
    numeric = [
        all(isinstance(row[i], (int, float)) or row[i] is None for row in rows) and bool(rows)
        for i in range(len(answer.names))
    ]
    table = plain_table(*zip(map(_heading, answer.names), numeric, strict=True))
    for row in rows[:MOST_ROWS]:
        table.add_row(*(Text(_cell(value)) for value in row))
    screen = console()
    screen.print(table)
    if len(rows) > MOST_ROWS:
        screen.print(
            f"The first {MOST_ROWS} rows: --csv, --json and --parquet give all.", style="dim"
        )


def _heading(name: str) -> str:
    return name.replace("[", "\\[")  # Rich reads brackets as markup


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(value)
