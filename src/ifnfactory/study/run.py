"""Carry out an order: tasks to an executor, answers into a run folder that survives anything."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import UTC, datetime

from ifnfactory.foundation.progress import Progress
from ifnfactory.runs.destination import check_store
from ifnfactory.runs.executor import Executor
from ifnfactory.runs.lock import Lock
from ifnfactory.runs.making import Making
from ifnfactory.runs.store import Store
from ifnfactory.study.finish import Circumstances, result_of, write_ending
from ifnfactory.study.manner import Manner, speaking
from ifnfactory.study.order import Order
from ifnfactory.study.ranges import ranged
from ifnfactory.study.tasks import Planner, treat
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.run import open_simulator


def run_study(
    order: Order, out: Store, executor: Executor, manner: Manner, progress: Progress
) -> TrialResult:
    """Run a trial into a run folder.

    Returns
    -------
    TrialResult
        Its rows count all patients; its arms hold no more than the report's sample of them.

    Raises
    ------
    UserInputError
        If the folder must not or cannot be written, or a worker cannot work.
    KeptError
        If it was interrupted: what is finished is kept.
    """
    check_store(out, manner.overwrite)
    began, making = time.perf_counter(), Making(out)
    with speaking(making), executor, ExitStack() as held:
        simulator = open_simulator(manner.threads, progress)  # while workers start
        lock = held.enter_context(Lock(making.store))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        identity = making.open(
            order.identity(simulator.population, now), manner.resume, manner.overwrite
        )
        threads = 1 if executor.remote else manner.threads
        planner = Planner(order, identity, simulator, threads)
        _do(order, executor, planner, making, lock, progress)
        how = Circumstances(manner.command, identity.started, time.perf_counter() - began)
        result = result_of(order, making, simulator.population, planner.streams, how)
        if order.ensemble:
            result = ranged(result, order, executor, threads, making.store, progress)
        write_ending(result, making, how, progress)
        progress.begin("completing the run folder", 0)
        making.complete(manner.overwrite)
        progress.end()
    return result


def _do(
    order: Order,
    executor: Executor,
    planner: Planner,
    making: Making,
    lock: Lock,
    progress: Progress,
) -> None:
    """Have all tasks done that are not, and keep each answer at once."""
    try:
        progress.begin("treating patients", order.patients * len(order.protocol.arms))
        progress.advance(sum(shard.patients for shard in making.shards()))
        for task, answer in executor.answers(treat, planner.tasks(making.done)):
            making.add(task.key, task.arm, task.first, task.patients, answer.files, answer.facts)
            lock.renew()
            progress.advance(task.patients)
        progress.end()
    except BaseException:
        making.abandon_if_empty()
        raise
