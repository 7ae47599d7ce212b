"""Replicated trials of the real model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ifnfactory.design.boundaries import plan
from ifnfactory.design.ensemble import Ensemble, single
from ifnfactory.design.outcomes import PATIENTS_AT_ONCE, simulate
from ifnfactory.design.question import Asked, Question, choose
from ifnfactory.design.replicate import Replication, replicate, type_1_error
from ifnfactory.design.stopping import rule_shares
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.progress import Silent
from ifnfactory.population.release import changed
from ifnfactory.population.released import shipped_population
from ifnfactory.rules.conditions import read_condition
from ifnfactory.rules.document import all_documents
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.run import Simulator, open_simulator

REPLICATES = 60


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return open_simulator(threads=2)


@pytest.fixture(scope="module")
def question() -> Question:
    asked = Asked(("peg", "lam"), "hbeag_seroconversion", 72.0, (40, 20))
    return choose(load_protocol("lau2005"), asked)


@pytest.fixture(scope="module")
def found(simulator: Simulator, question: Question) -> Replication:
    made = plan("obrien-fleming", np.array([0.5, 1.0]), 0.05)
    return replicate(simulator, question, made, single(shipped_population()), REPLICATES, 1)


@pytest.mark.parametrize(
    ("endpoint", "week"), [("mean_log10_dna_change", 48.0), ("hbv_dna_lt_2000iu", 72.0)]
)
def test_type_1_error_is_nominal(simulator: Simulator, endpoint: str, week: float) -> None:
    # Of 100 trials without effect, each allocated 20 times. The test fails by chance alone when the
    # mean lies more than 4 standard errors from 5 %: once in 16,000 seeds. Discrete outcomes may
    # add or take half a percentage point.
    asked = Asked(("peg", "lam"), endpoint, week, (60, 60))
    question = choose(load_protocol("lau2005"), asked)
    made = plan("spending-pocock", np.array([0.5, 1.0]), 0.05)
    outcomes = simulate(simulator, question, single(shipped_population()), 100, 5, Silent())
    found = type_1_error(question, made, outcomes, 5, Silent())
    error = (found.high - found.value) / 1.96
    assert abs(found.value - 5.0) < 4.0 * error + 0.5
    assert error < 0.6  # precise enough to notice 2 or 8 %


def test_no_patient_is_in_two_arms_or_two_replicates(
    simulator: Simulator, question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    treated: list[np.ndarray] = []
    plain = Simulator.run

    def spy(self: Simulator, protocol, patients: int, seed: int, progress=None):
        result = plain(self, protocol, patients, seed, progress)
        treated.append(result.arms[0].patients.hbv_dna0)
        return result

    monkeypatch.setattr(Simulator, "run", spy)
    # Enough replicates for two batches of each arm.
    short = replace(question, sizes=(PATIENTS_AT_ONCE // 2, 2), week=4.0)
    simulate(simulator, _brief(short), single(shipped_population()), 3, 1, Silent())
    everybody = np.concatenate(treated)
    assert len(treated) == 4
    assert len(everybody) == 3 * (PATIENTS_AT_ONCE // 2 + 2)
    assert len(np.unique(everybody)) == len(everybody)  # a continuous covariate: same → equal


def _brief(question: Question) -> Question:
    """Return the question with two visits, which is quicker."""
    return replace(question, protocol=replace(question.protocol, visit_weeks=(0.0, 4.0)))


def test_more_replicates_do_not_change_the_first_ones(
    simulator: Simulator, question: Question
) -> None:
    brief = _brief(replace(question, week=4.0, sizes=(30, 15)))
    few = simulate(simulator, brief, single(shipped_population()), 3, 7, Silent())
    many = simulate(simulator, brief, single(shipped_population()), 8, 7, Silent())
    assert np.array_equal(few.treatment, many.treatment[:3], equal_nan=True)
    assert np.array_equal(few.control, many.control[:3], equal_nan=True)
    other = simulate(simulator, brief, single(shipped_population()), 3, 8, Silent())
    assert not np.array_equal(few.treatment, other.treatment, equal_nan=True)


def test_the_effect_is_that_of_one_large_trial(
    simulator: Simulator, question: Question, found: Replication
) -> None:
    large = simulator.run(question.protocol, 1500, 99)
    rows = {
        row.arm: row
        for row in large.rows
        if (row.endpoint, row.week) == (question.endpoint.name, question.week)
    }
    for level, size, arm in zip(found.arms, question.sizes, ("peg", "lam"), strict=True):
        value = rows[arm].value
        assert value is not None
        error = (value * (100 - value) * (1 / (REPLICATES * size) + 1 / 1500)) ** 0.5
        assert abs(level - value) < 4 * error


def test_power_and_quantiles_follow_from_the_replicates(found: Replication) -> None:
    final = found.tested.effect[:, -1]
    assert found.effect[0] == pytest.approx(final.mean())
    assert found.effect[1][2] == pytest.approx(np.median(final))
    claimed = np.any(np.abs(found.tested.z) >= found.plan.critical, axis=1)
    assert found.plan_behaviour.rejected.value == pytest.approx(100 * claimed.mean())
    assert found.notes
    assert found.null_behaviour.expected_patients >= found.plan_behaviour.expected_patients - 5


def test_assurance_averages_over_vectors(simulator: Simulator, question: Question) -> None:
    weak = changed(shipped_population(), {"isg_amplitude": 1e-6})
    ensemble = Ensemble((shipped_population(), weak), (0.75, 0.25))
    made = plan("pocock", np.ones(1), 0.05)
    found = replicate(simulator, question, made, ensemble, 24, 1)
    strong, weaker = found.members
    assert (strong.replicates, weaker.replicates) == (18, 6)
    assert found.assurance.value == pytest.approx(0.75 * strong.power + 0.25 * weaker.power)
    assert strong.effect != weaker.effect
    assert not found.notes


def test_json_has_no_nan(found: Replication) -> None:
    content = found.to_json()
    assert content["n"] == [40, 20]
    assert content["boundary"]["futility"] == [None, None]
    assert content["power"]["low"] <= content["power"]["value"] <= content["power"]["high"]


def test_stopping_rules_agree_with_the_clinic_patient_by_patient(simulator: Simulator) -> None:
    # The scalar three-valued logic of `ifn clinic` is the judge of the arrays.
    protocol = load_protocol("lau2005")
    arm = protocol.arm("peg")
    outcome = simulator.run(replace(protocol, arms=(arm,), published=()), 60, 3).arms[0]
    shares = {each.rule: each for each in rule_shares(arm, outcome, protocol.laboratory)}
    panel, visit = outcome.panel, outcome.panel.visit(24)
    document = next(each for each in all_documents() if each.name == "stopping-studies")
    rule = next(each for each in document.rules if each.name == "hansen-week-24")
    fired = known = 0
    for i in range(60):
        now = float(panel.hbv_dna[i, visit])
        decline = np.log10(max(panel.hbv_dna[i, 0], 10.0) / max(now, 10.0))
        facts = {
            "hbeag_positive": bool(panel.hbeag[i, 0] >= 1.0),
            "hbv_dna_log10_decline": None if np.isnan(now) else float(decline),
        }
        holds = rule.condition.check(facts).holds
        fired += bool(holds)
        known += holds is not None
    assert (shares["hansen-week-24"].fired, shares["hansen-week-24"].patients) == (fired, known)
    assert known > 40


def test_no_rule_is_looked_at_without_peginterferon(simulator: Simulator) -> None:
    protocol = load_protocol("lau2005")
    arm = protocol.arm("lam")
    outcome = simulator.run(replace(protocol, arms=(arm,), published=()), 5, 3).arms[0]
    assert rule_shares(arm, outcome, protocol.laboratory) == ()


def test_three_valued_logic_of_arrays() -> None:
    from ifnfactory.design.stopping import _check

    facts = {"hbsag": np.array([1.0, 9.0, np.nan]), "hbeag_positive": np.array([True] * 3)}
    low = {"fact": "hbsag", "below": 5}
    positive = {"fact": "hbeag_positive", "is": True}
    for table, holds, known in (
        ({"all": [low, positive]}, [True, False, False], [True, True, False]),
        ({"any": [low, positive]}, [True, True, True], [True, True, True]),
        ({"not": low}, [False, True, False], [True, True, False]),
        ({"all": [low, {"not": positive}]}, [False, False, False], [True, True, True]),
    ):
        found = _check(read_condition(table), facts)
        assert (found[0].tolist(), found[1].tolist()) == (holds, known)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Asked(arms=("peg", "pog")), ["no arm 'pog'"]),
        (Asked(arms=("peg", "peg")), ["two different arms"]),
        (Asked(arms=("peg",)), ["two different arms"]),
        (Asked(endpoint="hbeag_gone", sizes=(1, 2)), ["unknown endpoint", "2 patients or more"]),
        (Asked(endpoint="relapse", week=71.0), ["no visit in that week"]),
        (Asked(endpoint="functional_cure", week=48.0), ["24 weeks after all therapy"]),
        (Asked(sizes=(1, 2, 3)), ["too many numbers"]),
    ],
)
def test_every_mistake_of_a_question_is_told(asked: Asked, words: list[str]) -> None:
    with pytest.raises(UserInputError) as caught:
        choose(load_protocol("lau2005"), asked)
    assert all(word in str(caught.value) for word in words)


def test_what_is_left_out_comes_from_the_protocol() -> None:
    found = choose(load_protocol("lau2005"), Asked())
    assert (found.treatment.name, found.control.name) == ("peg", "lam")
    assert found.sizes == (271, 272)
    assert found.endpoint.name.startswith("hbeag_")
