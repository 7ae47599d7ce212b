"""Small tables: checks of the model, and benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ifnfactory.cli.screen import console

if TYPE_CHECKING:
    from ifnfactory.bench.engine import BenchReport
    from ifnfactory.bench.tissue import TissueReport
    from ifnfactory.biology.check import CheckRow


def plain_table(*headings: tuple[str, bool]) -> Table:
    """Return an empty table; each heading says whether its column holds numbers."""
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for heading, numeric in headings:
        # On a narrow screen names go on in the next line: nothing is cut off.
        table.add_column(heading, justify="right" if numeric else "left", overflow="fold")
    return table


def check_table(rows: Sequence[CheckRow]) -> None:
    """Print which checks passed."""
    table = plain_table(("", False), ("check", False), ("", False))
    for row in rows:
        mark = Text("✓", style="green") if row.passed else Text("✗", style="red")
        table.add_row(mark, Text(row.name), Text(row.detail))
    console().print(table)


def bench_table(report: BenchReport) -> None:
    """Print speed and error of every tool, side by side, and which peers are not installed."""
    table = plain_table(
        ("tool", False),
        ("threads", True),
        ("tolerance", True),
        ("patients/s", True),
        ("worst relative error", True),
        ("compile s", True),
    )
    for row in report.rows:
        table.add_row(
            Text(row.tool),
            str(row.threads),
            f"{row.relative_tolerance:.0e}",
            f"{row.patients_per_second:,.0f}",
            f"{row.worst_relative_error:.1e}",
            f"{row.compile_s:.1f}",
        )
    screen = console()
    screen.print(Text(f"{report.problem} problem, {report.patients:,} patients, {report.cpu}"))
    screen.print(Text(f"errors against {report.reference}", style="dim"))
    screen.print(table)
    for tool, extra in report.missing:
        install = f"{tool} is not installed: pip install 'ifnfactory[{extra}]'"
        screen.print(Text(install, style="dim"))


def tissue_bench_table(report: TissueReport) -> None:
    """Print how fast each model runs, and how much of this machine's memory speed it uses."""
    table = plain_table(
        ("model", False),
        ("", False),
        ("cells a side", True),
        ("threads", True),
        ("updates/s", True),
        ("bytes a cell", True),
        ("of a copy's speed", True),
        ("tissue hours/s", True),
    )
    for row in report.rows:
        table.add_row(
            Text(row.model),
            Text(row.exposure),
            f"{row.size:,}",
            str(row.threads),
            f"{row.updates_per_second:.2e}",
            f"{row.bytes_per_cell:.1f}",
            f"{100.0 * row.bandwidth_fraction:.0f} %",
            f"{row.hours_per_second:,.1f}",
        )
    screen = console()
    screen.print(Text(f"{report.cpu}, copies {report.copy_gb_per_s:.0f} GB/s"))
    screen.print(table)
    screen.print(Text(f"a slice of a lobule for 30 days: {report.lobule_30_days_s:.2f} s"))
    screen.print(Text(f"error of the sweeps of a field: {100.0 * report.sweep_error:.2f} %"))
