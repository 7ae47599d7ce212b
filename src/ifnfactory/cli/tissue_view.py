"""Tissues, scans and their validation on the screen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.text import Text

from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.tissue.clusters import size_classes
from ifnfactory.tissue.columns import booked
from ifnfactory.tissue.niche import niche_length_um
from ifnfactory.tissue.outcome import commonest, contained
from ifnfactory.tissue.state import Status, endings

if TYPE_CHECKING:
    from rich.console import Console

    from ifnfactory.tissue.course import Course
    from ifnfactory.tissue.factory import Factory, Found
    from ifnfactory.tissue.model import Model
    from ifnfactory.tissue.scan import Scan
    from ifnfactory.tissue.validate import Validation


def models_view(models: Sequence[Model]) -> None:
    """Print a line a model."""
    table = plain_table(("model", False), ("cells", True), ("hours", True), ("", False))
    for model in models:
        side = model.lattice.size
        table.add_row(Text(model.name, style="bold"), f"{side} × {side}", f"{model.hours:g}",
                      Text(model.title))  # fmt: skip
    console().print(table)


def _ends(course: Course) -> list[tuple[str, str, list[float]]]:
    """Return name, unit and the last value of each replicate, for every number."""
    which = np.asarray(course.table.column("replicate"))
    last = [int(np.flatnonzero(which == replicate)[-1]) for replicate in np.unique(which)]
    return [
        (name, unit, [float(np.asarray(course.table.column(name))[end]) for end in last])
        for name, unit in zip(course.table.names[1:], course.table.units[1:], strict=True)
    ]


def course_view(found: Found, out: Path | None) -> None:
    """Print the end of every replicate: mean, lowest and highest."""
    course = found.course
    plan, screen = course.plan, console()
    screen.print(Text(f"{plan.model.name}: {plan.model.title}", style="bold"))
    many = f"{plan.replicates} replicate{'s' if plan.replicates > 1 else ''}"
    told = f"{plan.sites.open_cells:,} cells, {plan.hours:g} h, {many}"
    screen.print(Text(f"{told}, seed {plan.seed}", style="dim"))
    screen.print()
    ended = ~course.stopped if not course.stopped.all() else course.stopped
    when = "at the end" if not course.stopped.all() else "when it was stopped"
    table = plain_table((when, False), ("mean", True), ("range", True), ("unit", False))
    for name, unit, every in _shown(found):
        values = np.asarray(every)[ended]
        if not np.isnan(values).all():
            span = f"{np.nanmin(values):.4g} to {np.nanmax(values):.4g}"
            mean = f"{np.nanmean(values):.4g}"
            table.add_row(Text(name.replace("_", " ")), mean, span, Text(unit, style="dim"))
    screen.print(table)
    share = contained(course.outcomes)
    low, high = share.interval
    ending = commonest(course.outcomes).value
    told = f"{ending}: contained in {share.count} of {share.of}"
    told = f"{told} (95 % interval {100 * low:.0f} to {100 * high:.0f} %)."
    if share.of:
        screen.print(told, markup=False)
    _endings(screen, course.statuses)
    if out is not None:
        screen.print(f"Report: {out / 'report.html'}", markup=False)
    screen.print(Text(NOT_FOR_CARE, style="yellow"))


def _shown(found: Found) -> list[tuple[str, str, list[float]]]:
    """Return what a person wants to see: the ends without the books of each field, the numbers."""
    books = {name for field in found.course.plan.model.fields for name in booked(field.name)}
    table = found.table()
    numbers = zip(table.names, table.units, table.columns, strict=True)
    return [row for row in _ends(found.course) if row[0] not in books] + [
        (name, unit, np.asarray(column).tolist()) for name, unit, column in list(numbers)[4:]
    ]


def course_json(found: Found) -> dict[str, Any]:
    """Return the object that ``ifn tissue run --json`` prints."""
    course, factory = found.course, found.factory
    plan, share = course.plan, contained(course.outcomes)
    return {
        "model": plan.model.name,
        "shape": list(plan.sites.shape),
        "cells": plan.sites.open_cells,
        "hours": plan.hours,
        "replicates": plan.replicates,
        "seed": plan.seed,
        "status": _counted(course.statuses),
        "stopped": int(course.stopped.sum()),
        "ending": commonest(course.outcomes).value,
        "contained": {
            "value": _or_null(share.value),
            "low": share.interval[0],
            "high": share.interval[1],
        },
        "front_speed": [_or_null(outcome.speed) for outcome in course.outcomes],
        "niche_length": _or_null(niche_length_um(plan.model)),
        "infected_cluster_sizes": dict(size_classes(course.cluster_sizes)),
        "factory": None if factory is None else _factory_json(factory),
        "end": {name: [_or_null(v) for v in values] for name, _, values in _ends(course)},
    }


def _factory_json(factory: Factory) -> dict[str, Any]:
    return {
        "amplification": [_or_null(v) for v in factory.amplification.tolist()],
        "spread_number": [_or_null(v) for v in factory.spread.tolist()],
        "spread_number_without_interferon": [_or_null(v) for v in factory.spread_without.tolist()],
        "generation_hours": factory.generation_h,
    }


def scan_view(scan: Scan, out: Path | None) -> None:
    """Print the phase diagram in letters, then where the report is."""
    screen = console()
    screen.print(Text(f"{scan.plan.model.name}: {scan.plan.model.title}", style="bold"))
    across, up = scan.axes[0], scan.axes[1] if len(scan.axes) > 1 else None
    names = (up.label if up else "", *(f"{value:.3g}" for value in across.values))
    table = plain_table((names[0], False), *((name, True) for name in names[1:]))
    styles = {"contained": "green", "endemic": "yellow", "overrun": "red", "stopped": "bold"}
    for j in reversed(range(len(up.values) if up else 1)):
        words = [scan.ending(i, j).value for i in range(len(across.values))]
        cells = [Text(word[0].upper(), style=styles[word]) for word in words]
        table.add_row(f"{up.values[j]:.3g}" if up else "", *cells)
    screen.print(table)
    told = f"Across: {across.label}. C contained, E endemic, O overrun"
    told += ", S stopped." if scan.stopped.any() else "."
    screen.print(told, markup=False)
    _endings(screen, scan.statuses)
    if out is not None:
        screen.print(f"Report: {out / 'report.html'}", markup=False)
    screen.print(Text(NOT_FOR_CARE, style="yellow"))


def scan_json(scan: Scan) -> dict[str, Any]:
    """Return the object that ``ifn tissue scan --json`` prints."""
    table = scan.table()
    rows = [
        {name: _plain(column[k]) for name, column in zip(table.names, table.columns, strict=True)}
        for k in range(table.rows)
    ]
    return {
        "model": scan.plan.model.name,
        "seed": scan.plan.seed,
        "status": _counted(scan.statuses),
        "stopped": int(scan.stopped.sum()),
        "points": rows,
    }


def _counted(statuses: Sequence[Status]) -> dict[str, int]:
    return {status.word: statuses.count(status) for status in dict.fromkeys(statuses)}


def _endings(screen: Console, statuses: Sequence[Status]) -> None:
    for status, told in endings(statuses):
        screen.print(Text(f"{told}.", style="dim" if status is Status.COMPLETED else "bold red"))


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return _or_null(plain) if isinstance(plain, float) else plain


def _or_null(value: float) -> float | None:
    return value if math.isfinite(value) else None


def validation_view(found: Validation) -> None:
    """Print a line a target: value, interval, ours, inside."""
    table = plain_table(
        ("", False), ("target", False), ("quantity", False), ("known", True), ("interval", True),
        ("here", True),
    )  # fmt: skip
    for row in found.rows:
        target = row.target
        mark = Text("✓", style="green") if row.inside else Text("✗", style="red")
        span = f"{_number(target.low)} to {_number(target.high)}"
        names = Text(target.target_id), Text(target.quantity)
        table.add_row(mark, *names, _number(target.value), span, _number(row.value))
    screen = console()
    screen.print(table)
    for model in found.models:
        inside = sum(row.inside for row in found.rows if row.target.model == model)
        of = sum(row.target.model == model for row in found.rows)
        screen.print(f"{model}: {inside} of {of} inside", markup=False)
    screen.print(f"Together {found.share_inside():.1f} %.", markup=False)


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4g}"
