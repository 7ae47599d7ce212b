"""A run that was interrupted, beside the place where its folder will be.

A checkpoint is written to a file of another name, flushed and renamed: at any moment there is the
older one or the newer one, complete.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Final, cast
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import Problem, UserInputError

Arrays = dict[str, NDArray[Any]]

_CHECKPOINT: Final = "checkpoint.npz"
_ASKED: Final = "request.txt"


class Unfinished:
    """The folder of a run in the making.

    Parameters
    ----------
    out
        The run folder to be.
    request
        Hash of all that determines the numbers: another request does not go on from here.
    """

    def __init__(self, out: Path, request: str) -> None:
        self.folder = out.absolute().parent / f".{out.name}.unfinished"
        self._request = request

    def begin(self, anew: bool) -> Arrays | None:
        """Return the arrays to go on from, or None for a fresh start.

        Parameters
        ----------
        anew
            Throw away the run of another request; one of the same request goes on even so.

        Raises
        ------
        UserInputError
            If the run that waits there was asked for differently, and not `anew`.
        """
        asked = self.folder / _ASKED
        other = asked.is_file() and asked.read_text(encoding="utf-8") != self._request
        if other and anew:
            self.remove()
        elif other:
            told = f"an unfinished run of another request or version waits in {self.folder}"
            fix = "give its own command to finish it, or --overwrite to start anew"
            raise UserInputError([Problem(told, "--out", fix)])
        self.folder.mkdir(parents=True, exist_ok=True)
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
        with making.open("wb") as file:
            np.savez(file, **cast(Any, arrays))
            file.flush()
            os.fsync(file.fileno())
        making.replace(self.folder / _CHECKPOINT)

    def remove(self) -> None:
        """Throw everything away."""
        shutil.rmtree(self.folder, ignore_errors=True)
