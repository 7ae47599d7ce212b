"""Published stopping rules, looked at in all patients of an arm at once.

What guidelines, labels and studies say about stopping peginterferon (`rules/documents`) is counted,
not carried out: the share of an arm's patients at whom each rule would fire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.pharmacology.drug import Nucleoside
from ifnfactory.rules.conditions import Comparison, Condition, Joined, Negation
from ifnfactory.rules.document import Rule, all_documents
from ifnfactory.rules.facts import DNA_FLOOR, HBSAG_FLOOR
from ifnfactory.rules.findings import is_peginterferon
from ifnfactory.trial.protocol import Arm
from ifnfactory.trial.result import ArmOutcome

Bools = NDArray[np.bool_]
Values = NDArray[Any]

STOPPING: Final = ("stop", "hold", "consider stopping")
"""What a rule says that ends or interrupts peginterferon."""


@dataclass(frozen=True)
class RuleShare:
    """How often one rule fires.

    Attributes
    ----------
    week
        Week of the rule; None for a rule of any visit on peginterferon.
    patients
        Patients of whom it could be decided.
    fired
        Of these, patients at whom it fires, at one visit or more.
    """

    document: str
    rule: str
    says: str
    criterion: str
    week: float | None
    patients: int
    fired: int

    def plus(self, other: RuleShare) -> RuleShare:
        """Return the counts of two groups of patients together."""
        return replace(
            self, patients=self.patients + other.patients, fired=self.fired + other.fired
        )


def rule_shares(arm: Arm, outcome: ArmOutcome, laboratory: Laboratory) -> tuple[RuleShare, ...]:
    """Return how often every rule fires that visits can decide; none without peginterferon."""
    given = [course for course in arm.regimen.courses if is_peginterferon(course.drug.name)]
    if not given:
        return ()
    start = min(course.start_week for course in given)
    stop = max(course.stop_week for course in given)
    drugs = {course.drug.name for course in given}
    judged = outcome.integrated()
    weeks = judged.panel.week
    shares: list[RuleShare] = []
    for document in all_documents():
        if document.kind == "label" and document.drug not in drugs:
            continue
        for rule in document.rules:
            if rule.topic != "stop" or rule.says not in STOPPING or rule.undecidable:
                continue
            visits = _visits(weeks, rule, start, stop)
            facts = [_facts(arm, judged, v, laboratory) for v in visits]
            if not facts or not rule.condition.facts() <= set(facts[0]):
                continue
            verdicts = [_check(rule.condition, each) for each in facts]
            fired = np.any([holds for holds, _ in verdicts], axis=0)
            known = np.any([sure for _, sure in verdicts], axis=0)
            shares.append(
                RuleShare(
                    document.name,
                    rule.name,
                    rule.says,
                    rule.criterion,
                    rule.week,
                    int(known.sum()),
                    int((fired & known).sum()),
                )
            )
    return tuple(shares)


def _visits(weeks: NDArray[np.float64], rule: Rule, start: float, stop: float) -> list[int]:
    """Return the visits at which a rule is looked at."""
    if rule.week is None:
        return [int(v) for v in np.flatnonzero((weeks > start) & (weeks <= stop))]
    due = start + rule.week
    return [int(v) for v in np.flatnonzero(np.isclose(weeks, due))] if due <= stop else []


def _facts(
    arm: Arm, outcome: ArmOutcome, visit: int, laboratory: Laboratory
) -> Mapping[str, Values]:
    """Return the facts that a visit tells of every patient; NaN where a patient was not seen."""
    panel, patients = outcome.panel, outcome.patients
    n = len(patients)
    nucleoside = any(isinstance(course.drug, Nucleoside) for course in arm.regimen.courses)
    hbsag, dna, alt = (each[:, visit] for each in (panel.hbsag, panel.hbv_dna, panel.alt))
    return {
        "age": patients.age,
        "female": patients.female,
        "genotype": patients.genotype,
        "hbeag_positive": panel.hbeag[:, 0] >= laboratory.hbeag_cutoff,
        "hbsag": hbsag,
        "hbv_dna": dna,
        "hbsag_log10_decline": _decline(panel.hbsag[:, 0], hbsag, HBSAG_FLOOR),
        "hbsag_percent_decline": 100.0 * (1.0 - hbsag / panel.hbsag[:, 0]),
        "hbv_dna_log10_decline": _decline(panel.hbv_dna[:, 0], dna, DNA_FLOOR),
        "neutrophils": panel.anc[:, visit],
        "platelets": panel.platelets[:, visit],
        "alt_lab_xuln": alt / laboratory.alt_uln,
        "on_peginterferon": np.ones(n, dtype=np.bool_),
        "on_nucleoside": np.full(n, nucleoside),
    }


def _decline(start: Values, now: Values, floor: float) -> Values:
    return np.log10(np.maximum(start, floor) / np.maximum(now, floor))


_COMPARISONS: Final[dict[str, Callable[[Values, Any], Bools]]] = {
    "above": lambda value, limit: value > limit,
    "at_least": lambda value, limit: value >= limit,
    "below": lambda value, limit: value < limit,
    "at_most": lambda value, limit: value <= limit,
    "is": lambda value, wanted: value == wanted,
    "in": np.isin,
}
"""The comparisons of `rules.conditions`, for arrays."""


def _check(condition: Condition, facts: Mapping[str, Values]) -> tuple[Bools, Bools]:
    """Return for whom a condition holds, and for whom that is known (three-valued logic)."""
    if isinstance(condition, Comparison):
        value = facts[condition.fact]
        known = ~np.isnan(value) if value.dtype.kind == "f" else np.ones(len(value), np.bool_)
        return _COMPARISONS[condition.operator](value, condition.limit) & known, known
    if isinstance(condition, Negation):
        holds, known = _check(condition.part, facts)
        return ~holds & known, known
    return _joined(condition, facts)


def _joined(condition: Joined, facts: Mapping[str, Values]) -> tuple[Bools, Bools]:
    parts = [_check(part, facts) for part in condition.parts]
    yes = np.stack([holds & known for holds, known in parts])
    no = np.stack([~holds & known for holds, known in parts])
    decided, open_ = (yes, no) if condition.every else (no, yes)
    every: Bools = np.all(decided, axis=0)
    some: Bools = np.any(open_, axis=0)
    return (every if condition.every else some), every | some
