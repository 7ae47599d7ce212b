"""A tissue followed for some time, several times over, so that it can be killed and go on."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.foundation.table import ColumnTable
from ifnfactory.tissue.checkpoint import Checkpoint
from ifnfactory.tissue.columns import columns
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.outcome import Outcome, outcome_of
from ifnfactory.tissue.room import bytes_of_state
from ifnfactory.tissue.sampling import infected_sizes, sample
from ifnfactory.tissue.simulation import Drive, Simulation
from ifnfactory.tissue.sites import Sites
from ifnfactory.tissue.state import State, Status

SAMPLES: Final = 60
"""Samples of the measures over a run, besides the start."""
SNAPSHOTS: Final = 24
"""Most snapshots of a run, besides the start."""
SNAPSHOT_BYTES: Final = 2_000_000_000
"""Most bytes of all snapshots together."""


@dataclass(frozen=True)
class Plan:
    """What is to be followed.

    Attributes
    ----------
    source_text
        Text of the model's file, for the record.
    """

    model: Model
    sites: Sites
    hours: float
    replicates: int
    seed: int
    source_text: str = ""
    drive: Drive | None = None

    @property
    def sample_hours(self) -> tuple[float, ...]:
        """Times of the samples [h], from 0 to the end, at whole steps."""
        step = self.model.macro_step / 60.0
        last = max(1, math.ceil(self.hours / step - 1e-9))
        counts = sorted({round(last * k / SAMPLES) for k in range(SAMPLES + 1)})
        return tuple(count * step for count in counts)

    def snapshots(self, frames: int = SNAPSHOTS) -> tuple[int, ...]:
        """Return the indices of the samples at which everything is kept."""
        fit = int(SNAPSHOT_BYTES // max(1, bytes_of_state(self.model) * self.sites.cells))
        wanted = max(2, min(frames, fit))
        last = len(self.sample_hours) - 1
        return tuple(sorted({round(last * k / wanted) for k in range(wanted + 1)}))

    @property
    def fingerprint(self) -> str:
        """Hash of all that determines the numbers."""
        sites = self.sites
        parts = [
            self.model.fingerprint,
            repr([rate.canonical for rate in self.model.rates]),
            repr([item.value for item in self.model.inputs]),
            repr((sites.shape, sites.torus, self.hours, self.replicates, self.seed)),
        ]
        digest = hashlib.sha256("\n".join(parts).encode())
        digest.update(sites.mask.tobytes() + sites.zone.tobytes())
        if self.drive is not None:
            digest.update(self.drive.hours.tobytes() + self.drive.values.tobytes())
        return digest.hexdigest()[:24]


Keep = Callable[[Checkpoint], None]


@dataclass(frozen=True)
class Course:
    """What was seen.

    Attributes
    ----------
    table
        One row a replicate and sample: `columns.columns` after the replicate.
    statuses
        How each replicate ended.
    last
        The last state of the last replicate.
    cluster_sizes
        Cells of each cluster of infected cells in it.
    """

    plan: Plan
    table: ColumnTable
    statuses: tuple[Status, ...]
    outcomes: tuple[Outcome, ...]
    last: State
    cluster_sizes: NDArray[np.int64]

    @property
    def stopped(self) -> NDArray[np.bool_]:
        """Which replicates did not reach their end, bool (replicates,)."""
        return np.array([status is not Status.COMPLETED for status in self.statuses])

    def sound_samples(self, replicate: int) -> int:
        """Return how many samples of a replicate were taken before anything went wrong."""
        taken = np.count_nonzero(np.asarray(self.table.column("replicate")) == replicate)
        return int(taken) - int(self.stopped[replicate])


def follow(
    plan: Plan,
    threads: int = 1,
    start: Checkpoint | None = None,
    keep: Keep | None = None,
    frames: int = SNAPSHOTS,
    progress: Progress | None = None,
) -> Course:
    """Follow every replicate to its end.

    Parameters
    ----------
    threads
        Results do not depend on it.
    start
        Where an interrupted course stood.
    keep
        Called at the start and at each snapshot of each replicate.
    """
    watcher: Progress = Silent() if progress is None else progress
    hours, marks = plan.sample_hours, set(plan.snapshots(frames))
    watcher.begin(f"{plan.model.name}, {plan.replicates} x {plan.hours:g} h",
                  plan.replicates * len(hours))  # fmt: skip
    rows = [] if start is None else [tuple(row) for row in start.rows.tolist()]
    endings = [] if start is None else [int(value) for value in start.endings]
    watcher.advance(len(rows))
    state: State | None = None
    sizes = np.empty(0, dtype=np.int64)
    first = 0 if start is None else start.replicate
    for replicate in range(first, plan.replicates):
        simulation = _simulation(plan, replicate, threads)
        taken = 0
        if start is not None and replicate == start.replicate:
            state, taken = start.state, start.sampled
        else:
            state = simulation.init()
        status = Status.COMPLETED
        for index in range(taken, len(hours)):
            if index:
                state, info = simulation.advance(state, hours[index])
                status = info.status
            rows.append((float(replicate), *sample(simulation, state)))
            watcher.advance()
            if status is not Status.COMPLETED:
                break
            if keep is not None and index in marks:
                keep(_checkpoint(replicate, index + 1, state, rows, endings))
        endings.append(int(status))
        sizes = infected_sizes(simulation, state)
    watcher.end()
    if state is None:
        raise ValueError("nothing was left to follow")
    table = _table(plan.model, rows)
    statuses = tuple(Status(value) for value in endings)
    outcomes = outcome_of(plan.model, table, statuses)
    return Course(plan, table, statuses, outcomes, state, sizes)


def _simulation(plan: Plan, replicate: int, threads: int) -> Simulation:
    """Return the simulation of a replicate; replicate 0 has the plan's own seed."""
    seed = plan.seed if replicate == 0 else _seed(plan.seed, replicate)
    return Simulation(plan.model, plan.sites, seed, plan.drive, threads)


def _seed(seed: int, replicate: int) -> int:
    digest = hashlib.sha256(f"tissue replicate {seed} {replicate}".encode()).digest()
    return int.from_bytes(digest[:4], "little")


def _checkpoint(
    replicate: int,
    sampled: int,
    state: State,
    rows: list[tuple[float, ...]],
    endings: list[int],
) -> Checkpoint:
    table, ended = np.array(rows, dtype=np.float64), np.array(endings, dtype=np.int64)
    return Checkpoint(replicate, sampled, state, table, ended)


def _table(model: Model, rows: list[tuple[float, ...]]) -> ColumnTable:
    told = columns(model)
    values = np.array(rows, dtype=np.float64)
    numbers = tuple(values[:, k] for k in range(1, values.shape[1]))
    replicate = values[:, 0].astype(np.int64)
    return ColumnTable(
        ("replicate", *told.names), ("", *told.units), (replicate, *numbers)
    )  # fmt: skip
