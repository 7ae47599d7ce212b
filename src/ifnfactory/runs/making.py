"""A run in the making: shards that are written once and for all, until the folder is complete.

It stands beside its place as ``OUT.unfinished`` and takes its name when it is complete. What only
the making needs lies in ``.work``:

    .work/plan.json         what is made: another order must not go on with it
    .work/tasks/KEY.json    a finished task: its files with their hashes, and its facts
    .work/scratch/...       whatever the tasks want to keep until the end
    .work/lock              who writes

A task's files come first and its record last: a task without a record has not been done, and one
whose files do not match their record is done again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.runs.destination import check_store, step_aside
from ifnfactory.runs.manifest import FileRecord
from ifnfactory.runs.port import HALF, PLAN, WORK, Store

SUFFIX: Final = ".unfinished"
TASKS: Final = f"{WORK}tasks/"
SCRATCH: Final = f"{WORK}scratch/"


@dataclass(frozen=True)
class Identity:
    """Everything that determines a run: pairs of a name and a value, and when it was begun.

    Attributes
    ----------
    facts
        Two runs with the same facts have the same tables.
    started
        UTC, ISO 8601.
    """

    facts: tuple[tuple[str, str], ...]
    started: str


@dataclass(frozen=True)
class NewFile:
    """A file as a task made it; `rows` is None for what is no table."""

    name: str
    content: bytes
    rows: int | None


@dataclass(frozen=True)
class Shard:
    """A task that is done.

    Attributes
    ----------
    key
        Hash of everything that determines the task.
    arm, first, patients
        Which patients it treated.
    files
        What it wrote for good, and what only until the end (names in ``.work``).
    facts
        What it found, as text that the room that made it can read.
    """

    key: str
    arm: str
    first: int
    patients: int
    files: tuple[FileRecord, ...]
    facts: str


def digest(content: bytes) -> str:
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def parse_plan(content: bytes) -> Identity:
    """Return what an unfinished run is; raises ValueError if this is no plan."""
    try:
        found: Any = json.loads(content)
        facts = tuple((str(name), str(value)) for name, value in found["facts"])
        return Identity(facts, str(found["started"]))
    except (KeyError, TypeError) as error:
        raise ValueError(f"no plan of a run: {error}") from error


class Making:
    """A run in the making, begun or gone on with; hold its lock while you write.

    Parameters
    ----------
    out
        The run folder to be.
    """

    def __init__(self, out: Store) -> None:
        self.out = out
        self.store = out.beside(SUFFIX)
        self.damaged: tuple[str, ...] = ()
        self._shards: dict[str, Shard] = {}

    def open(self, identity: Identity, resume: bool, overwrite: bool) -> Identity:
        """Begin a run, or go on with the one that is there; return its identity.

        Raises
        ------
        UserInputError
            If there is an unfinished run and nobody said what to do with it, or it is another one.
        """
        there = self._plan()
        if there is not None and not (resume or overwrite):
            raise self._problem(
                f"an unfinished run stands in {self.store.url}",
                "go on with it by --resume, or begin again by --overwrite",
            )
        if there is not None and resume:
            self._refuse_another(there, identity)
            self.store.remove([name for name in self.store.names() if name.endswith(HALF)])
            self._read_shards()
            return there
        if there is not None:
            self.store.remove([name for name in self.store.names() if name != f"{WORK}lock"])
        self.store.write(PLAN, json.dumps(asdict(identity), indent=1).encode())
        return identity

    def done(self, key: str) -> bool:
        """Return whether a task has been done."""
        return key in self._shards

    def shards(self) -> tuple[Shard, ...]:
        """Return what has been done, by first patient."""
        return tuple(sorted(self._shards.values(), key=lambda shard: (shard.first, shard.arm)))

    def add(
        self, key: str, arm: str, first: int, patients: int, files: Sequence[NewFile], facts: str
    ) -> Shard:
        """Write what a task has made; its record, which makes it done, comes last."""
        if key in self._shards:
            return self._shards[key]
        records: list[FileRecord] = []
        for file in files:
            self.store.write(file.name, file.content)
            size, sha256 = len(file.content), digest(file.content)
            records.append(FileRecord(file.name, size, sha256, file.rows))
        shard = Shard(key, arm, first, patients, tuple(records), facts)
        self.store.write(f"{TASKS}{key}.json", json.dumps(asdict(shard)).encode())
        self._shards[key] = shard
        return shard

    def finished(self) -> int:
        """Return how many tasks are done, as the folder has it.

        An interruption may come when a record is written and not yet noted here.
        """
        try:
            names = self.store.names()
        except OSError:  # a disk that is going
            return len(self._shards)
        return sum(name.startswith(TASKS) and name.endswith(".json") for name in names)

    def abandon_if_empty(self) -> None:
        """Leave nothing behind if nothing has been done."""
        if not self.finished():
            self.store.clear()

    def complete(self, overwrite: bool) -> None:
        """Give the folder its name; an older run makes way, and comes back should that fail."""
        check_store(self.out, overwrite)  # again: it may have appeared meanwhile
        with step_aside(self.out):
            self.store.become(self.out)
        self.out.remove([name for name in self.out.names() if name.startswith(WORK)])

    def _plan(self) -> Identity | None:
        try:
            return parse_plan(self.store.read(PLAN))
        except FileNotFoundError:
            strange = [name for name in self.store.names() if not name.startswith(WORK)]
            if strange:
                raise self._problem(
                    f"{self.store.url} holds something else than an unfinished run",
                    "move it away, or choose another --out",
                ) from None
            return None
        except ValueError:
            raise self._problem(
                f"{self.store.url}/{PLAN} cannot be read", "begin again in another --out"
            ) from None

    def _refuse_another(self, there: Identity, wanted: Identity) -> None:
        before, now = dict(there.facts), dict(wanted.facts)
        other = [name for name in now | before if before.get(name) != now.get(name)]
        if other:
            told = ", ".join(
                f"{name} {before.get(name, 'none')}, not {now.get(name, 'none')}" for name in other
            )
            raise self._problem(
                f"the unfinished run in {self.store.url} has {told}",
                "give the same options to --resume it, or --overwrite it",
            )

    def _read_shards(self) -> None:
        """Read the records of finished tasks; those whose files are damaged do not count."""
        names, damaged = set(self.store.names()), list[str]()
        for name in sorted(names):
            if name.startswith(TASKS):
                shard = self._shard(name, names)
                if shard is None:
                    damaged.append(name.removeprefix(TASKS).removesuffix(".json"))
                else:
                    self._shards[shard.key] = shard
        self.damaged = tuple(damaged)

    def _shard(self, name: str, names: set[str]) -> Shard | None:
        with suppress(ValueError, KeyError, TypeError, OSError):
            found: Any = json.loads(self.store.read(name))
            files = tuple(FileRecord(**record) for record in found["files"])
            whole = all(
                record.name in names and digest(self.store.read(record.name)) == record.sha256
                for record in files
            )
            return Shard(**(found | {"files": files})) if whole else None
        return None

    def _problem(self, what: str, fix: str) -> UserInputError:
        return UserInputError([Problem(what, f"--out {self.out.url}", fix)])
