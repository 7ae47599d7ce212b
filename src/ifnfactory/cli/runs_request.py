"""Checking what a person asked of ``ifn runs``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, get_args

from ifnfactory.cli.faults import Faults
from ifnfactory.runs.listing import State
from ifnfactory.runs.manifest import Kind

_STATES: Final = get_args(State)
_KINDS: Final = get_args(Kind)


def folders_of(folders: Sequence[Path] | None) -> tuple[Path, ...]:
    """Return the folders to look in; the current one if none is named.

    Raises
    ------
    UserInputError
        If one is no folder.
    """
    faults, chosen = Faults(), tuple(folders or (Path(),))
    for folder in chosen:
        faults.unless(folder.is_dir(), "this is no folder", str(folder), "name a folder of runs")
    if faults.problems:
        raise faults.error()
    return chosen


def check_state(state: str | None, kind: str | None) -> None:
    """Raise a `UserInputError` unless a state and a kind are words that there are."""
    faults = Faults()
    for option, given, words in (("--state", state, _STATES), ("--kind", kind, _KINDS)):
        known = given is None or given in words
        faults.unless(known, "no such word", f"{option} {given}", f"give {' or '.join(words)}")
    if faults.problems:
        raise faults.error()
