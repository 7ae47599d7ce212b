"""A trial cut into tasks, each of which treats a block of patients in one arm.

A task can be done anywhere: it carries where the random streams stand, draws its patients from
there and treats them. Tasks of the same block meet the same patients; who does several of them
draws once.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from ifnfactory.engine.status import Status
from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.progress import Silent
from ifnfactory.foundation.records import pack
from ifnfactory.foundation.streams import Position, Streams
from ifnfactory.report.tables import patients_table, visits_table
from ifnfactory.runs.layout import block_name, part_name
from ifnfactory.runs.making import SCRATCH, Identity, NewFile
from ifnfactory.runs.port import WORK
from ifnfactory.runs.tables import to_parquet
from ifnfactory.study.order import Order, program_facts, task_key
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.result import ArmOutcome
from ifnfactory.trial.rows import tallies
from ifnfactory.trial.run import Cohort, Simulator, count_status, open_simulator
from ifnfactory.trial.tally import Tally

SAMPLE: Final = 20_000
"""Patients of an arm from whom the report draws its curves; its tables count everybody."""
_KEPT: Final = 4
"""Blocks of patients that a process keeps for the tasks of the other arms."""


@dataclass(frozen=True)
class TrialTask:
    """A block of patients to be treated in an arm.

    Attributes
    ----------
    key
        Hash of everything that determines the task.
    program
        What the process that does it has to compute with.
    positions
        Where the random streams stand before the first patient.
    threads
        How many the task may use.
    """

    key: str
    program: tuple[tuple[str, str], ...]
    protocol: Protocol
    arm: str
    first: int
    patients: int
    seed: int
    positions: tuple[Position, ...]
    threads: int | None


@dataclass(frozen=True)
class Answer:
    """What a task has made."""

    files: tuple[NewFile, ...]
    facts: str


@dataclass(frozen=True)
class Facts:
    """What a task has found: patients by status, and tallies of the endpoints."""

    status: tuple[tuple[str, int], ...]
    tallies: tuple[Tally, ...]

    def to_text(self) -> str:
        """Return the facts as JSON."""
        tallied = [list(vars(each).values()) for each in self.tallies]
        return json.dumps({"status": self.status, "tallies": tallied})

    @staticmethod
    def of_text(text: str) -> Facts:
        """Return the facts that `to_text` wrote."""
        found: Any = json.loads(text)
        status = tuple((str(word), int(number)) for word, number in found["status"])
        return Facts(status, tuple(Tally(*each) for each in found["tallies"]))


class Planner:
    """Cuts an order into tasks; `streams` are behind the patients whose tasks were given.

    Parameters
    ----------
    threads
        For each task.
    """

    def __init__(
        self, order: Order, identity: Identity, simulator: Simulator, threads: int | None
    ) -> None:
        self.streams = Streams(order.seed)
        self._order, self._identity, self._simulator = order, identity, simulator
        self._threads = threads

    def tasks(self, done: Callable[[str], bool]) -> Iterator[TrialTask]:
        """Give the tasks that are not yet done, block after block, each in all arms."""
        order, program = self._order, program_facts(self._simulator.population)
        for first in range(0, order.patients, order.block):
            patients = min(order.block, order.patients - first)
            there = self.streams.positions()
            cohort = self._simulator.gather(order.protocol, patients, self.streams, first)
            for arm in order.protocol.arms:
                key = task_key(self._identity, arm.name, first, patients)
                if not done(key):
                    task = TrialTask(
                        key, program, order.protocol, arm.name, first, patients, order.seed, there,
                        self._threads,
                    )  # fmt: skip
                    _cohorts.put(task, cohort)
                    yield task


def treat(task: TrialTask) -> Answer:
    """Do a task.

    Raises
    ------
    UserInputError
        If this process computes with something else than the one that gave the task.
    """
    simulator = simulator_here(task.threads)
    _refuse_another_program(task, simulator)
    cohort = _cohorts.get(task, simulator)
    outcome = simulator.treat(task.protocol, task.protocol.arm(task.arm), cohort, Silent())
    return answer_of(task.protocol, outcome, task.first)


def answer_of(protocol: Protocol, outcome: ArmOutcome, first: int) -> Answer:
    """Return the files of a block of an arm's patients, and what was found."""
    name = block_name(first)
    people = patients_table(outcome, protocol.laboratory)
    visits = visits_table(outcome, protocol.laboratory)
    files = [
        NewFile(part_name("patients", outcome.arm, name), to_parquet(people), people.rows),
        NewFile(part_name("visits", outcome.arm, name), to_parquet(visits), visits.rows),
    ]
    if first < SAMPLE:
        sample = outcome.rows(slice(0, SAMPLE - first))
        files.append(NewFile(scratch_name(outcome.arm, first), pack(sample), None))
    facts = Facts(count_status([outcome.status]), tallies(protocol, outcome))
    return Answer(tuple(files), facts.to_text())


def scratch_name(arm: str, first: int) -> str:
    """Return the name of the file that keeps a block for the report."""
    return f"{SCRATCH}{arm}/{block_name(first)}.npz"


def is_kept(name: str) -> bool:
    """Return whether a file of a task stays in the run folder."""
    return not name.startswith(WORK)


class _Cohorts:
    """The last few blocks of patients that this process has drawn."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Cohort] = OrderedDict()
        self._lock = Lock()

    def get(self, task: TrialTask, simulator: Simulator) -> Cohort:
        """Return the patients of a task."""
        with self._lock:
            found = self._kept.get(self._name(task))
            if found is None:
                streams = Streams(task.seed, task.positions)
                found = simulator.gather(task.protocol, task.patients, streams, task.first)
                self._put(task, found)
            return found

    def put(self, task: TrialTask, cohort: Cohort) -> None:
        """Keep the patients of a task."""
        with self._lock:
            self._put(task, cohort)

    def _put(self, task: TrialTask, cohort: Cohort) -> None:
        self._kept[self._name(task)] = cohort
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    @staticmethod
    def _name(task: TrialTask) -> tuple[object, ...]:
        return (task.program, task.protocol.source_text, task.seed, task.first, task.patients)


_cohorts: Final = _Cohorts()


@lru_cache(maxsize=2)
def simulator_here(threads: int | None) -> Simulator:
    """Return the compiled model of this process, for tasks of so many threads."""
    return open_simulator(threads)


def _refuse_another_program(task: TrialTask, simulator: Simulator) -> None:
    here = dict(program_facts(simulator.population))
    other = [(name, value) for name, value in task.program if here.get(name) != value]
    if other:
        problems: Sequence[Problem] = [
            Problem(
                f"a worker has {name} {here.get(name)}, not {value}",
                "--scheduler",
                "install the same version of ifnfactory and its libraries on every worker",
            )
            for name, value in other
        ]
        raise UserInputError(problems)


def total_status(facts: Sequence[Facts]) -> tuple[tuple[str, int], ...]:
    """Return patients by status, over all tasks."""
    every = [dict(each.status) for each in facts]
    return tuple((s.word, sum(each.get(s.word, 0) for each in every)) for s in Status)
