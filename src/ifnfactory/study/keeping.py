"""What a repetition has compared, kept in the user's cache until it is done.

A repetition writes no run folder, and the run that it repeats may be somebody else's. So that an
interruption loses nothing, each task leaves its facts and what was found in
``~/.cache/ifnfactory/repeats`` (or what the system has for it), under the hash of the run, the
program and the machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from ifnfactory.foundation.errors import Problem
from ifnfactory.foundation.kernel_cache import cache_home
from ifnfactory.foundation.provenance import platform_record
from ifnfactory.runs.making import Identity
from ifnfactory.runs.manifest_file import ManifestFile
from ifnfactory.runs.store import Store
from ifnfactory.study.agreement import Compared, Difference
from ifnfactory.study.kept import Kept
from ifnfactory.study.order import hash_of
from ifnfactory.study.tasks import TrialTask

FOLDER: Final = "repeats"
_BUSY: Final = Problem("another process is repeating this run", "repeat", "wait until it is done")


def repeats_folder() -> Path:
    """Return where unfinished repetitions stand."""
    return cache_home() / FOLDER


class Keeping:
    """Keeps what a repetition has compared; use it as a context.

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
        place = repeats_folder() / hash_of(json.dumps(there))[:20]
        self._kept = Kept(place, identity, _BUSY)

    def __enter__(self) -> Keeping:
        self._kept.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._kept.__exit__(kind, error, traceback)

    @property
    def store(self) -> Store | None:
        """Where the rest may be kept, too; None where nothing can be."""
        making = self._kept.making
        return None if making is None else making.store

    @property
    def patients(self) -> int:
        """Patients, over all arms, of the tasks that are done."""
        making = self._kept.making
        return sum(shard.patients for shard in making.shards()) if making else 0

    @property
    def done(self) -> Callable[[str], bool]:
        """Whether a task is done, by its key."""
        making = self._kept.making
        return making.done if making else (lambda _: False)

    def kept(self) -> Iterator[tuple[str, Compared, str]]:
        """Give arm, what was found, and facts of each task that is done."""
        making = self._kept.making
        for shard in making.shards() if making else ():
            found: Any = json.loads(shard.facts)
            differences = tuple(Difference(**each) for each in found["differences"])
            yield (
                shard.arm,
                Compared(tuple(found["names"]), int(found["rows"]), differences),
                str(found["facts"]),
            )

    def add(self, task: TrialTask, compared: Compared, facts: str) -> None:
        """Keep what a task has found."""
        text = json.dumps(asdict(compared) | {"facts": facts})
        self._kept.add(task.key, task.arm, task.first, task.patients, (), text)

    def forget(self) -> None:
        """Throw everything away: it is done, or there is nothing."""
        self._kept.forget()
