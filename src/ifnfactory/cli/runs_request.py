"""Checking what a person asked of ``ifn runs``."""

from __future__ import annotations

import re
from typing import Final, get_args

from ifnfactory.cli.faults import Faults
from ifnfactory.runs.listing import State
from ifnfactory.runs.manifest import Kind

_STATES: Final = get_args(State)
_KINDS: Final = get_args(Kind)


_SINCE: Final = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d)?)?)?)?)?")
"""A moment as a manifest has it, or the beginning of one."""


def check_filters(state: str | None, kind: str | None, since: str | None) -> None:
    """Raise a `UserInputError` unless state and kind are words that there are, and since a time."""
    faults = Faults()
    for option, given, words in (("--state", state, _STATES), ("--kind", kind, _KINDS)):
        known = given is None or given in words
        faults.unless(known, "no such word", f"{option} {given}", f"give {' or '.join(words)}")
    timely = since is None or _SINCE.fullmatch(since)
    fix = "give a year, month, day or time: 2026, 2026-11, 2026-11-26, 2026-11-26T08:30 (UTC)"
    faults.unless(bool(timely), "this is no time", f"--since {since}", fix)
    if faults.problems:
        raise faults.error()
