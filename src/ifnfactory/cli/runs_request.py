"""Checking what a person asked of ``ifn runs``."""

from __future__ import annotations

from typing import Final, get_args

from ifnfactory.cli.faults import Faults
from ifnfactory.runs.listing import State
from ifnfactory.runs.manifest import Kind

_STATES: Final = get_args(State)
_KINDS: Final = get_args(Kind)


def check_state(state: str | None, kind: str | None) -> None:
    """Raise a `UserInputError` unless a state and a kind are words that there are."""
    faults = Faults()
    for option, given, words in (("--state", state, _STATES), ("--kind", kind, _KINDS)):
        known = given is None or given in words
        faults.unless(known, "no such word", f"{option} {given}", f"give {' or '.join(words)}")
    if faults.problems:
        raise faults.error()
