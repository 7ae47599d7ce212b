"""Replicated trials on the screen."""

from __future__ import annotations

from rich.text import Text

from ifnfactory.cli.group import NOTICE
from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.design.operating import Rate
from ifnfactory.design.replicate import Replication
from ifnfactory.design.statistic import patients_at
from ifnfactory.report.words import endpoint_title, number


def replicate_view(found: Replication, out: str | None) -> None:
    """Print what replicated trials found."""
    question = found.question
    screen = console()
    screen.print(Text(question.protocol.title, style="bold"))
    arms = zip((question.treatment, question.control), question.sizes, found.arms, strict=True)
    unit = "%" if question.endpoint.kind == "proportion" else question.endpoint.unit
    told = " against ".join(f"{a.name} ({n}, {number(x, unit)} {unit})" for a, n, x in arms)
    screen.print(Text(f"{endpoint_title(question.endpoint.name)}, week {question.week:g}: {told}"))
    screen.print()
    screen.print(_behaviour(found))
    screen.print()
    screen.print(_looks(found))
    if any(rule.fired for rule in found.rules):
        screen.print()
        screen.print(_rules(found))
    screen.print()
    for note in found.notes:
        screen.print(Text(note[0].upper() + note[1:] + ".", style="yellow"))
    screen.print(
        f"{found.replicates:,} trials in {found.wall_s:.1f} s, seed {found.seed}; no patient in "
        f"two of them; {found.failed} not integrated."
    )
    if out is not None:
        screen.print(f"Report: {out}/report.html", markup=False)
    screen.print(Text(NOTICE, style="yellow"))


def _behaviour(found: Replication) -> object:
    table = plain_table(("", False), ("", True), ("95 % Monte Carlo", True))
    mean, quantiles = found.effect
    low, high = (number(quantiles[k], "") for k in (0, -1))
    table.add_row(
        f"effect, {found.question.unit}", number(mean, ""), f"trials between {low} and {high}"
    )
    behaviour = found.plan_behaviour
    for title, rate in (
        ("power", behaviour.rejected),
        ("  treatment better", behaviour.better),
        ("  treatment worse", behaviour.worse),
        ("given up for futility", behaviour.futile),
        ("type-I error", found.type_1_error),
    ):
        table.add_row(title, f"{rate.value:.1f} %", _interval(rate))
    vectors = f"{_interval(found.assurance)}, {len(found.members)} vectors"
    table.add_row("assurance", f"{found.assurance.value:.1f} %", vectors)
    most = sum(found.question.sizes)
    table.add_row("patients", f"{behaviour.expected_patients:.0f}", f"expected, of {most}")
    without = found.null_behaviour.expected_patients
    table.add_row("patients without effect", f"{without:.0f}", f"expected, of {most}")
    return table


def _interval(rate: Rate) -> str:
    return f"{rate.low:.1f} to {rate.high:.1f}"


def _looks(found: Replication) -> object:
    table = plain_table(
        ("look", True), ("patients", True), ("critical", True), ("better %", True),
        ("worse %", True), ("given up %", True),
    )  # fmt: skip
    for k, look in enumerate(found.plan_behaviour.looks):
        share = float(found.plan.information[k])
        seen = sum(patients_at(size, share) for size in found.question.sizes)
        rates = (f"{rate:.1f}" for rate in (look.better, look.worse, look.futile))
        table.add_row(str(k + 1), str(seen), f"±{found.plan.critical[k]:.3f}", *rates)
    return table


def _rules(found: Replication) -> object:
    table = plain_table(("published stopping rule", False), ("says", False), ("fires in", True))
    for rule in found.rules:
        if rule.fired:
            share = f"{100.0 * rule.fired / rule.patients:.1f} %"
            table.add_row(Text(f"{rule.document}: {rule.criterion}"), rule.says, share)
    return table
