"""What is finished of something that writes no run folder, in the user's cache until it is done.

It stands in a folder of ``~/.cache/ifnfactory`` (or what the system has for it) that is named by
the hash of all that determines it: the same command finds it there, and no other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final

from ifnfactory.foundation.errors import KeptError, Problem, UserInputError
from ifnfactory.foundation.kernel_cache import cache_home
from ifnfactory.foundation.progress import Progress
from ifnfactory.foundation.provenance import platform_record
from ifnfactory.runs.lock import Lock
from ifnfactory.runs.making import SCRATCH, Identity, Making, NewFile, digest
from ifnfactory.runs.store import LocalStore

FOLDER: Final = "unfinished"


class Kept:
    """Keeps what is finished; a `Keep`. Use it as a context, and `forget` when all is done.

    Where the cache cannot be written the work goes on, and an interruption loses it.

    Parameters
    ----------
    place
        The folder.
    identity
        What is done.
    busy
        What to say if another process does the same; None: this one keeps nothing.

    Raises
    ------
    UserInputError
        On entering, if another process does the same and that is a problem.
    KeptError
        On leaving, if it was interrupted.
    """

    def __init__(self, place: Path, identity: Identity, busy: Problem | None = None) -> None:
        self._place, self._identity, self._busy = place, identity, busy
        self._making: Making | None = None
        self._held = ExitStack()

    def __enter__(self) -> Kept:
        making = Making(LocalStore(self._place))
        try:
            self._held.enter_context(Lock(making.store))
        except UserInputError:
            if self._busy is not None:
                raise UserInputError([self._busy]) from None
            return self
        except OSError:
            return self
        with suppress(OSError):
            making.open(self._identity, resume=True, overwrite=False)
            self._making = making
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._making is not None and kind is not None and not self._making.finished():
            self.forget()
        self._held.close()
        if isinstance(error, KeyboardInterrupt):
            raise KeptError(f"interrupted: {self._told()}") from None

    @property
    def making(self) -> Making | None:
        """What is in the making; None where nothing can be kept."""
        return self._making

    def read(self, name: str) -> bytes | None:
        """Return what was kept under a name, None if there is nothing or it is damaged."""
        with suppress(OSError):
            if self._making is not None and self._making.done(digest(name.encode())):
                return self._making.store.read(f"{SCRATCH}{name}")
        return None

    def write(self, name: str, content: bytes) -> None:
        """Keep something under a name."""
        self.add(
            digest(name.encode()), name, 0, 0, [NewFile(f"{SCRATCH}{name}", content, None)], ""
        )

    def add(
        self, key: str, arm: str, first: int, patients: int, files: Sequence[NewFile], facts: str
    ) -> None:
        """Keep a task, as `Making.add` does."""
        if self._making is not None:
            try:
                self._making.add(key, arm, first, patients, files, facts)
            except OSError:  # a full disk is no reason to stop
                self._making = None

    def tell(self, progress: Progress) -> None:
        """Say that there is something to go on from."""
        if self._making is not None and (done := self._making.finished()):
            progress.begin(f"going on: {_tasks(done)} kept in {self._making.store.url}", 0)
            progress.end()

    def forget(self) -> None:
        """Throw everything away: it is done, or there is nothing."""
        if self._making is not None:
            self._making.store.clear()
            self._making = None

    def _told(self) -> str:
        done = self._making.finished() if self._making else 0
        if not self._making or not done:
            return "nothing was finished that could be kept"
        where = self._making.store.url
        return f"{_tasks(done)} kept in {where} — go on with the same command"


def kept(*facts: tuple[str, str]) -> Kept:
    """Return what keeps the finished part of something with these facts, on this machine."""
    whole = (*facts, ("machine", json.dumps(platform_record())))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    place = cache_home() / FOLDER / digest(json.dumps(whole).encode())[:20]
    return Kept(place, Identity(whole, now))


def _tasks(done: int) -> str:
    return f"{done:,} finished {'task is' if done == 1 else 'tasks are'}"
