"""Replicated trials carried out: batches to an executor, each kept as soon as it is done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from ifnfactory.design.boundaries import Plan
from ifnfactory.design.ensemble import Ensemble
from ifnfactory.design.outcomes import Batch, BatchOutcomes, Carry, Floats, Work
from ifnfactory.design.question import Question
from ifnfactory.design.replicate import Replication, replicate
from ifnfactory.design.stopping import RuleShare
from ifnfactory.foundation.progress import Progress
from ifnfactory.foundation.records import pack, unpack
from ifnfactory.report.replication import replication_contents
from ifnfactory.runs.destination import check_store
from ifnfactory.runs.executor import Executor
from ifnfactory.runs.folder import write_contents
from ifnfactory.runs.lock import Lock
from ifnfactory.runs.making import SCRATCH, Identity, Making, NewFile
from ifnfactory.runs.store import Store
from ifnfactory.study.manner import Manner, speaking
from ifnfactory.study.order import hash_of, program_facts
from ifnfactory.trial.run import Simulator


@dataclass(frozen=True)
class ReplicationOrder:
    """Replicated trials that somebody wants; see `design.replicate.replicate`."""

    simulator: Simulator
    question: Question
    plan: Plan
    ensemble: Ensemble
    replicates: int
    seed: int

    def identity(self, started: str) -> Identity:
        """Return everything that determines the numbers."""
        question, population = self.question, self.simulator.population
        weights = [str(weight) for weight in self.ensemble.weights]
        vectors = [*weights, *(each.fingerprint for each in self.ensemble.populations)]
        return Identity(
            facts=(
                ("kind", "replication"),
                ("trial", question.protocol.name),
                ("protocol", hash_of(question.protocol.source_text)),
                ("arms", f"{question.treatment.name},{question.control.name}"),
                ("endpoint", f"{question.endpoint.name} in week {question.week:g}"),
                ("n", ",".join(map(str, question.sizes))),
                ("patients", str(self.replicates * sum(question.sizes))),
                ("replicates", str(self.replicates)),
                ("seed", str(self.seed)),
                ("boundary", f"{self.plan.name} {_numbers(self.plan)}"),
                ("ensemble", hash_of(" ".join(vectors))),
                *program_facts(population, "design"),
            ),
            started=started,
        )


def run_replication(
    order: ReplicationOrder,
    out: Store | None,
    executor: Executor,
    manner: Manner,
    progress: Progress,
) -> Replication:
    """Replicate a trial: into a run folder, or in memory where nobody wants one.

    Raises
    ------
    UserInputError
        If the folder must not or cannot be written.
    KeptError
        If it was interrupted: the batches that are finished are kept.
    """
    if out is None:
        with executor:
            return _replicated(order, progress, executor.answers)
    check_store(out, manner.overwrite)
    making = Making(out)
    with speaking(making), executor, ExitStack() as held:
        lock = held.enter_context(Lock(making.store))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        identity = making.open(order.identity(now), manner.resume, manner.overwrite)
        try:
            found = _replicated(order, progress, _Keeping(making, identity, executor, lock).carry)
        except BaseException:
            making.abandon_if_empty()
            raise
        progress.begin("writing the report", 0)
        manifest, tables, documents = replication_contents(found, identity.started, manner.command)
        write_contents(making.store, manifest, tables, documents)
        making.complete(manner.overwrite)
        progress.end()
    return found


def _replicated(order: ReplicationOrder, progress: Progress, carry: Carry) -> Replication:
    return replicate(
        order.simulator, order.question, order.plan, order.ensemble, order.replicates, order.seed,
        progress, carry,
    )  # fmt: skip


def _numbers(plan: Plan) -> str:
    columns = (plan.information, plan.critical, plan.futility)
    return hash_of(json.dumps([plan.alpha, *(column.tolist() for column in columns)]))[:16]


@dataclass(frozen=True)
class _Kept:
    """A batch as it is kept: arrays, and the rules as JSON."""

    treatment: Floats
    control: Floats
    without_effect: Floats
    rules: str
    failed: int


class _Keeping:
    """Has batches done that are not done yet, and keeps each."""

    def __init__(self, making: Making, identity: Identity, executor: Executor, lock: Lock) -> None:
        self._making, self._identity = making, identity
        self._executor, self._lock = executor, lock

    def carry(self, work: Work, batches: Iterable[Batch]) -> Iterator[tuple[Batch, BatchOutcomes]]:
        """Give every batch with what was found: first those that are kept."""
        left: list[Batch] = []
        for batch in batches:
            if self._making.done(self._key(batch)):
                content = self._making.store.read(self._name(batch))
                yield batch, _unpacked(unpack(_Kept, content))
            else:
                left.append(batch)
        for batch, found in self._executor.answers(work, left):
            rules = json.dumps([asdict(rule) for rule in found.rules])
            kept = _Kept(found.treatment, found.control, found.without_effect, rules, found.failed)
            file = NewFile(self._name(batch), pack(kept), None)
            self._making.add(
                self._key(batch), f"{batch.stage} {batch.member}", batch.number,
                len(batch.replicates), [file], "",
            )  # fmt: skip
            self._lock.renew()
            yield batch, found

    def _key(self, batch: Batch) -> str:
        return hash_of(json.dumps([self._identity.facts, asdict(batch)]))

    @staticmethod
    def _name(batch: Batch) -> str:
        return f"{SCRATCH}{batch.stage}/{batch.member:04d}_{batch.number:06d}.npz"


def _unpacked(kept: _Kept) -> BatchOutcomes:
    rules = tuple(RuleShare(**rule) for rule in json.loads(kept.rules))
    return BatchOutcomes(kept.treatment, kept.control, kept.without_effect, rules, int(kept.failed))
