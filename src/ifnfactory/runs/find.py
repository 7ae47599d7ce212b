"""Finding run folders at and below the places that a person names: paths, or URLs of fsspec.

First names are looked at, which is quick, and then the manifests are read, of which the number is
known by then.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.progress import Progress, Silent
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


@dataclass(frozen=True)
class _Candidate:
    """A folder that may be a run; if it is none, `levels` below it are still to be searched."""

    name: str
    store: Store
    unfinished: bool
    levels: int


def find_runs(places: Sequence[str], progress: Progress | None = None) -> tuple[FoundRun, ...]:
    """Return the finished runs at and below some places, in the order of their names.

    Raises
    ------
    UserInputError
        If a place does not exist, or there is no run.
    """
    runs = [run for run in look(places, progress) if isinstance(run, FoundRun)]
    if not runs:
        fix = "name a folder that ifn trial run --out wrote"
        raise UserInputError([Problem("there is no run in it", ", ".join(places), fix)])
    return tuple(sorted(runs, key=lambda run: run.name))


def look(places: Sequence[str], progress: Progress | None = None) -> tuple[Found, ...]:
    """Return what stands at and below some places, each run once.

    A link to a folder is not followed below a place, so that the search ends.

    Parameters
    ----------
    progress
        Is told of every folder that is found, and then of every manifest that is read.

    Raises
    ------
    UserInputError
        If a place does not exist, or cannot be read.
    """
    watch, problems = progress or Silent(), list[Problem]()
    candidates: list[tuple[str, _Candidate]] = []
    watch.begin("looking for runs", 0)
    for place in places:
        with _told(place, problems):
            for candidate in _at(place):
                candidates.append((place, candidate))
                watch.advance()
    watch.end()
    found: dict[str, Found] = {}
    watch.begin("reading manifests", len(candidates))
    for place, candidate in candidates:
        with _told(place, problems):
            for run in _read(candidate, tuple(found)):
                found.setdefault(_key(run.store), run)
        watch.advance()
    watch.end()
    if problems:
        raise UserInputError(problems)
    return tuple(found.values())


@contextmanager
def _told(place: str, problems: list[Problem]) -> Generator[None]:
    """Note what is wrong with a place."""
    try:
        yield
    except UserInputError as error:
        problems += error.problems
    except (OSError, ValueError) as error:
        told, fix = f"cannot be looked into: {error}", "check its name and your rights there"
        problems.append(Problem(" ".join(told.split()), place, fix))


def _key(store: Store) -> str:
    return store.url if store.local is None else str(store.local.resolve())


def _at(place: str) -> Iterator[_Candidate]:
    if "://" in place and (store := open_store(place)).local is None:
        yield from _elsewhere(store)
        return
    folder = Path(place) if "://" not in place else open_store(place).local
    if folder is None or not folder.is_dir():
        fix = "name a run folder, or one with runs in it"
        raise UserInputError([Problem("there is no such folder", place, fix)])
    yield from _below(folder, DEEPEST)


def _below(folder: Path, levels: int) -> Iterator[_Candidate]:
    """Give the candidates of this machine; nothing is looked for inside one."""
    if folder.name.endswith(SUFFIX) and (folder / PLAN).is_file():
        yield _Candidate(folder.as_posix(), LocalStore(folder), True, 0)
    elif (folder / MANIFEST_NAME).is_file():
        yield _Candidate(folder.as_posix(), LocalStore(folder), False, levels)
    else:
        yield from _inside(folder, levels)


def _inside(folder: Path, levels: int) -> Iterator[_Candidate]:
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


def _elsewhere(store: Store) -> Iterator[_Candidate]:
    """Give the candidates of a storage that lists all its files at once, outer ones first."""
    names = store.names()
    if not names:
        fix = "name a run folder, or one with runs in it"
        raise UserInputError([Problem("there is nothing there", store.url, fix)])
    for name in sorted(names, key=lambda name: (name.count("/"), name)):
        for file in (MANIFEST_NAME, PLAN):
            home = _home(name, file)
            if home is None or home.count("/") >= DEEPEST:
                continue
            folder = store.inside(home) if home else store
            # A plan elsewhere than in an unfinished run: that one takes its place at this moment.
            if file == MANIFEST_NAME or folder.url.endswith(SUFFIX):
                yield _Candidate(folder.url, folder, file == PLAN, 0)


def _home(name: str, file: str) -> str | None:
    """Return the folder of which `name` is that file, "" for the place itself."""
    if name == file:
        return ""
    return name.removesuffix(f"/{file}") if name.endswith(f"/{file}") else None


def _read(candidate: _Candidate, outer: Sequence[str]) -> Iterator[Found]:
    """Give the run that a candidate is; where it is none, those below it.

    Parameters
    ----------
    outer
        Where runs have been found: nothing elsewhere is looked for inside them.
    """
    store = candidate.store
    if store.local is None and any(store.url.startswith(f"{home}/") for home in outer):
        return
    if candidate.unfinished:
        yield FoundUnfinished(candidate.name, store, _plan(store))
        return
    manifest = _manifest(store)
    if manifest is not None:
        yield FoundRun(candidate.name, store, manifest)
    elif store.local is not None:
        for below in _inside(Path(candidate.name), candidate.levels):
            yield from _read(below, outer)


def _manifest(store: Store) -> dict[str, Any] | None:
    if store.local is not None:
        return read_manifest(store.local)
    return parse_manifest(store.read(MANIFEST_NAME))


def _plan(store: Store) -> Identity:
    try:
        return parse_plan(store.read(PLAN))
    except (OSError, ValueError):
        return Identity((), "")
