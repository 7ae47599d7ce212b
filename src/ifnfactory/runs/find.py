"""Finding run folders below the folders that a person names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.runs.manifest import MANIFEST_NAME, read_manifest

USUAL: Final = Path("runs")
"""Where runs are looked for if nobody says."""
DEEPEST: Final = 6
"""Levels of folders below a named one that are searched."""


@dataclass(frozen=True)
class FoundRun:
    """A run folder.

    Attributes
    ----------
    name
        What to call it: its path as it was reached, which is unique among the runs that were found.
    """

    name: str
    folder: Path
    manifest: dict[str, Any]


def find_runs(places: Sequence[Path]) -> tuple[FoundRun, ...]:
    """Return the runs at and below some places, in the order of their names.

    A link to a folder is not followed below a place, so that the search ends.

    Raises
    ------
    UserInputError
        If a place does not exist, or there is no run.
    """
    problems = [
        Problem("there is no such folder", str(place), "name a run folder, or one with runs in it")
        for place in places
        if not place.is_dir()
    ]
    if problems:
        raise UserInputError(problems)
    found = {run.folder.resolve(): run for place in places for run in _below(place, DEEPEST)}
    if not found:
        where = ", ".join(str(place) for place in places)
        fix = "name a folder that ifn trial run --out wrote"
        raise UserInputError([Problem("there is no run in it", where, fix)])
    return tuple(sorted(found.values(), key=lambda run: run.name))


def _below(place: Path, levels: int) -> Iterator[FoundRun]:
    if (place / MANIFEST_NAME).is_file():
        manifest = read_manifest(place)
        if manifest is not None:
            yield FoundRun(place.as_posix(), place, manifest)
            return
    if levels == 0:
        return
    try:
        with os.scandir(place) as entries:
            below = sorted(
                entry.name
                for entry in entries
                # Hidden folders are runs in the making.
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
            )
    except OSError:  # a folder that may not be read holds no run for this person
        return
    for name in below:
        yield from _below(place / name, levels - 1)
