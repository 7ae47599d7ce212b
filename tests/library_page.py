"""The page of built-in trials, docs/library.md: what is in them, and what is left out and why.

Renew the page with: python tests/library_page.py
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from ifnfactory.trial.catalogue import protocol_names
from ifnfactory.trial.protocol import Protocol, load_protocol

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "library.md"
LEFT_OUT: Final = Path(__file__).with_name("data") / "library_left_out.toml"
OLD_NAMES: Final = {"peg_mono": "peg", "single0.3mgkg": "single0_3mgkg"}
"""Arms that a protocol calls by another name than the evidence base."""

HEAD: Final = """# Built-in trials

Every trial of the evidence base with a usable result of a single arm whose regimen can be written
with the [drugs of the program](../src/ifnfactory/pharmacology/drugs). `ifn trial show NAME` prints
one, `ifn trial run NAME` simulates it. The files are in
[trial/library](../src/ifnfactory/trial/library); [trials.md](trials.md) explains their keys.

What the papers' baseline tables leave open stands at a value usual for the phase of infection, and
says `default = true`. Only results in the evidence base are listed, one row an arm, endpoint and
week; a result that pools arms or describes a subgroup repeats patients and is never listed beside
them. Arms with interferon follow the dose rules of its label and those of `trial_conduct`
([safety](safety.md)).

This page is written by `python tests/library_page.py`, and a test keeps it current.

## What is in them

`n` counts the patients of the published arms, a dash where it is not known. "Defaults" counts the
sections of the baseline that stand at a usual value.
"""
NOT_ALL: Final = """
## What is left out

Rows of single arms that no protocol has, with weight above zero and with weight zero.
"""


@dataclass(frozen=True)
class Row:
    """A result of a single arm, as the evidence base has it."""

    target: str
    trial: str
    parent: str
    arm: str
    endpoint: str
    week: float | None
    weeks_after_stop: float | None
    value: float
    unit: str
    counts: tuple[int, int] | None
    interval: tuple[float, float] | None
    weight: float


@dataclass(frozen=True)
class LeftOut:
    """A reason, and the rows it is the reason for."""

    patterns: tuple[str, ...]
    why: str

    def covers(self, row: Row) -> bool:
        """Return whether `row` is left out for this reason."""
        return any(fnmatchcase(row.target, pattern) for pattern in self.patterns)


@lru_cache(maxsize=1)
def arm_rows() -> tuple[Row, ...]:
    """Return the rows of single arms that the package ships."""
    source = files("ifnfactory.evidence") / "data" / "targets.csv"
    table = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return tuple(
        Row(
            target=line["target_id"],
            trial=line["trial_id"],
            parent=line["parent_trial"],
            arm=OLD_NAMES.get(line["arm_id"], line["arm_id"].lower()),
            endpoint=line["endpoint"],
            week=float(line["week"]) if line["time_basis"] == "start" else None,
            weeks_after_stop=(
                float(line["weeks_after_eot"]) if line["time_basis"] == "eot" else None
            ),
            value=float(line["value"]),
            unit=line["unit"],
            counts=(int(line["k_used"]), int(line["n_used"])) if line["k_used"] else None,
            interval=(float(line["ci_low"]), float(line["ci_high"])) if line["ci_low"] else None,
            weight=float(line["weight_hint"]),
        )
        for line in table
        if line["level"] == "arm"
    )


@lru_cache(maxsize=1)
def left_out() -> tuple[LeftOut, ...]:
    """Return the reasons for which rows are left out."""
    raw = tomllib.loads(LEFT_OUT.read_text(encoding="utf-8"))
    return tuple(LeftOut(tuple(part["rows"]), part["why"]) for part in raw["left_out"])


@lru_cache(maxsize=1)
def library() -> tuple[Protocol, ...]:
    """Return all built-in trials."""
    return tuple(load_protocol(name) for name in protocol_names())


def protocol_of(name: str) -> Protocol:
    """Return a built-in trial, read once."""
    (found,) = (protocol for protocol in library() if protocol.name == name)
    return found


def parent_of(protocol: Protocol) -> str:
    """Return the trial of the evidence base whose patients a protocol has."""
    return _parents()[protocol.name]


def place(row: Row) -> tuple[Protocol, float] | None:
    """Return the protocol and week in which `row` is published; None where it is left out."""
    if any(each.covers(row) for each in left_out()):
        return None
    for protocol in library():
        if parent_of(protocol) == row.parent and row.arm in {arm.name for arm in protocol.arms}:
            # Without a week a row counts the whole study.
            week = protocol.visit_weeks[-1] if row.week is None else row.week
            if row.weeks_after_stop is not None:
                stop = protocol.arm(row.arm).regimen.end_of_treatment_week
                week = stop + row.weeks_after_stop
            if any(
                (each.arm, each.endpoint, each.week) == (row.arm, row.endpoint, week)
                for each in protocol.published
            ):
                return protocol, week
    return None


@lru_cache(maxsize=1)
def _parents() -> dict[str, str]:
    """Return the parent trial of each protocol: the file is named after the trial."""
    trials = {row.trial: row.parent for row in arm_rows()}
    trials |= {row.parent: row.parent for row in arm_rows()}
    parents: dict[str, str] = {}
    for name in protocol_names():
        (trial,) = (t for t in trials if f"{name}_".upper().startswith(f"{t}_"))
        parents[name] = trials[trial]
    return parents


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([HEAD, *_trials(), NOT_ALL, *_missing(), ""])


def _trials() -> Iterator[str]:
    yield "| name | trial | arms | n | results | weeks | defaults |"
    yield "|---|---|---|---|---|---|---|"
    for protocol in library():
        years = protocol.baseline.prior_na_years
        before = f"after {years:g} years on a nucleos(t)ide analogue:<br>" if years else ""
        arms = before + "<br>".join(
            f"`{arm.name}`: {'; '.join(arm.regimen.prescription())}" for arm in protocol.arms
        )
        sizes = ("<br>" if years else "") + "<br>".join(
            "–" if arm.n is None else str(arm.n) for arm in protocol.arms
        )
        weeks = ", ".join(f"{week:g}" for week in sorted({r.week for r in protocol.published}))
        defaults = sum(each.default for each in protocol.baseline_sources)
        yield (
            f"| `{protocol.name}` | {protocol.citation} | {arms} | {sizes} | "
            f"{len(protocol.published)} | {weeks or '–'} | {defaults} |"
        )


def _missing() -> Iterator[str]:
    yield "| trial | rows, weighted | rows, weight 0 | why |"
    yield "|---|---|---|---|"
    missing = [row for row in arm_rows() if place(row) is None]
    told: dict[tuple[str, str], list[Row]] = {}
    for row in missing:
        told.setdefault((row.parent, _why(row)), []).append(row)
    for (parent, why), rows in sorted(told.items()):
        weighted = sum(row.weight > 0 for row in rows)
        yield f"| {parent} | {weighted} | {len(rows) - weighted} | {why} |"


def _why(row: Row) -> str:
    (why,) = (each.why for each in left_out() if each.covers(row))
    return why


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
