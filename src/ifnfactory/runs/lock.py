"""One writer for one run.

On this machine the system keeps the lock and lets it go when the process ends, however it ends.
Elsewhere a file says who writes and since when; it is renewed with every shard, and one that has
not been renewed for long, or whose process has died on this machine, is nobody's. Should two
writers meet all the same, they write the same bytes under the same names.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.runs.store import Store

LOCK_NAME: Final = ".work/lock"
ABANDONED_S: Final = 900.0
"""A lock elsewhere that is older [s] is nobody's."""


class Lock:
    """The right to write into a folder, from entering to leaving.

    Parameters
    ----------
    out
        What a person calls the run; None if the folder's name tells.

    Raises
    ------
    UserInputError
        On entering, if another process has it.
    """

    def __init__(self, store: Store, out: str | None = None) -> None:
        self._store = store
        self._out = out or store.url.removesuffix(".unfinished")
        self._handle: int | None = None
        self._renewed = 0.0

    def __enter__(self) -> Lock:
        if self._store.local is not None:
            self._handle = _hold(self._store.local, self._out)
        else:
            self._refuse_a_living_owner()
            self.renew(always=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._handle is not None:
            os.close(self._handle)  # the system lets the lock go with it
            return
        with suppress(OSError):
            self._store.remove([LOCK_NAME])

    def renew(self, always: bool = False) -> None:
        """Say that the owner lives, where the system does not know it by itself."""
        if self._handle is None and (always or time.time() - self._renewed > ABANDONED_S / 10):
            self._renewed = time.time()
            owner = {"owner": _owner(), "time": self._renewed}
            self._store.write(LOCK_NAME, json.dumps(owner).encode())

    def _refuse_a_living_owner(self) -> None:
        owner = _living_owner(self._store)
        if owner is not None and not owner.startswith(f"{_owner()} "):
            raise _busy(self._out, owner)


def is_locked(store: Store) -> bool:
    """Return whether a process holds the lock of a folder."""
    if store.local is None:
        return _living_owner(store) is not None
    try:
        handle = os.open(store.local / LOCK_NAME, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:  # who may not even read it leaves it alone
        return True
    try:
        _lock(handle)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _living_owner(store: Store) -> str | None:
    """Return who holds the lock of a folder elsewhere and has renewed it lately."""
    try:
        found: Any = json.loads(store.read(LOCK_NAME))
        age, owner = time.time() - float(found["time"]), str(found["owner"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    living = age < ABANDONED_S and not _has_died_here(owner)
    return f"{owner} wrote {age:.0f} s ago" if living else None


def _has_died_here(owner: str) -> bool:
    """Return whether that was a process of this machine which is no more."""
    process, _, machine = owner.removeprefix("process ").partition(" on ")
    if machine != platform.node() or not process.isdecimal() or os.name == "nt":
        return False
    try:
        os.kill(int(process), 0)  # asks and does nothing
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):  # somebody else's process, or no number of one
        return False
    return False


def _owner() -> str:
    return f"process {os.getpid()} on {platform.node()}"


def _hold(folder: Path, out: str) -> int:
    path = folder / LOCK_NAME
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):  # another has just completed it, and taken it away
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                _lock(handle)
            except OSError:
                os.close(handle)
                raise _busy(out, "its lock is held") from None
            if _is_at(path, handle):
                return handle
            os.close(handle)


def _is_at(path: Path, handle: int) -> bool:
    """Return whether an open file still stands at its place, where the next one will look."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _lock(handle: int) -> None:
    if os.name == "nt":
        windows: Any = importlib.import_module("msvcrt")
        windows.locking(handle, windows.LK_NBLCK, 1)
    else:
        unix: Any = importlib.import_module("fcntl")
        unix.flock(handle, unix.LOCK_EX | unix.LOCK_NB)


def _busy(out: str, how: str) -> UserInputError:
    problem = Problem(
        f"another process is writing this run ({how})",
        f"--out {out}",
        "wait until it is done, or choose another --out",
    )
    return UserInputError([problem])
