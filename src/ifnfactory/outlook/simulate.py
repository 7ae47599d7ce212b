"""Following people: the compiled kernel on threads, and what comes out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.outlook.people import People
from ifnfactory.outlook.rates import Rates
from ifnfactory.outlook.states import EVENTS, STAGES, STATES, Event, State

BLOCK: Final = 8192
"""People whom a thread takes at a time."""

_Counts = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class Course:
    """What became of the people.

    Attributes
    ----------
    counts
        Shape (groups, months + 1, states): people in each `State` at the start of each month.
    stages
        Shape (groups, months + 1, stages): of these, people without cirrhosis at F0 to F3.
    events
        Shape (groups, months, events): what happened in each month, by `Event`.
    firsts
        Shape (people, events): month of each person's first event of a kind, -1 where never.
    phase, liver, stage
        Shape (people,): codes at the end.
    treated_from
        Shape (people,): month from which the person was treated, -1 where never.
    group
        Shape (people,): as in `People`.
    """

    counts: NDArray[np.int64]
    stages: NDArray[np.int64]
    events: NDArray[np.int64]
    firsts: NDArray[np.int16]
    phase: NDArray[np.int8]
    liver: NDArray[np.int8]
    stage: NDArray[np.int8]
    treated_from: NDArray[np.int16]
    group: NDArray[np.int8]

    @property
    def months(self) -> int:
        """Months followed."""
        return int(self.events.shape[1])

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Shape (groups,): people in each group."""
        return self.counts[:, 0, :].sum(axis=1)

    def incidence(self, events: Sequence[Event]) -> NDArray[np.float64]:
        """Return the cumulative incidence of the first of `events`, deaths competing.

        Nobody is lost to follow-up, so the estimate that allows for competing risks is the share
        of everybody whom it has happened to.

        Returns
        -------
        ndarray
            Shape (groups, months + 1).
        """
        month = self.first_of(events)
        groups = self.counts.shape[0]
        found = np.zeros((groups, self.months + 1))
        for group in range(groups):
            own = month[(self.group == group) & (month >= 0)]
            found[group, 1:] = np.cumsum(np.bincount(own, minlength=self.months))
        return found / np.maximum(self.sizes, 1)[:, None]

    def first_of(self, events: Sequence[Event]) -> NDArray[np.int64]:
        """Return each person's month of the first of `events`, -1 where never; shape (people,)."""
        return first_of(self.firsts, events)

    def survival(self) -> NDArray[np.float64]:
        """Return the share that is alive, shape (groups, months + 1)."""
        dead = self.counts[:, :, State.LIVER_DEATH :].sum(axis=2)
        return 1.0 - dead / np.maximum(self.sizes, 1)[:, None]


def first_of(firsts: NDArray[np.int16], events: Sequence[Event]) -> NDArray[np.int64]:
    """Return each person's month of the first of `events`, -1 where never; shape (people,).

    Parameters
    ----------
    firsts
        Shape (people, events), as in `Course`.
    """
    never = np.iinfo(np.int64).max
    month = firsts[:, [int(event) for event in events]].astype(np.int64)
    month[month < 0] = never
    first = month.min(axis=1)
    first[first == never] = -1
    return first


class Follower(Protocol):
    """Anything that follows people: the compiled kernel or the reference."""

    def __call__(self, people: People, rates: Rates, months: int, seed: int) -> Course:
        """Follow `people` for `months` months."""
        ...


def follow(
    people: People,
    rates: Rates,
    months: int,
    seed: int,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Course:
    """Follow people with the compiled kernel.

    Parameters
    ----------
    people
        Whom to follow.
    rates
        The world they live in.
    months
        For how long.
    seed
        Of the random numbers; the same for the same result, with any number of threads.
    threads
        One for each core if not given.
    progress
        Told of every block.
    """
    from ifnfactory.outlook.kernel import advance  # noqa: PLC0415 -- Numba is heavy

    n, groups = len(people), people.groups
    firsts = np.full((n, EVENTS), -1, dtype=np.int16)
    phase, liver, stage = (np.zeros(n, dtype=np.int8) for _ in range(3))
    treated_from = np.full(n, -1, dtype=np.int16)
    columns = (
        people.key, people.group, people.age_months, people.male, people.phase, people.liver,
        people.stage, people.treated, people.dna_rank, people.hbsag_rank, people.hcc_ratio,
        people.alt_ratio, people.anti_hbs, people.treat_month, people.cure_month,
        people.cure_chance,
    )  # fmt: skip

    def empty() -> _Counts:
        return (
            np.zeros((groups, months + 1, STATES), dtype=np.int64),
            np.zeros((groups, months + 1, STAGES), dtype=np.int64),
            np.zeros((groups, months, EVENTS), dtype=np.int64),
        )

    def block(start: int) -> _Counts:
        found = empty()
        advance(
            rates, seed, start, min(start + BLOCK, n), months, *columns,
            *found, firsts, phase, liver, stage, treated_from,
        )  # fmt: skip
        return found

    watcher = progress or Silent()
    watcher.begin(f"Following {n:,} people", -(-n // BLOCK))
    counts, stages, events = empty()
    for more_counts, more_stages, more_events in _each(block, range(0, n, BLOCK), threads):
        counts += more_counts
        stages += more_stages
        events += more_events
        watcher.advance()
    watcher.end()
    return Course(counts, stages, events, firsts, phase, liver, stage, treated_from, people.group)


def _each(
    block: Callable[[int], _Counts], starts: Sequence[int], threads: int | None
) -> Iterator[_Counts]:
    """Yield what each block gives, in order; one block alone needs no threads."""
    workers = min(threads or os.cpu_count() or 1, len(starts))
    if workers <= 1:
        yield from map(block, starts)
        return
    with ThreadPoolExecutor(max_workers=workers) as pool:
        yield from pool.map(block, starts)
