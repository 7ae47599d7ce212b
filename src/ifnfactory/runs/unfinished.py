"""A run that was interrupted, beside the place where its folder will be.

A checkpoint is written to a file of another name, flushed and renamed: at any moment there is the
older one or the newer one, complete. One process at a time has the folder.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Final, cast
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.runs.destination import check_destination
from ifnfactory.runs.lock import LOCK_NAME, Lock
from ifnfactory.runs.store import LocalStore

Arrays = dict[str, NDArray[Any]]

_CHECKPOINT: Final = "checkpoint.npz"
ASKED: Final = "request.txt"
"""What is made; a folder without it is none of these."""


class Unfinished:
    """The folder of a run in the making, from entering to leaving nobody else's.

    Parameters
    ----------
    out
        The run folder to be.
    request
        Hash of all that determines the numbers: another request does not go on from here.

    Raises
    ------
    UserInputError
        On entering, if another process has it; on leaving, if something could not be written.
    """

    def __init__(self, out: Path, request: str) -> None:
        self.folder = out.absolute().parent / f".{out.name}.unfinished"
        self._out = out
        self._request = request
        self._lock = Lock(LocalStore(self.folder), str(out))

    def __enter__(self) -> Unfinished:
        try:
            self._lock.__enter__()
        except OSError as error:
            raise self._unwritten(error) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if not (self.folder / ASKED).is_file():
            self.remove()  # nothing was begun
        self._lock.__exit__(kind, error, traceback)
        if isinstance(error, OSError):
            raise self._unwritten(error) from error

    def begin(self, anew: bool) -> Arrays | None:
        """Return the arrays to go on from, or None for a fresh start.

        Parameters
        ----------
        anew
            Throw away the run of another request, and replace a finished one; one of the same
            request goes on even so.

        Raises
        ------
        UserInputError
            If the run that waits there was asked for differently, or another process has just
            finished one, and not `anew`.
        """
        check_destination(self._out, anew)
        asked = self.folder / ASKED
        other = asked.is_file() and asked.read_text(encoding="utf-8") != self._request
        if other and anew:
            self._empty()
        elif other:
            told = f"an unfinished run of another request or version waits in {self.folder}"
            fix = "give its own command to finish it, or --overwrite to start anew"
            raise UserInputError([Problem(told, "--out", fix)])
        if not asked.is_file():
            making = asked.with_suffix(".making")
            making.write_text(self._request, encoding="utf-8")
            making.replace(asked)
        return self._read()

    def _read(self) -> Arrays | None:
        file = self.folder / _CHECKPOINT
        if not file.is_file():
            return None
        try:
            with file.open("rb") as data, np.load(data, allow_pickle=False) as stored:
                return {name: stored[name] for name in stored.files}
        except (OSError, ValueError, EOFError, BadZipFile):
            return None  # a disk has damaged it: from the start the result is the same

    def save(self, arrays: Arrays) -> None:
        """Replace the checkpoint."""
        making = self.folder / f"{_CHECKPOINT}.making"
        try:
            with making.open("wb") as file:
                np.savez(file, **cast(Any, arrays))
                file.flush()
                os.fsync(file.fileno())
            making.replace(self.folder / _CHECKPOINT)
        except OSError:  # a full disk: leave it as little as can be
            making.unlink(missing_ok=True)
            raise

    def remove(self) -> None:
        """Throw everything away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _unwritten(self, error: OSError) -> UserInputError:
        told = f"could not be written: {error.strerror or error}"
        fix = "mend that, and give the same command again: it goes on from what is kept"
        return UserInputError([Problem(told, f"--out {self._out}", fix)])

    def _empty(self) -> None:
        """Throw everything away but the lock."""
        kept = self.folder / LOCK_NAME
        for path in self.folder.iterdir():
            if path.is_dir() and path != kept.parent:
                shutil.rmtree(path)
            elif path.is_file():
                path.unlink()
