"""Whole trials drawn from the virtual population: patient by patient outcomes of every replicate.

How patients are sampled: replicates are simulated in batches. Each batch draws the patients of its
treatment arms under one seed and those of its control arms under another, both made from the run's
seed, the parameter vector and the number of the batch. A draw never gives a candidate twice, and
different seeds give different candidates, so that no patient is in two arms or two replicates.
Patients come in random order: the first patients of a batch are its first replicate, and so on.

A trial without effect is the same one with the control's regimen in both arms.

A batch depends on nothing but itself: whoever carries out the batches may do several at once, in
any order, or take one from where it was kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.design.ensemble import Ensemble
from ifnfactory.design.question import Question
from ifnfactory.design.stopping import RuleShare, rule_shares
from ifnfactory.foundation.progress import Progress
from ifnfactory.foundation.streams import stream
from ifnfactory.trial.endpoints import evaluate
from ifnfactory.trial.protocol import Arm
from ifnfactory.trial.result import ArmOutcome
from ifnfactory.trial.run import Simulator

Floats = NDArray[np.float64]

PATIENTS_AT_ONCE: Final = 4096
"""Patients of the larger arm in a batch: memory is bounded by it, and not by the replicates."""


@dataclass(frozen=True)
class Outcomes:
    """Outcomes of all replicates: 1 or 0 of a proportion, the change of a mean; NaN: not counted.

    Attributes
    ----------
    treatment, control
        Shape (replicates, patients of the arm).
    without_effect
        Shape (replicates, patients of the treatment arm): the patients of the treatment arm, had
        they been given the control's regimen; NaN where nobody asked.
    member
        Shape (replicates,): the parameter vector behind each replicate.
    rules
        Patients of the treatment arm at whom published stopping rules fire.
    failed
        Patients who could not be integrated, of all arms.
    """

    treatment: Floats
    control: Floats
    without_effect: Floats
    member: NDArray[np.int64]
    rules: tuple[RuleShare, ...]
    failed: int


@dataclass(frozen=True)
class Batch:
    """Replicates that are simulated together, under the parameters of one member of the ensemble.

    Attributes
    ----------
    stage
        What the trials are for; another stage treats other patients.
    number
        Number of the batch of this stage and member.
    replicates
        Which replicates of the whole.
    no_effect
        Whether the patients of the treatment arm are also followed under the control's regimen.
    """

    stage: str
    member: int
    number: int
    replicates: tuple[int, ...]
    no_effect: bool


@dataclass(frozen=True)
class BatchOutcomes:
    """What a batch has found; arrays are those of `Outcomes`, for its replicates alone."""

    treatment: Floats
    control: Floats
    without_effect: Floats
    rules: tuple[RuleShare, ...]
    failed: int


Work = Callable[[Batch], BatchOutcomes]
Carry = Callable[[Work, Iterable[Batch]], Iterable[tuple[Batch, BatchOutcomes]]]
"""Has every batch done by the work, and gives it with what was found, in any order."""


def one_by_one(work: Work, batches: Iterable[Batch]) -> Iterable[tuple[Batch, BatchOutcomes]]:
    """Do batches in this thread, one after the other."""
    return ((batch, work(batch)) for batch in batches)


def simulate(
    simulator: Simulator,
    question: Question,
    ensemble: Ensemble,
    replicates: int,
    seed: int,
    progress: Progress,
    stage: str = "power",
    no_effect: bool = True,
    carry: Carry = one_by_one,
) -> Outcomes:
    """Simulate `replicates` trials; tells `progress` of each.

    Parameters
    ----------
    stage, no_effect
        See `Batch`.
    carry
        Who does the batches.
    """
    n_treatment, n_control = question.sizes
    member = ensemble.members_of(replicates)
    treatment = np.full((replicates, n_treatment), np.nan)
    without = np.full((replicates, n_treatment), np.nan)
    control = np.full((replicates, n_control), np.nan)
    batches = _batches(question, member, stage, no_effect)
    found: dict[Batch, BatchOutcomes] = {}
    progress.begin(f"treating patients of replicated trials: {stage}", replicates)
    for batch, each in carry(lambda batch: _done(simulator, question, ensemble, seed, batch),
                             batches):  # fmt: skip
        rows = np.array(batch.replicates)
        treatment[rows], control[rows] = each.treatment, each.control
        without[rows] = each.without_effect
        found[batch] = each
        progress.advance(len(rows))
    progress.end()
    rules = _joined([found[batch].rules for batch in batches])
    failed = sum(each.failed for each in found.values())
    return Outcomes(treatment, control, without, member, rules, failed)


def _batches(
    question: Question, member: NDArray[np.int64], stage: str, no_effect: bool
) -> list[Batch]:
    """Return the batches of a stage, those of each member of the ensemble together."""
    most = max(1, PATIENTS_AT_ONCE // max(question.sizes))
    found: list[Batch] = []
    for index in sorted(set(member.tolist())):
        mine = np.flatnonzero(member == index).tolist()
        for number, start in enumerate(range(0, len(mine), most)):
            rows = tuple(mine[start : start + most])
            found.append(Batch(stage, index, number, rows, no_effect))
    return found


def _done(
    simulator: Simulator, question: Question, ensemble: Ensemble, seed: int, batch: Batch
) -> BatchOutcomes:
    """Simulate the trials of a batch."""
    n_treatment, n_control = question.sizes
    number = len(batch.replicates)
    drawn = replace(simulator, population=ensemble.populations[batch.member])
    names = (batch.stage, batch.member, batch.number)
    first = (question.treatment, *([question.control] if batch.no_effect else []))
    key = _seed(seed, *names, "treatment")
    treated = _arms(drawn, question, first, number * n_treatment, key)
    key = _seed(seed, *names, "control")
    (alone,) = _arms(drawn, question, (question.control,), number * n_control, key)
    without = np.full((number, n_treatment), np.nan)
    if batch.no_effect:
        without = _judged(question, question.control, treated[1], number)
    return BatchOutcomes(
        treatment=_judged(question, question.treatment, treated[0], number),
        control=_judged(question, question.control, alone, number),
        without_effect=without,
        rules=rule_shares(question.treatment, treated[0], question.protocol.laboratory),
        failed=sum(_failed(arm) for arm in (*treated, alone)),
    )


def _failed(arm: ArmOutcome) -> int:
    return len(arm.patients) - len(arm.integrated().patients)


def _seed(seed: int, *names: str | int) -> int:
    """Return the seed of a draw, a number of 63 bits from the run's seed and the draw's name."""
    return int(stream(seed, "design", *names).integers(2**63))


def _arms(
    simulator: Simulator, question: Question, arms: tuple[Arm, ...], patients: int, seed: int
) -> tuple[ArmOutcome, ...]:
    return simulator.run(replace(question.protocol, arms=arms), patients, seed).arms


def _judged(question: Question, arm: Arm, outcome: ArmOutcome, replicates: int) -> Floats:
    """Return outcomes, shape (replicates, patients), NaN for those who do not count."""
    judged = outcome.integrated()
    context = judged.context(question.protocol.laboratory, arm.regimen.end_of_treatment_week)
    found = evaluate(question.endpoint, judged.panel, question.week, context)
    values = np.full(len(outcome.patients), np.nan)
    rows = np.isin(outcome.patients.patient, judged.patients.patient)
    values[rows] = np.where(found.evaluable, found.values, np.nan)
    return values.reshape(replicates, -1)


def _joined(batches: list[tuple[RuleShare, ...]]) -> tuple[RuleShare, ...]:
    """Return the counts of all batches together."""
    joined: dict[tuple[str, str], RuleShare] = {}
    for share in (each for batch in batches for each in batch):
        key = (share.document, share.rule)
        old = joined.get(key)
        joined[key] = share if old is None else old.plus(share)
    return tuple(joined.values())
