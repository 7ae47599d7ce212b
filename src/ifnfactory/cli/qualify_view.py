"""A qualification on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.table import Table
from rich.text import Text

from ifnfactory.cli.group import NOTICE
from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.evidence.misses import misses
from ifnfactory.evidence.qualification import Qualification, Row, share_inside
from ifnfactory.report.words import MISSING, endpoint_title, estimate

_SHOWN: Final = 10
"""Misses that fit on a screen; all are in the report."""


def qualify_view(found: Qualification, out: Path | None) -> None:
    """Print how much is inside, by class and trial, and the largest misses."""
    screen = console()
    screen.print(Text("Virtual trials beside published ones", style="bold"))
    screen.print()
    for heading, key in (("class", "endpoint_class"), ("trial", "trial")):
        screen.print(_shares(heading, key, found.rows))
        screen.print()
    if any(not row.inside for row in found.rows):
        screen.print(_misses(found.rows))
    if found.ablations:
        screen.print()
        screen.print(_ablations(found))
    screen.print()
    for line in _closing(found, out):
        screen.print(line, markup=False)
    screen.print(Text(NOTICE, style="yellow"))


def _shares(heading: str, key: str, rows: Sequence[Row]) -> Table:
    """Return the share inside for each value of a field of the rows."""
    table = plain_table((heading, False), ("inside", True), ("of", True), ("weighted", True))
    for name in dict.fromkeys(str(getattr(row, key)) for row in rows):
        part = [row for row in rows if getattr(row, key) == name]
        share = share_inside(part)
        table.add_row(
            name.replace("_", " ") if key == "endpoint_class" else name,
            str(sum(row.inside for row in part)),
            str(len(part)),
            MISSING if share is None else f"{share:.0f} %",
        )
    return table


def _misses(rows: Sequence[Row]) -> Table:
    table = plain_table(
        ("largest misses", False),
        ("arm", False),
        ("endpoint", False),
        ("week", True),
        ("simulated", True),
        ("published", True),
    )
    for miss in misses(rows)[:_SHOWN]:
        row = miss.row
        table.add_row(
            row.trial,
            Text(row.arm),
            endpoint_title(row.endpoint),
            f"{row.week:g}",
            estimate(row.simulated, None, row.unit),
            estimate(row.published, row.published_ci, row.unit),
        )
    return table


def _ablations(found: Qualification) -> Table:
    """Return how much is left inside without each mechanism."""
    table = plain_table(
        ("without", False), ("inside, weighted", True), ("broken", True), ("mended", True)
    )
    for each in found.ablations:
        table.add_row(
            each.title, f"{each.inside_percent:.0f} %", str(len(each.broken)), str(len(each.mended))
        )
    return table


def _closing(found: Qualification, out: Path | None) -> list[str]:
    share = share_inside(found.rows)
    inside = sum(row.inside for row in found.rows)
    weighted = "" if share is None else f", {share:.1f} % of their weight"
    status = ", ".join(f"{count:,} {word}" for word, count in found.status_counts if count)
    lines = [
        f"{inside} of {len(found.rows)} published results are inside{weighted}; "
        f"{len(found.not_run)} were not compared.",
        f"{found.patients:,} patients in each arm, seed {found.seed}, parameter set "
        f"{found.parameter_set}, {found.wall_s:.1f} s: {status}.",
    ]
    if found.predictors is not None:
        lines += [
            f"{endpoint_title(endpoint)} {'falls' if falls else 'does not fall'} from genotype "
            "A to D."
            for endpoint, falls in found.predictors.order
        ]
    if found.ensemble is not None:
        shares = found.ensemble.inside_percent
        lines.append(
            f"{len(shares)} vectors of the ensemble have {min(shares):.1f} to {max(shares):.1f} % "
            f"inside; the mean over them {found.ensemble.mean_inside_percent:.1f} %."
        )
    if out is not None:
        lines.append(f"Report: {out / 'report.html'}")
    return lines
