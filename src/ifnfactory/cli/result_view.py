"""A trial's result on the screen."""

from __future__ import annotations

from typing import Final

from rich.text import Text

from ifnfactory.cli.group import NOTICE
from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.report.words import estimate, span
from ifnfactory.trial.result import TrialResult

_VERDICT: Final = {
    True: Text("✓", style="green"),
    False: Text("✗", style="red"),
    None: Text("–", style="dim"),
}


def result_view(result: TrialResult, out: str | None) -> None:
    """Print every endpoint beside the published one, then how the run went."""
    ranged = any(row.parameter_range is not None for row in result.rows)
    table = plain_table(
        ("arm", False),
        ("endpoint", False),
        ("week", True),
        ("simulated (95 %)", True),
        *((("parameters (95 %)", True),) if ranged else ()),
        ("published (95 %)", True),
        ("unit", False),
        ("inside", False),
    )
    for row in result.rows:
        table.add_row(
            Text(row.arm),
            row.endpoint,
            f"{row.week:g}",
            estimate(row.value, row.ci, row.unit),
            *((span(row.parameter_range, row.unit),) if ranged else ()),
            estimate(row.published, row.published_ci, row.unit),
            Text(row.unit, style="dim"),
            _VERDICT[row.inside],
        )
    screen = console()
    screen.print(Text(result.protocol.title, style="bold"))
    screen.print(Text(result.protocol.citation, style="dim"))
    screen.print()
    screen.print(table)
    screen.print()
    for line in _closing(result, out):
        screen.print(line, markup=False)
    screen.print(Text(NOTICE, style="yellow"))


def _closing(result: TrialResult, out: str | None) -> list[str]:
    total = sum(result.patients_in(arm.arm) for arm in result.arms)
    status = ", ".join(f"{count:,} {word}" for word, count in result.status_counts if count)
    judged = [row for row in result.rows if row.inside is not None]
    lines = [f"{total:,} patients in {result.wall_s:.1f} s, seed {result.seed}: {status}."]
    if judged:
        inside = sum(bool(row.inside) for row in judged)
        lines.append(
            f"{inside} of {len(judged)} simulated values lie inside the published interval."
        )
    if out is not None:
        lines.append(f"Report: {out}/report.html")
    return lines
