"""A comparison on the screen."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from ifnfactory.cli.group import NOTICE
from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.report.comparison.found import Comparison
from ifnfactory.report.comparison.words import interval, level


def compare_view(found: Comparison, out: Path | None) -> None:
    """Print every endpoint of every pair, then when things happened."""
    screen = console()
    for group, control, why in found.pairings:
        rows = [row for row in found.rows if (row.group, row.control) == (group, control)]
        screen.print(Text(f"{group} against {control}", style="bold"))
        screen.print(Text(why, style="dim"))
        table = plain_table(
            ("endpoint", False), ("week", True), ("patients", False), ("group", True),
            ("control", True), ("difference (95 %)", True), ("risk ratio", True),
            ("odds ratio", True), ("", False),
        )  # fmt: skip
        for row in rows:
            table.add_row(
                row.endpoint,
                f"{row.week:g}",
                Text(row.subgroup),
                level(row, 0),
                level(row, 1),
                interval(row.difference, row.unit),
                interval(row.risk_ratio),
                interval(row.odds_ratio),
                Text("paired" if row.paired else "", style="dim"),
            )
        screen.print(table)
        screen.print()
    screen.print(_events(found))
    screen.print()
    if out is not None:
        screen.print(f"Report: {out / 'report.html'}", markup=False)
    screen.print(Text(NOTICE, style="yellow"))


def _events(found: Comparison) -> object:
    table = plain_table(
        ("Kaplan-Meier", False), ("group", False), ("at risk", True), ("events", True),
        ("by the end", True),
    )  # fmt: skip
    for event in found.events:
        for group, times, curve in event.groups:
            low, high = (f"{100 * (1 - float(end[-1])):.1f}" for end in (curve.high, curve.low))
            share = f"{100 * (1 - float(curve.free[-1])):.1f} % ({low} to {high})"
            events = f"{int(curve.events.sum()):,}"
            table.add_row(event.title, Text(group.name), f"{len(times):,}", events, share)
    return table
