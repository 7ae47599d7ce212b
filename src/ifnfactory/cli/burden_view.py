"""A country's burden on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.outlook.life_table import ATTRIBUTION
from ifnfactory.outlook.words import thousands

if TYPE_CHECKING:
    from ifnfactory.outlook.burden import Burden


def burden_view(burden: Burden, out: Path | None, wall_s: float) -> None:
    """Print totals of every policy, then the deaths as each estimate counts them."""
    country, screen = burden.country, console()
    screen.print(Text(country.title, style="bold"))
    told = f"{country.infected:,.0f} infected in {country.start_year}, until {country.end_year}"
    screen.print(Text(told, style="dim"))
    screen.print()
    table = plain_table(
        ("policy", False), ("liver deaths, thousands", True), ("avoided", True),
        ("HCC, thousands", True), ("avoided", True),
    )  # fmt: skip
    for k, policy in enumerate(burden.policies):
        cells = (burden.total_deaths, burden.deaths_avoided, burden.total_hcc, burden.hcc_avoided)
        table.add_row(Text(policy.label), *(thousands(cell[k]) for cell in cells))
    screen.print(table)
    screen.print()
    screen.print(Text("Deaths as published estimates count them; never averaged", style="bold"))
    deaths = plain_table(
        ("estimate", False), ("a year", True), *((p.label, True) for p in burden.policies)
    )
    for each in burden.scenarios:
        totals = (thousands(total) for total in each.total)
        deaths.add_row(Text(each.estimate.name), f"{each.estimate.deaths / 1e3:,.0f}", *totals)
    screen.print(deaths)
    screen.print()
    told = f"{burden.people:,} people a policy, {burden.draws} draws, {wall_s:.1f} s."
    screen.print(told, markup=False)
    if out is not None:
        screen.print(f"Report: {out / 'report.html'}", markup=False)
    screen.print(Text(ATTRIBUTION, style="dim"))
    screen.print(Text(NOT_FOR_CARE, style="yellow"))
