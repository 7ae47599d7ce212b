"""The runs that stand in some places, finished and unfinished, in one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ifnfactory.foundation.progress import Progress
from ifnfactory.runs.find import Found, FoundRun, FoundUnfinished, look

State = Literal["finished", "unfinished"]


@dataclass(frozen=True)
class Entry:
    """A run; what an unfinished one does not know is empty.

    Attributes
    ----------
    path
        Path or URL.
    patients
        Of all arms.
    started
        UTC, ISO 8601.
    bytes
        Of all its files.
    tasks
        Finished tasks.
    """

    path: str
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


def list_runs(
    places: Sequence[str], filters: Filters | None = None, progress: Progress | None = None
) -> tuple[Entry, ...]:
    """Return the runs at and below some places, the latest last.

    Raises
    ------
    UserInputError
        If a place does not exist.
    """
    wanted = filters or Filters()
    entries = (entry for entry in map(_entry, look(places, progress)) if wanted.match(entry))
    return tuple(sorted(entries, key=lambda entry: (entry.started, entry.path)))


def _entry(run: Found) -> Entry:
    return _finished(run) if isinstance(run, FoundRun) else _unfinished(run)


def _finished(run: FoundRun) -> Entry:
    found = run.manifest
    files: list[Any] = found.get("files", [])
    return Entry(
        path=run.name,
        state="finished",
        kind=str(found.get("kind", "")),
        trial=str(found.get("trial", "")),
        seed=found.get("seed"),
        patients=sum(found.get("patients", {}).values()),
        parameter_set=str(found.get("parameter_set", "")),
        version=str(found.get("version", "")),
        started=str(found.get("started", "")),
        bytes=sum(int(file.get("bytes", 0)) for file in files if isinstance(file, dict)),
        tasks=len(found.get("tasks", [])),
    )


def _unfinished(run: FoundUnfinished) -> Entry:
    facts = dict(run.plan.facts)
    seed = facts.get("seed", "")
    patients = facts.get("patients of all arms", facts.get("patients", "0"))
    return Entry(
        path=run.name,
        state="unfinished",
        kind=facts.get("kind", "trial"),
        trial=facts.get("trial", ""),
        seed=int(seed) if seed.lstrip("-").isdecimal() else None,
        patients=int(patients) if patients.isdecimal() else 0,
        parameter_set=facts.get("parameter_set", ""),
        version="",
        started=run.plan.started,
        bytes=run.store.bytes(),
        tasks=run.tasks(),
    )
