"""How far the parameters leave a run's endpoints open: each vector is a task, kept when done."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.progress import Progress
from ifnfactory.population.release import Population
from ifnfactory.population.released import load_release
from ifnfactory.runs.executor import Executor
from ifnfactory.runs.making import SCRATCH
from ifnfactory.runs.store import Store
from ifnfactory.study.order import Order, hash_of
from ifnfactory.study.tasks import simulator_here
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.uncertainty import (
    Estimate,
    estimates_of,
    patients_of_a_vector,
    with_parameter_ranges,
)


@dataclass(frozen=True)
class VectorTask:
    """A trial to be done under one parameter vector of the released ensemble.

    Attributes
    ----------
    index, parameter_set
        Which vector, and the fingerprint of the population that it makes.
    block
        Patients that are held at a time.
    """

    index: int
    parameter_set: str
    protocol: Protocol
    patients: int
    seed: int
    block: int
    threads: int | None


def ranged(
    result: TrialResult,
    order: Order,
    executor: Executor,
    threads: int | None,
    making: Store | None,
    progress: Progress,
) -> TrialResult:
    """Return the result with the ranges over the released ensemble.

    Parameters
    ----------
    executor
        Does the vectors; it has been started.
    threads
        Of each vector.
    making
        The run in the making, which keeps every vector that is done; None where there is none.
    """
    members, few = _members(), patients_of_a_vector(order.patients)
    found: dict[int, list[Estimate]] = {}
    if making is not None:
        found = {i: kept for i in range(len(members)) if (kept := _kept(making, i)) is not None}
    tasks = (
        VectorTask(
            index, population.fingerprint, order.protocol, few, order.seed, order.block, threads
        )
        for index, (_, population) in enumerate(members)
        if index not in found
    )
    progress.begin(f"{len(members)} parameter vectors", len(members) * few)
    progress.advance(len(found) * few)
    for task, estimates in executor.answers(estimate, tasks):
        found[task.index] = estimates
        if making is not None:
            text = json.dumps(estimates)
            making.write(_name(task.index), json.dumps([hash_of(text), text]).encode())
        progress.advance(few)
    progress.end()
    weights = [weight for weight, _ in members]
    return with_parameter_ranges(result, weights, [found[i] for i in range(len(members))])


def estimate(task: VectorTask) -> list[Estimate]:
    """Do a task.

    Raises
    ------
    UserInputError
        If this process has another ensemble than the one that gave the task.
    """
    population = _members()[task.index][1]
    if population.fingerprint != task.parameter_set:
        what = f"a worker has vector {population.fingerprint}, not {task.parameter_set}"
        fix = "install the same version of ifnfactory on every worker"
        raise UserInputError([Problem(what, "--scheduler", fix)])
    simulator = replace(simulator_here(task.threads), population=population)
    return estimates_of(simulator, task.protocol, task.patients, task.seed, task.block)


@lru_cache(maxsize=1)
def _members() -> tuple[tuple[float, Population], ...]:
    return load_release().ensemble()


def _name(index: int) -> str:
    return f"{SCRATCH}ensemble/{index:04d}.json"


def _kept(making: Store, index: int) -> list[Estimate] | None:
    """Return the estimates of a vector that is done; None where there are none, or damaged ones."""
    try:
        digest, text = json.loads(making.read(_name(index)))
        found: list[Any] = json.loads(text)
    except (OSError, ValueError, TypeError):
        return None
    return [tuple(each) for each in found] if hash_of(text) == digest else None
