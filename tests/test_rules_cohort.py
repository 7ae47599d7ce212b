"""Rules over many patients say what they say of each; names that select them; actions as data."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from ifnfactory.pharmacology.drug import load_drug
from ifnfactory.rules.action import CAUSES, read_action
from ifnfactory.rules.cohort import CohortFindings, holds
from ifnfactory.rules.conditions import read_condition
from ifnfactory.rules.document import Rule
from ifnfactory.rules.facts import LABELS
from ifnfactory.rules.select import followable, order_faults, select_orders

N = 400
PEG, ETV = load_drug("peg2a"), load_drug("etv")


def findings(n: int = N, seed: int = 1) -> CohortFindings:
    rng = np.random.default_rng(seed)

    def some(values: np.ndarray) -> np.ndarray:
        return np.where(rng.random(n) < 0.1, np.nan, values)

    def yes(share: float) -> np.ndarray:
        return rng.random(n) < share

    return CohortFindings(
        neutrophils=some(rng.choice([0.4, 0.5, 0.6, 0.75, 1.0, 2.0], n)),
        platelets=some(rng.choice([20.0, 25.0, 45.0, 50.0, 79.0, 80.0, 200.0], n)),
        alt_lab_xuln=some(rng.choice([1.0, 5.0, 6.0, 10.0, 12.0], n)),
        hbv_dna=some(10 ** rng.uniform(0, 9, n)),
        hbsag=some(10 ** rng.uniform(0, 5, n)),
        hbv_dna_log10_decline=some(rng.choice([-1.0, 0.5, 2.0, 3.0], n)),
        hbsag_log10_decline=some(rng.choice([-0.1, 0.0, 0.5], n)),
        hbsag_percent_decline=some(rng.choice([-5.0, 10.0, 60.0], n)),
        hbeag_positive=yes(0.5),
        genotype=rng.choice(["A", "B", "C", "D"], n),
        cirrhosis=yes(0.3),
        mild_depression=yes(0.2),
        moderate_depression=yes(0.2),
        severe_depression=yes(0.2),
        uncontrolled_thyroid_disease=yes(0.1),
        symptom_grade=rng.integers(0, 5, n).astype(np.float64),
        creatinine_clearance=rng.uniform(20, 120, n),
        weeks_undetectable=rng.choice([0.0, 52.0, 160.0], n),
        weeks_without_hbeag=rng.choice([0.0, 30.0, 60.0], n),
        hbsag_lost=yes(0.2),
    )


RULES = [(d.name, rule) for d in followable() for rule in d.rules if rule.act]


@pytest.mark.parametrize("rule", [r for _, r in RULES], ids=[f"{d}/{r.name}" for d, r in RULES])
def test_a_rule_says_of_many_what_it_says_of_each(rule: Rule) -> None:
    known = findings()
    columns = {field.name: getattr(known, field.name) for field in fields(known)}
    of_many = holds(rule.condition, known)
    for i in range(N):
        facts: dict[str, object] = dict.fromkeys(LABELS)
        for name, values in columns.items():
            value = values[i].item()
            facts[name] = None if isinstance(value, float) and np.isnan(value) else value
        assert bool(of_many[i]) is (rule.condition.check(facts).holds is True)


def test_what_nobody_knows_never_fires() -> None:
    known = findings()
    unknown = {"fact": "child_pugh", "above": 6}
    assert not holds(read_condition(unknown), known).any()
    assert not holds(read_condition({"not": unknown}), known).any()
    assert holds(read_condition({"all": []}), known).all()


def test_rules_are_selected_by_document_or_one_by_one() -> None:
    whole = select_orders(["peg2a_label"])
    assert {order.document for order in whole} == {"peg2a-label"}
    assert len(whole) == 11
    (one,) = select_orders(["stopping-studies/parc_week_12"])
    assert (one.rule.week, one.action.does, one.action.cause) == (12, "stop", "futility")
    assert select_orders(["peg2a-label", "peg2a_label/renal"]) == whole
    assert whole[0].concerns(PEG)
    assert not whole[0].concerns(ETV)
    assert one.concerns(load_drug("peg2b"))
    (goal, *_) = select_orders(["na_stopping"])
    assert goal.concerns(ETV)
    assert not goal.concerns(PEG)
    # A guideline that only says "hold" or "continue" has nothing that a trial could follow.
    assert all(order.rule.says != "continue" for order in select_orders(["china-2022"]))


def test_names_that_select_nothing_are_met_with_the_nearest() -> None:
    fault = order_faults("peg2a_labl", [PEG])
    assert fault is not None
    assert "did you mean 'peg2a-label'" in fault.fix
    fault = order_faults("peg2a_label/neutrofils", [PEG])
    assert fault is not None
    assert "peg2a-label" in fault.fix
    assert order_faults("peg2a_label", [PEG]) is None
    fault = order_faults("peg2a_label", [ETV])
    assert fault is not None
    assert "not given" in fault.what
    assert order_faults("contraindications-2016", [PEG]) is not None


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"does": "double", "cause": "alt"}, "none of reduce"),
        ({"does": "stop", "cause": "boredom"}, "none of neutropenia"),
        ({"does": "reduce", "cause": "alt"}, "to_ug or share"),
        ({"does": "stop", "cause": "alt", "acted_on": 2, "source": "x", "tag": "D"}, "no share"),
        ({"does": "stop", "cause": "alt", "colour": 1}, "unknown keys colour"),
    ],
)
def test_actions_that_are_none(table: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        read_action(table)


def test_every_action_has_words_and_a_source() -> None:
    for _, rule in RULES:
        assert rule.act.words
        assert rule.act.cause in CAUSES
        assert rule.act.acted_on_source.text
