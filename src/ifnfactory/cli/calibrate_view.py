"""What a person sees of a calibration."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.table import Table

from ifnfactory.cli.screen import console
from ifnfactory.evidence.calibration import Calibration

_SHOWN = 12


def calibration_view(found: Calibration) -> None:
    """Print how the search went, what the data decided, what trades off, and where it lies."""
    screen = console()
    rounds = Table(box=None, header_style="bold")
    for column in ("round", "objective", "inside", "moved"):
        rounds.add_column(column, justify="right")
    for each in found.answer.rounds:
        inside = f"{each.inside_percent:.1f} %"
        rounds.add_row(str(each.number), f"{each.objective:.1f}", inside, f"{each.moved:.2f}")
    screen.print(rounds)
    numbers = Table(box=None, header_style="bold")
    for column in ("number", "start", "now", "shift / SD", "SD left", ""):
        numbers.add_column(column)
    for row in found.identified:
        numbers.add_row(
            row.path,
            f"{row.start:.4g}",
            f"{row.value:.4g}",
            f"{row.shift:+.2f}",
            f"{row.sd:.2f}",
            row.verdict,
        )
    screen.print(numbers)
    for trade in found.trades[:_SHOWN]:
        screen.print(f"{trade.one} and {trade.other} trade off ({trade.correlation:+.2f})")
    for each in found.predictions:
        screen.print(
            f"{each.trial} left out: {each.inside_percent:.0f} % of its weight inside when "
            f"predicted, {each.fitted_percent:.0f} % when fitted ({each.targets} targets)"
        )
    screen.print(f"{found.targets} targets fitted; the population is in {found.file}")
    screen.print(f"judge it:  ifn qualify --population {found.file}")


def calibration_json(found: Calibration) -> str:
    """Return the calibration as one JSON object."""
    return json.dumps(
        {
            "targets": found.targets,
            "population": str(found.file),
            "rounds": [asdict(each) for each in found.answer.rounds],
            "numbers": [asdict(row) | {"verdict": row.verdict} for row in found.identified],
            "cross_validation": [asdict(each) for each in found.predictions],
            "trades": [asdict(trade) for trade in found.trades],
        }
    )
