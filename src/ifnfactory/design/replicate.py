"""Replicated trials: what a planned trial would find, if it were done again and again."""

from __future__ import annotations

import math
import time
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.design.boundaries import Plan
from ifnfactory.design.ensemble import Ensemble, single
from ifnfactory.design.operating import (
    Characteristics,
    Rate,
    characteristics,
    clustered_rate,
    rate,
    stops,
)
from ifnfactory.design.outcomes import Carry, Outcomes, one_by_one, simulate
from ifnfactory.design.question import Question
from ifnfactory.design.statistic import Tested, looks_at
from ifnfactory.design.stopping import RuleShare
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.foundation.provenance import versions
from ifnfactory.foundation.streams import stream
from ifnfactory.trial.run import Simulator

Floats = NDArray[np.float64]

SHUFFLES: Final = 20
"""Each trial without effect is re-randomised so many times: patients of both arms come from one
population under one regimen, so that every allocation of them is as good a trial."""
ONE_VECTOR: Final = (
    "the population has one parameter vector: the uncertainty of the parameters is not in the "
    "assurance"
)


@dataclass(frozen=True)
class MemberPower:
    """One parameter vector: its weight, replicates, power and mean effect."""

    weight: float
    replicates: int
    power: float
    effect: float


@dataclass(frozen=True)
class Replication:
    """What replicated trials found.

    Attributes
    ----------
    tested
        Statistics in favour of the treatment (above 0: better) and effects (treatment minus
        control, in `Question.unit`), shape (replicates, looks).
    no_effect
        The same of trials without effect.
    effect
        Mean of the final effects, and their 2.5, 25, 50, 75 and 97.5 % quantiles.
    arms
        Mean outcome of the treatment and the control arm, in percent or the endpoint's unit.
    plan_behaviour, null_behaviour
        With the effect of the model, and without effect (as simulated, not re-randomised).
    type_1_error
        Trials without effect that claim one; see `SHUFFLES`. Nobody is made to stop for futility,
        so nothing is given up here.
    assurance
        Trials that claim a difference, spread over the ensemble's parameter vectors.
    members
        One entry a parameter vector of the ensemble.
    failed
        Patients who could not be integrated, of all trials.
    """

    question: Question
    plan: Plan
    replicates: int
    seed: int
    version: str
    parameter_set: str
    wall_s: float
    tested: Tested
    no_effect: Tested
    effect: tuple[float, tuple[float, ...]]
    arms: tuple[float, float]
    plan_behaviour: Characteristics
    null_behaviour: Characteristics
    type_1_error: Rate
    assurance: Rate
    members: tuple[MemberPower, ...]
    rules: tuple[RuleShare, ...]
    failed: int

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a reader has to know about the numbers."""
        return (ONE_VECTOR,) if len(self.members) == 1 else ()

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints: rounded, without NaN."""
        question, plan = self.question, self.plan
        content = {
            "trial": question.protocol.name,
            "seed": self.seed,
            "version": self.version,
            "parameter_set": self.parameter_set,
            "wall_s": self.wall_s,
            "replicates": self.replicates,
            "treatment": question.treatment.name,
            "control": question.control.name,
            "n": list(question.sizes),
            "endpoint": question.endpoint.name,
            "week": question.week,
            "unit": question.unit,
            "boundary": {
                "name": plan.name,
                "alpha": plan.alpha,
                "information": plan.information.tolist(),
                "critical": plan.critical.tolist(),
                "futility": plan.futility.tolist(),
            },
            "arms": list(self.arms),
            "effect": {"mean": self.effect[0], "quantiles": list(self.effect[1])},
            "power": asdict(self.plan_behaviour.rejected),
            "behaviour": asdict(self.plan_behaviour),
            "type_1_error": asdict(self.type_1_error),
            "without_effect": asdict(self.null_behaviour),
            "assurance": asdict(self.assurance),
            "parameter_vectors": [asdict(member) for member in self.members],
            "stopping_rules": [asdict(rule) for rule in self.rules],
            "failed": self.failed,
            "notes": list(self.notes),
        }
        return _plain(content)


