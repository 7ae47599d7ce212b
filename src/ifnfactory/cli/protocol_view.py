"""Protocols on the screen: what would happen, before anything does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.pharmacology.regimen import Regimen
from ifnfactory.population.baseline import Eligibility
from ifnfactory.rules.select import is_screened
from ifnfactory.trial.adherence import Adherence
from ifnfactory.trial.catalogue import ProtocolSummary
from ifnfactory.trial.protocol import Protocol

_COUNTS: Final = (
    ("neutrophils", "neutrophils", "x10^9/L"),
    ("platelets", "platelets", "x10^9/L"),
    ("creatinine_clearance", "creatinine clearance", "mL/min"),
)


def protocols_view(summaries: Sequence[ProtocolSummary]) -> None:
    """Print one line a trial."""
    table = plain_table(("trial", False), ("arms", False), ("n", True), ("title", False))
    for each in summaries:
        arms = Text(", ".join(each.arms))
        table.add_row(Text(each.name, style="bold"), arms, _count(each.n), Text(each.title))
    console().print(table)


def protocol_view(protocol: Protocol) -> None:
    """Print arms, entry criteria, and the calendar of doses and visits."""
    screen = console()
    screen.print(Text(protocol.title, style="bold"))
    screen.print(Text(protocol.citation, style="dim"))
    for heading, part in (
        ("Arms", _arms(protocol)),
        ("Eligibility", _eligibility(protocol)),
        ("Rules", _rules(protocol)),
        *((("Adherence", _adherence(protocol.adherence)),) if protocol.adherence else ()),
        ("Doses and visits", _calendar(protocol)),
    ):
        screen.print()
        screen.print(Text(heading, style="bold"))
        screen.print(part)
    screen.print()
    published = f"{len(protocol.published)} published results to compare with."
    screen.print(Text(published, style="dim"))


def _arms(protocol: Protocol) -> Table:
    table = plain_table(("arm", False), ("n", True), ("prescription", False))
    for arm in protocol.arms:
        lines = Text("\n".join(arm.regimen.prescription()))
        if arm.rules:
            lines.append(f"\nrules: {', '.join(arm.rules)}", style="dim")
        table.add_row(Text(f"{arm.name}\n{arm.label}"), _count(arm.n), lines)
    return table


def _eligibility(protocol: Protocol) -> Table:
    entry: Eligibility = protocol.eligibility
    hbeag = {True: "positive", False: "negative", None: "positive or negative"}
    table = plain_table(("simulated", False), ("", False))
    table.add_row("HBeAg", hbeag[entry.hbeag_positive])
    table.add_row("HBV DNA", _between(entry.dna_min, entry.dna_max, "IU/mL"))
    table.add_row("HBsAg", _between(entry.hbsag_min, entry.hbsag_max, "IU/mL"))
    table.add_row("ALT", _between(entry.alt_min, entry.alt_max, "U/L"))
    table.add_row("age", _between(entry.age_min, entry.age_max, "years"))
    for name, label, unit in _COUNTS:
        low, high = getattr(entry, f"{name}_min"), getattr(entry, f"{name}_max")
        if low > 0 or math.isfinite(high):
            table.add_row(label, _between(low, high, unit))
    for rule in protocol.contraindications:
        if is_screened(rule):
            table.add_row("contraindicated", Text(rule.criterion))
    unknown = [r.criterion for r in protocol.contraindications if not is_screened(r)]
    if unknown:
        table.add_row("not known of anybody", Text("; ".join(unknown), style="dim"))
    for number, words in enumerate(protocol.criteria):
        table.add_row("in words only" if number == 0 else "", Text(words, style="dim"))
    return table


def _rules(protocol: Protocol) -> Table:
    """One row a rule that any arm follows, whichever arm it is."""
    table = plain_table(("rule", False), ("where", False), ("then", False), ("source", False))
    orders = {order.name: order for arm in protocol.arms for order in arm.orders}
    for name, order in orders.items():
        source = Text(f"{order.rule.source.text} [{order.rule.source.tag}]", style="dim")
        table.add_row(name, Text(order.rule.criterion), order.action.words, source)
    if not orders:
        table.add_row("none", "every planned dose is given", "", "")
    return table


def _adherence(adherence: Adherence) -> Table:
    table = plain_table(("drugs", False), ("taken", True), ("pauses", False), ("source", False))
    source = Text(f"{adherence.source.text} [{adherence.source.tag}]", style="dim")
    for name, habit in adherence.habits:
        share = f"{100 * habit.taken:g} %"
        spread = f" (SD {100 * habit.spread:g})" if habit.spread else ""
        pauses = f"{habit.pauses_per_year:g} a year of {habit.pause_weeks:g} weeks on average"
        table.add_row(name, share + spread, pauses if habit.pauses_per_year else "none", source)
    return table


def _count(patients: int | None) -> str:
    return "–" if patients is None else str(patients)


def _between(low: float, high: float, unit: str) -> str:
    if math.isfinite(high):
        start = f"{_level(low)} to" if low > 0 else "up to"
        return f"{start} {_level(high)} {unit}"
    return f"at least {_level(low)} {unit}" if low > 0 else "any"


def _level(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:g}"


def _calendar(protocol: Protocol) -> Table:
    """One row for every week in which somebody is seen, or a course begins or ends."""
    changes = {
        entry.week
        for arm in protocol.arms
        for entry in arm.regimen.calendar()
        if entry.what in {"start", "stop"}
    }
    weeks = sorted({*protocol.visit_weeks, *changes})
    table = plain_table(
        ("week", True), ("visit", False), *((arm.name, False) for arm in protocol.arms)
    )
    for week, until in zip(weeks, [*weeks[1:], math.inf], strict=True):
        visit = "visit" if week in protocol.visit_weeks else ""
        cells = (Text(_happenings(arm.regimen, week, until)) for arm in protocol.arms)
        table.add_row(f"{week:g}", visit, *cells)
    return table


def _happenings(regimen: Regimen, week: float, until: float) -> str:
    """Say what an arm is given from `week` until the next row."""
    lines: list[str] = []
    doses: dict[str, int] = {}
    for entry in regimen.calendar():
        if not week <= entry.week < until:
            continue
        if entry.what == "start":
            lines.append(f"start {entry.drug} {entry.dose}")
        elif entry.what == "stop":
            lines.append(f"stop {entry.drug}")
        else:
            doses[f"{entry.drug} {entry.dose}"] = doses.get(f"{entry.drug} {entry.dose}", 0) + 1
    lines += [f"{count} × {dose}" for dose, count in doses.items()]
    return "\n".join(lines)
