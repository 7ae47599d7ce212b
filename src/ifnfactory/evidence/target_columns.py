"""The columns of a file of targets: their words, what belongs there, and what a header lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ifnfactory.foundation.errors import Problem

LEVELS: Final = (
    "arm",
    "pooled_arms",
    "baseline_subgroup",
    "on_treatment_subgroup",
    "response_subgroup",
)
TIME_BASES: Final = ("start", "eot", "whole_study")
CLASSES: Final = ("serology", "virology", "biochemistry", "kinetics", "cure", "safety")
UNITS: Final = ("%", "log10 IU/mL", "log10 copies/mL")
MEANT: Final = {
    "target_id": "a name of its own",
    "trial_id": "the trial that printed the number",
    "parent_trial": "the trial whose patients they are",
    "arm_id": "the arm",
    "level": " or ".join(LEVELS),
    "endpoint": "an endpoint, e.g. hbeag_seroconversion",
    "endpoint_class": " or ".join(CLASSES),
    "time_basis": " or ".join(TIME_BASES),
    "week": "a week, where time_basis is start",
    "weeks_after_eot": "weeks after the end of treatment, where time_basis is eot",
    "value": "a number",
    "unit": " or ".join(UNITS),
    "k_used": "patients who reached it, or nothing",
    "n_used": "patients who were counted, or nothing",
    "ci_low": "the lower end of the 95 % interval, or nothing",
    "ci_high": "the upper end of the 95 % interval, or nothing",
    "weight_hint": "a weight between 0 and 1",
}
"""Columns that a file needs, and what belongs there; others are allowed."""


def header_problems(header: Sequence[str], file: str) -> list[Problem]:
    """Return what is wrong with the first line of a file."""
    where = f"{file}:1"
    if len(header) == 1 and ";" in header[0]:
        return [Problem("the columns are separated by semicolons", where, "separate by commas")]
    doubled = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    return [
        *(
            Problem(f"no column {n!r}", where, f"add it: {MEANT[n]}")
            for n in MEANT
            if n not in header
        ),
        *(Problem(f"the column {name!r} stands twice", where, "keep one") for name in doubled),
    ]
