"""What patients of a trial suffered, on the screen."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from ifnfactory.cli.group import NOTICE
from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.report.words import MISSING, endpoint_title, estimate
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.safety_summary import SafetyLine


def safety_view(result: TrialResult, lines: Sequence[SafetyLine]) -> None:
    """Print one line for each thing that happens, arm after arm."""
    table = plain_table(
        ("arm", False),
        ("what", False),
        ("to week", True),
        ("% (95 %)", True),
        ("published", True),
        ("onset week", True),
        ("grade 3-4 %", True),
        ("over %", True),
    )
    for line in lines:
        table.add_row(
            Text(line.arm),
            endpoint_title(line.name),
            f"{line.week:g}",
            estimate(line.value, line.ci, "%"),
            *(
                MISSING if value is None else f"{value:.0f}"
                for value in (line.published, line.onset_week, line.severe, line.over)
            ),
        )
    screen = console()
    screen.print(Text(result.protocol.title, style="bold"))
    screen.print(table)
    screen.print(Text(NOTICE, style="yellow"))
