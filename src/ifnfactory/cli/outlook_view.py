"""Lifetimes and their validation on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.outlook.life_table import ATTRIBUTION
from ifnfactory.outlook.words import in_words, inside_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ifnfactory.outlook.comparisons import Row
    from ifnfactory.outlook.lifetime import Outlook
    from ifnfactory.outlook.validate import Validation


def outlook_view(outlook: Outlook, out: Path | None, wall_s: float) -> None:
    """Print every estimate, a column a group, then the differences to the first group."""
    question, screen = outlook.question, console()
    screen.print(Text(question.title, style="bold"))
    screen.print(Text(f"{question.location}, after {outlook.years} years", style="dim"))
    screen.print()
    _table(outlook.rows, question.names, question.labels)
    if outlook.comparisons:
        screen.print()
        screen.print(Text(f"Against {question.labels[0]}", style="bold"))
        _table(outlook.comparisons, question.names[1:], question.labels[1:])
    screen.print()
    for remark in question.remarks:
        screen.print(Text(remark, style="dim"))
    people = outlook.people * len(question.names)
    told = f"{people:,} people and {outlook.draws} draws in {wall_s:.1f} s, seed {outlook.seed}."
    screen.print(told, markup=False)
    if out is not None:
        screen.print(f"Report: {out / 'report.html'}", markup=False)
    screen.print(Text(ATTRIBUTION, style="dim"))
    screen.print(Text(NOT_FOR_CARE, style="yellow"))


def _table(rows: Sequence[Row], names: Sequence[str], labels: Sequence[str]) -> None:
    table = plain_table(("", False), *((label, True) for label in labels), ("unit", False))
    found = {(row.measure, row.group): row for row in rows}
    for measure in dict.fromkeys(row.measure for row in rows):
        own = [found.get((measure, name)) for name in names]
        first = next(row for row in own if row is not None)
        cells = [Text("–" if row is None else in_words(row)) for row in own]
        table.add_row(Text(first.title.split(":")[0]), *cells, Text(first.unit, style="dim"))
    console().print(table)


def validation_view(validation: Validation) -> None:
    """Print a line a target: observed, modelled, inside."""
    table = plain_table(
        ("", False), ("target", False), ("observed", True), ("interval", True),
        ("modelled", True), ("unit", False), ("", False),
    )  # fmt: skip
    for row in validation.rows:
        target = row.target
        mark = Text("✓", style="green") if row.inside else Text("✗", style="red")
        table.add_row(
            mark,
            Text(target.title),
            f"{target.observed:g}",
            f"{target.low:g} to {target.high:g}" + ("" if target.interval == "published" else " *"),
            f"{row.modelled:.2f}",
            Text(target.unit, style="dim"),
            Text("fitted" if target.fitted else "independent", style="dim"),
        )
    screen = console()
    screen.print(table)
    screen.print(inside_in_words(validation), markup=False)
    screen.print(Text("* no published interval: derived, or 25 % either way", style="dim"))
    screen.print(Text(NOT_FOR_CARE, style="yellow"))
