"""What a repetition has compared, kept in the user's cache until it is done.

A repetition writes no run folder, and the run that it repeats may be somebody else's. So that an
interruption loses nothing, each task leaves its facts and what was found in
``~/.cache/ifnfactory/repeats`` (or what the system has for it), under the hash of the run, the
program and the machine: the same command finds them there, and no other.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import platformdirs

from ifnfactory.engine.kernel import CACHE_VARIABLE
from ifnfactory.foundation.errors import KeptError, Problem, UserInputError
from ifnfactory.foundation.provenance import platform_record
from ifnfactory.runs.lock import Lock
from ifnfactory.runs.making import Identity, Making
from ifnfactory.runs.manifest_file import ManifestFile
from ifnfactory.runs.store import LocalStore, Store
from ifnfactory.study.agreement import Compared, Difference
from ifnfactory.study.order import hash_of
from ifnfactory.study.tasks import TrialTask

FOLDER: Final = "repeats"


def repeats_folder() -> Path:
    """Return where unfinished repetitions stand."""
    override = os.environ.get(CACHE_VARIABLE)
    home = Path(override) if override else Path(platformdirs.user_cache_dir("ifnfactory"))
    return home / FOLDER


class Keeping:
    """Keeps what a repetition has compared; use it as a context.

    Where the cache cannot be written the repetition goes on, and an interruption loses it.

    Parameters
    ----------
    identity
        What this program would run.
    manifest
        The run that is repeated.

    Raises
    ------
    UserInputError
        On entering, if another process repeats the same run.
    KeptError
        On leaving, if it was interrupted.
    """

    def __init__(self, identity: Identity, manifest: ManifestFile) -> None:
        there = [list(identity.facts), platform_record(), manifest.model_dump(mode="json")]
        self._place = repeats_folder() / hash_of(json.dumps(there))[:20]
        self._identity = identity
        self._making: Making | None = None
        self._held = ExitStack()

    def __enter__(self) -> Keeping:
        making = Making(LocalStore(self._place))
        try:
            self._held.enter_context(Lock(making.store))
        except UserInputError:
            fix = "wait until it is done"
            problem = Problem("another process is repeating this run", "repeat", fix)
            raise UserInputError([problem]) from None
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
        making = self._making
        if making is not None and kind is not None and not making.finished():
            self.forget()
        self._held.close()
        if isinstance(error, KeyboardInterrupt):
            raise KeptError(f"interrupted: {self._told()}") from None

    @property
    def store(self) -> Store | None:
        """Where the rest may be kept, too; None where nothing can be."""
        return None if self._making is None else self._making.store

    @property
    def patients(self) -> int:
        """Patients, over all arms, of the tasks that are done."""
        return sum(shard.patients for shard in self._making.shards()) if self._making else 0

    @property
    def done(self) -> Callable[[str], bool]:
        """Whether a task is done, by its key."""
        return self._making.done if self._making else (lambda _: False)

    def kept(self) -> Iterator[tuple[str, Compared, str]]:
        """Give arm, what was found, and facts of each task that is done."""
        for shard in self._making.shards() if self._making else ():
            found: Any = json.loads(shard.facts)
            differences = tuple(Difference(**each) for each in found["differences"])
            yield (
                shard.arm,
                Compared(tuple(found["names"]), int(found["rows"]), differences),
                str(found["facts"]),
            )

    def add(self, task: TrialTask, compared: Compared, facts: str) -> None:
        """Keep what a task has found."""
        if self._making is not None:
            text = json.dumps(asdict(compared) | {"facts": facts})
            try:
                self._making.add(task.key, task.arm, task.first, task.patients, (), text)
            except OSError:  # a full disk is no reason to stop
                self._making = None

    def forget(self) -> None:
        """Throw everything away: it is done, or there is nothing."""
        if self._making is not None:
            self._making.store.clear()
            self._making = None

    def _told(self) -> str:
        done = self._making.finished() if self._making else 0
        if not self._making or not done:
            return "nothing was finished that could be kept"
        tasks = "task is" if done == 1 else "tasks are"
        where = self._making.store.url
        return f"{done:,} finished {tasks} kept in {where} — go on with the same command"
