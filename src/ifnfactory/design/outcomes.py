"""Whole trials drawn from the virtual population: patient by patient outcomes of every replicate.

How patients are sampled: replicates are simulated in batches. Each batch draws the patients of its
treatment arms under one seed and those of its control arms under another, both made from the run's
seed, the parameter vector and the number of the batch. A draw never gives a candidate twice, and
different seeds give different candidates, so that no patient is in two arms or two replicates.
Patients come in random order: the first patients of a batch are its first replicate, and so on.

A trial without effect is the same one with the control's regimen in both arms.
"""

from __future__ import annotations

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


def simulate(
    simulator: Simulator,
    question: Question,
    ensemble: Ensemble,
    replicates: int,
    seed: int,
    progress: Progress,
    stage: str = "power",
    no_effect: bool = True,
) -> Outcomes:
    """Simulate `replicates` trials; tells `progress` of each.

    Parameters
    ----------
    stage
        What the trials are for; another stage treats other patients.
    no_effect
        Whether the patients of the treatment arm are also followed under the control's regimen.
    """
    n_treatment, n_control = question.sizes
    member = ensemble.members_of(replicates)
    treatment = np.full((replicates, n_treatment), np.nan)
    without = np.full((replicates, n_treatment), np.nan)
    control = np.full((replicates, n_control), np.nan)
    per_batch = max(1, PATIENTS_AT_ONCE // max(question.sizes))
    failed = 0
    rules: list[tuple[RuleShare, ...]] = []
    progress.begin(f"treating patients of replicated trials: {stage}", replicates)
    for index, population in enumerate(ensemble.populations):
        mine = np.flatnonzero(member == index)
        drawn = replace(simulator, population=population)
        for batch, start in enumerate(range(0, len(mine), per_batch)):
            rows = mine[start : start + per_batch]
            names = (stage, index, batch)
            first = (question.treatment, *([question.control] if no_effect else []))
            size, key = len(rows) * n_treatment, _seed(seed, *names, "treatment")
            treated = _arms(drawn, question, first, size, key)
            size, key = len(rows) * n_control, _seed(seed, *names, "control")
            (alone,) = _arms(drawn, question, (question.control,), size, key)
            treatment[rows] = _judged(question, question.treatment, treated[0], len(rows))
            control[rows] = _judged(question, question.control, alone, len(rows))
            if no_effect:
                without[rows] = _judged(question, question.control, treated[1], len(rows))
            rules.append(rule_shares(question.treatment, treated[0], question.protocol.laboratory))
            failed += sum(_failed(arm) for arm in (*treated, alone))
            progress.advance(len(rows))
    progress.end()
    return Outcomes(treatment, control, without, member, _joined(rules), failed)


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