def replicate(
    simulator: Simulator,
    question: Question,
    plan: Plan,
    ensemble: Ensemble,
    replicates: int,
    seed: int,
    progress: Progress | None = None,
    carry: Carry = one_by_one,
) -> Replication:
    """Simulate whole trials and tell how the planned comparison fares in them.

    Parameters
    ----------
    simulator
        Its population is the one of which power and type-I error are told.
    ensemble
        Parameter vectors over which as many trials are spread for the assurance.
    seed
        Seed of every random stream. Results do not depend on the number of threads.
    carry
        Who does the batches of replicates; no result depends on it.
    """
    began = time.perf_counter()
    watcher = progress or Silent()
    alone = single(simulator.population)
    outcomes = simulate(simulator, question, alone, replicates, seed, watcher, carry=carry)
    tested = _tested(question, plan, outcomes.treatment, outcomes.control)
    null = _tested(question, plan, outcomes.without_effect, outcomes.control)
    final = tested.effect[:, -1]
    spread = simulate(
        simulator, question, ensemble, replicates, seed, watcher, "assurance", False, carry
    )
    members, assurance = _assurance(question, plan, spread, ensemble)
    return Replication(
        question=question,
        plan=plan,
        replicates=replicates,
        seed=seed,
        version=versions()["ifnfactory"],
        parameter_set=simulator.population.fingerprint,
        wall_s=time.perf_counter() - began,
        tested=tested,
        no_effect=null,
        effect=(
            float(np.nanmean(final)),
            tuple(float(q) for q in np.nanquantile(final, (0.025, 0.25, 0.5, 0.75, 0.975))),
        ),
        arms=(_level(question, outcomes.treatment), _level(question, outcomes.control)),
        plan_behaviour=characteristics(tested.z, plan, question.sizes),
        null_behaviour=characteristics(null.z, plan, question.sizes),
        type_1_error=type_1_error(question, plan, outcomes, seed, watcher),
        assurance=assurance,
        members=members,
        rules=outcomes.rules,
        failed=outcomes.failed + spread.failed,
    )


def _tested(question: Question, plan: Plan, treatment: Floats, control: Floats) -> Tested:
    """Return statistics in favour of the treatment, and effects in the question's unit."""
    kind = question.endpoint.kind
    found = looks_at(kind, treatment, control, plan.information)
    return Tested(question.direction * found.z, _scale(question) * found.effect)


def _scale(question: Question) -> float:
    return 100.0 if question.endpoint.kind == "proportion" else 1.0


def _level(question: Question, outcomes: Floats) -> float:
    return _scale(question) * float(np.nanmean(outcomes))


def _assurance(
    question: Question, plan: Plan, outcomes: Outcomes, ensemble: Ensemble
) -> tuple[tuple[MemberPower, ...], Rate]:
    """Return the power under each vector, and over all of them, which hold their weights."""
    tested = _tested(question, plan, outcomes.treatment, outcomes.control)
    claimed = stops(tested.z, plan).verdict != 0
    found: list[MemberPower] = []
    for index, weight in enumerate(ensemble.weights):
        mine = outcomes.member == index
        n = int(mine.sum())
        power = 100.0 * float(claimed[mine].mean()) if n else math.nan
        effect = float(np.nanmean(tested.effect[mine, -1])) if n else math.nan
        found.append(MemberPower(weight, n, power, effect))
    return tuple(found), rate(claimed)


def type_1_error(
    question: Question, plan: Plan, outcomes: Outcomes, seed: int, progress: Progress
) -> Rate:
    """Return how often trials without effect claim one, with the interval over replicates."""
    generator = stream(seed, "design", "allocation")
    to_the_end = replace(plan, futility=np.full(plan.looks, -np.inf))
    pool = np.concatenate([outcomes.without_effect, outcomes.control], axis=1)
    first = question.sizes[0]
    claimed = np.zeros(len(pool))
    progress.begin("allocating patients of trials without effect", SHUFFLES)
    for _ in range(SHUFFLES):
        mixed = generator.permuted(pool, axis=1)
        found = _tested(question, plan, mixed[:, :first], mixed[:, first:])
        claimed += stops(found.z, to_the_end).verdict != 0
        progress.advance()
    progress.end()
    return clustered_rate(claimed / SHUFFLES)


def _plain(value: Any) -> Any:
    """Return a value fit for JSON: four decimals, NaN and infinity as null."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value
