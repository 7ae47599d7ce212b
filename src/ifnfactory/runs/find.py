"""Finding run folders at and below the places that a person names: paths, or URLs of fsspec."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.runs.making import SUFFIX, TASKS, Identity, parse_plan
from ifnfactory.runs.manifest import MANIFEST_NAME, parse_manifest, read_manifest
from ifnfactory.runs.port import PLAN, Store
from ifnfactory.runs.store import LocalStore, open_store

USUAL: Final = "runs"
"""Where runs are looked for if nobody says."""
DEEPEST: Final = 6
"""Levels of folders below a named one that are searched."""


@dataclass(frozen=True)
class FoundRun:
    """A run folder.

    Attributes
    ----------
    name
        What to call it: its path or URL as it was reached, which is unique among those found.
    """

    name: str
    store: Store
    manifest: dict[str, Any]


@dataclass(frozen=True)
class FoundUnfinished:
    """A run in the making.

    Attributes
    ----------
    plan
        What is made; without facts where nobody can read that.
    """

    name: str
    store: Store
    plan: Identity

    def tasks(self) -> int:
        """Return how many tasks are done."""
        return sum(name.startswith(TASKS) for name in self.store.names())


Found = FoundRun | FoundUnfinished


def find_runs(places: Sequence[str]) -> tuple[FoundRun, ...]:
    """Return the finished runs at and below some places, in the order of their names.

    Raises
    ------
    UserInputError
        If a place does not exist, or there is no run.
    """
    runs = [run for run in look(places) if isinstance(run, FoundRun)]
    if not runs:
        fix = "name a folder that ifn trial run --out wrote"
        raise UserInputError([Problem("there is no run in it", ", ".join(places), fix)])
    return tuple(sorted(runs, key=lambda run: run.name))


def look(places: Sequence[str]) -> tuple[Found, ...]:
    """Return what stands at and below some places, each run once.

    A link to a folder is not followed below a place, so that the search ends.

    Raises
    ------
    UserInputError
        If a place does not exist, or cannot be read.
    """
    problems: list[Problem] = []
    found: dict[str, Found] = {}
    for place in places:
        try:
            for run in _at(place):
                local = run.store.local
                found.setdefault(run.store.url if local is None else str(local.resolve()), run)
        except UserInputError as error:
            problems += error.problems
        except (OSError, ValueError) as error:
            told, fix = f"cannot be looked into: {error}", "check its name and your rights there"
            problems.append(Problem(" ".join(told.split()), place, fix))
    if problems:
        raise UserInputError(problems)
    return tuple(found.values())


def _at(place: str) -> Iterator[Found]:
    if "://" in place and (store := open_store(place)).local is None:
        yield from _elsewhere(store)
        return
    folder = Path(place) if "://" not in place else open_store(place).local
    if folder is None or not folder.is_dir():
        fix = "name a run folder, or one with runs in it"
        raise UserInputError([Problem("there is no such folder", place, fix)])
    yield from _below(folder, DEEPEST)


def _below(folder: Path, levels: int) -> Iterator[Found]:
    """Give the runs of this machine; nothing is looked for inside a run."""
    if folder.name.endswith(SUFFIX) and (folder / PLAN).is_file():
        store = LocalStore(folder)
        yield FoundUnfinished(folder.as_posix(), store, _plan(store))
        return
    if (folder / MANIFEST_NAME).is_file():
        manifest = read_manifest(folder)
        if manifest is not None:
            yield FoundRun(folder.as_posix(), LocalStore(folder), manifest)
            return
    if levels == 0:
        return
    try:
        with os.scandir(folder) as entries:
            below = sorted(
                entry.name
                for entry in entries
                # Hidden folders are runs that take their place at this moment.
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
            )
    except OSError:  # a folder that may not be read holds no run for this person
        return
    for name in below:
        yield from _below(folder / name, levels - 1)


def _elsewhere(store: Store) -> Iterator[Found]:
    """Give the runs of a storage that lists all its files at once."""
    names = store.names()
    if not names:
        fix = "name a run folder, or one with runs in it"
        raise UserInputError([Problem("there is nothing there", store.url, fix)])
    done: list[str] = []
    for name in sorted(names, key=lambda name: (name.count("/"), name)):
        home = next((f for f in (_home(name, MANIFEST_NAME), _home(name, PLAN)) if f is not None),
                    None)  # fmt: skip
        inside = home is None or any(home.startswith(f"{each}/") or not each for each in done)
        if home is None or inside or home.count("/") >= DEEPEST:
            continue
        folder = store.inside(home) if home else store
        if name.endswith(PLAN):
            if not folder.url.endswith(SUFFIX):
                continue  # it takes its place at this moment, or was stopped there
            yield FoundUnfinished(folder.url, folder, _plan(folder))
        else:
            manifest = parse_manifest(store.read(name))
            if manifest is None:
                continue
            yield FoundRun(folder.url, folder, manifest)
        done.append(home)


def _home(name: str, file: str) -> str | None:
    """Return the folder of which `name` is that file, "" for the place itself."""
    if name == file:
        return ""
    return name.removesuffix(f"/{file}") if name.endswith(f"/{file}") else None


def _plan(store: Store) -> Identity:
    try:
        return parse_plan(store.read(PLAN))
    except (OSError, ValueError):
        return Identity((), "")
