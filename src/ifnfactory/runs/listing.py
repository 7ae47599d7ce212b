"""The runs that stand in a folder: finished, unfinished, and what can be cleared away."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ifnfactory.runs.lock import is_locked
from ifnfactory.runs.making import PLAN, SUFFIX, TASKS, WORK, Identity, parse_plan
from ifnfactory.runs.manifest import MANIFEST_NAME, read_manifest

_DEPTH: Final = 3
"""Folders below the one that is asked for in which runs are looked for."""
_LEFT: Final = re.compile(r"\..+\.\w{8}\.(making|old)")
"""Names of folders that exist for a moment, while a run takes its place."""
State = Literal["finished", "unfinished"]


@dataclass(frozen=True)
class Entry:
    """A run in a folder; what an unfinished one does not know is empty.

    Attributes
    ----------
    patients
        Of all arms.
    started
        UTC, ISO 8601.
    bytes
        Of all its files.
    tasks
        Finished tasks of an unfinished run.
    """

    path: Path
    state: State
    kind: str
    trial: str
    seed: int | None
    patients: int
    parameter_set: str
    version: str
    started: str
    bytes: int
    tasks: int


@dataclass(frozen=True)
class Filters:
    """Which runs are wanted; None: no matter.

    Attributes
    ----------
    since
        Start of the start, "2026-11" for example; later runs are wanted, too.
    """

    kind: str | None = None
    trial: str | None = None
    seed: int | None = None
    parameter_set: str | None = None
    since: str | None = None
    state: str | None = None

    def match(self, entry: Entry) -> bool:
        """Return whether a run is wanted."""
        return (
            self.kind in {None, entry.kind}
            and self.trial in {None, entry.trial}
            and self.seed in {None, entry.seed}
            and (self.parameter_set is None or entry.parameter_set.startswith(self.parameter_set))
            and (self.since is None or entry.started >= self.since)
            and self.state in {None, entry.state}
        )


def list_runs(folders: Sequence[Path], filters: Filters | None = None) -> tuple[Entry, ...]:
    """Return the runs in some folders and the folders below them, the latest last."""
    wanted = filters or Filters()
    found = {path: entry for folder in folders for path, entry in _below(folder, _DEPTH)}
    entries = (entry for entry in found.values() if wanted.match(entry))
    return tuple(sorted(entries, key=lambda entry: (entry.started, str(entry.path))))


def _below(folder: Path, depth: int) -> Iterator[tuple[Path, Entry]]:
    if not folder.is_dir() or folder.is_symlink():
        return
    entry = _entry(folder)
    if entry is not None:
        yield folder.absolute(), entry
    elif depth:
        for inside in sorted(folder.iterdir()):
            yield from _below(inside, depth - 1)


def _entry(folder: Path) -> Entry | None:
    if folder.name.endswith(SUFFIX) and (folder / WORK).is_dir():
        return _unfinished(folder)
    found = read_manifest(folder)
    if found is None:
        return None
    files: list[Any] = found.get("files", [])
    return Entry(
        path=folder,
        state="finished",
        kind=str(found.get("kind", "")),
        trial=str(found.get("trial", "")),
        seed=found.get("seed"),
        patients=sum(found.get("patients", {}).values()),
        parameter_set=str(found.get("parameter_set", "")),
        version=str(found.get("version", "")),
        started=str(found.get("started", "")),
        bytes=sum(int(file.get("bytes", 0)) for file in files),
        tasks=len(found.get("tasks", [])),
    )


def _unfinished(folder: Path) -> Entry:
    try:
        plan = parse_plan((folder / PLAN).read_bytes())
    except (OSError, ValueError):
        plan = Identity((), "")
    facts = dict(plan.facts)
    seed, patients = facts.get("seed", ""), facts.get("patients", "0")
    return Entry(
        path=folder,
        state="unfinished",
        kind=facts.get("kind", "trial"),
        trial=facts.get("trial", ""),
        seed=int(seed) if seed.lstrip("-").isdecimal() else None,
        patients=int(patients) if patients.isdecimal() else 0,
        parameter_set=facts.get("parameter_set", ""),
        version="",
        started=plan.started,
        bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        tasks=len(list((folder / TASKS).glob("*.json"))),
    )


@dataclass(frozen=True)
class Remnant:
    """Something that a run has left behind."""

    path: Path
    what: str
    bytes: int
    age_days: float


def remnants(folders: Sequence[Path], older_than_days: float = 0.0) -> tuple[Remnant, ...]:
    """Return unfinished runs that nobody writes, and what killed processes have left."""
    found = {path: what for folder in folders for path, what in _left(folder, _DEPTH)}
    now = time.time()
    sized = (_remnant(path, what, now) for path, what in sorted(found.items()))
    return tuple(each for each in sized if each.age_days >= older_than_days)


def _left(folder: Path, depth: int) -> Iterator[tuple[Path, str]]:
    if not folder.is_dir() or folder.is_symlink():
        return
    if folder.name.endswith(SUFFIX) and (folder / WORK).is_dir():
        if not is_locked(folder):
            yield folder, "unfinished run"
    elif _LEFT.fullmatch(folder.name):
        yield folder, "left by a process that was killed"
    elif (folder / MANIFEST_NAME).is_file():
        if (folder / WORK).is_dir():
            yield folder / WORK, "left in a finished run"
    elif depth:
        for inside in sorted(folder.iterdir()):
            yield from _left(inside, depth - 1)


def _remnant(path: Path, what: str, now: float) -> Remnant:
    stats = [file.stat() for file in path.rglob("*") if file.is_file()]
    latest = max([path.stat().st_mtime, *(stat.st_mtime for stat in stats)])
    return Remnant(path, what, sum(stat.st_size for stat in stats), (now - latest) / 86_400.0)


def remove_remnant(remnant: Remnant) -> None:
    """Remove what a run has left behind."""
    shutil.rmtree(remnant.path)
