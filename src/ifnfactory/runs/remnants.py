"""What runs have left behind: unfinished ones that nobody writes, and what kills have left."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ifnfactory.foundation.errors import KeptError, Problem, UserInputError
from ifnfactory.foundation.progress import Progress
from ifnfactory.runs.find import DEEPEST, FoundUnfinished, look
from ifnfactory.runs.lock import is_locked
from ifnfactory.runs.manifest import MANIFEST_NAME
from ifnfactory.runs.port import WORK, Store
from ifnfactory.runs.store import LocalStore
from ifnfactory.runs.unfinished import ASKED

_LEFT: Final = re.compile(r"\..+\.\w{8}\.(making|old)")
"""Names of folders that exist for a moment, while a run takes its place."""
_TISSUE: Final = re.compile(r"\..+\.unfinished")
"""Names of folders of tissues in the making."""
_DAY: Final = 86_400.0


@dataclass(frozen=True)
class Remnant:
    """Something that a run has left behind.

    Attributes
    ----------
    age_days
        Since it was touched last; elsewhere than on this machine, since the run was begun.
    """

    path: str
    store: Store
    what: str
    bytes: int
    age_days: float

    def remove(self) -> None:
        """Remove it."""
        if self.store.local is None:
            self.store.clear()
        else:
            shutil.rmtree(self.store.local)


def remnants(
    places: Sequence[str], older_than_days: float = 0.0, progress: Progress | None = None
) -> tuple[Remnant, ...]:
    """Return unfinished runs that nobody writes, and what killed processes have left.

    Raises
    ------
    UserInputError
        If a place does not exist.
    """
    found = [
        _remnant(run.store, "unfinished run", run.plan.started)
        for run in look(places, progress)
        if isinstance(run, FoundUnfinished) and not is_locked(run.store)
    ]
    for place in places:
        if Path(place).is_dir():
            found += [_remnant(LocalStore(path), what, "") for path, what in _left(Path(place))]
    each = {remnant.path: remnant for remnant in found if remnant.age_days >= older_than_days}
    return tuple(each[path] for path in sorted(each))


def clear_away(found: Sequence[Remnant], progress: Progress) -> None:
    """Remove what was left behind, one after the other.

    Raises
    ------
    KeptError
        If it was interrupted: what is removed is gone, the rest stands.
    UserInputError
        If something could not be removed; all the rest is gone.
    """
    problems: list[Problem] = []
    progress.begin("removing", len(found))
    for done, each in enumerate(found):
        try:
            each.remove()
        except KeyboardInterrupt:
            told = f"interrupted: {done:,} of {len(found):,} removed"
            raise KeptError(f"{told} — the same command removes the rest") from None
        except OSError as error:
            what, fix = f"could not be removed: {error.strerror}", "check your rights there"
            problems.append(Problem(what, each.path, fix))
        progress.advance()
    progress.end()
    if problems:
        raise UserInputError(problems)


def _left(folder: Path, levels: int = DEEPEST) -> Iterator[tuple[Path, str]]:
    if (folder / MANIFEST_NAME).is_file():
        if (folder / WORK).is_dir():
            yield folder / WORK, "left in a finished run"
        return
    with os.scandir(folder) as entries:
        below = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    for name in below:
        if _LEFT.fullmatch(name):
            yield folder / name, "left by a process that was killed"
        elif _TISSUE.fullmatch(name) and (folder / name / ASKED).is_file():
            if not is_locked(LocalStore(folder / name)):
                yield folder / name, "unfinished run of a tissue"
        elif levels and not name.startswith(".") and os.access(folder / name, os.R_OK | os.X_OK):
            yield from _left(folder / name, levels - 1)


def _remnant(store: Store, what: str, started: str) -> Remnant:
    return Remnant(store.url, store, what, store.bytes(), _age(store, started))


def _age(store: Store, started: str) -> float:
    if (folder := store.local) is not None:
        times = [path.stat().st_mtime for path in folder.rglob("*") if path.is_file()]
        return (time.time() - max([folder.stat().st_mtime, *times])) / _DAY
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(started)).total_seconds() / _DAY
    except (ValueError, TypeError):  # nobody can tell: as young as can be
        return 0.0
