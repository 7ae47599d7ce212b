"""A whole qualification, with a simulation made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from evidence_cases import TARGET, Runner, run

from ifnfactory.evidence.natural_history import judge_cohort, load_cohorts, load_rates
from ifnfactory.evidence.qualify import qualify
from ifnfactory.evidence.shapes import shape_of
from ifnfactory.evidence.targets import load_targets
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.progress import Silent
from ifnfactory.trial.protocol import load_protocol

THREE = tuple(load_protocol(name) for name in ("janssen2005", "lau2005", "marcellin2004"))


def test_every_target_is_a_row_or_has_a_reason() -> None:
    runner = Runner()
    found = qualify(30, 7, 2, protocols=THREE, with_predictors=False, run=runner)
    assert runner.runs == [
        ("janssen2005", 30, 7, 2),
        ("lau2005", 30, 7, 2),
        ("marcellin2004", 30, 7, 2),
        ("hbeag_positive", 120, 7, 2),
        ("hbeag_negative", 120, 7, 2),
    ]
    rates, left = load_rates()
    ids = [row.target_id for row in found.rows] + [each.target_id for each in found.not_run]
    expected = [target.target_id for target in load_targets()]
    expected += [each.name for each in rates] + [each.target_id for each in left]
    assert sorted(ids) == sorted(expected)
    assert (found.parameter_set, found.version, found.seed) == ("ab12", "0.1.0", 7)
    assert found.predictors is None
    # Rows stand in the order of the evidence base, whatever the order of the runs.
    trials = list(dict.fromkeys(row.trial for row in found.rows))
    assert trials == ["LAU2005", "MARCELLIN2004", "JANSSEN2005", "MOHAREB2024", "YEO2019"]
    assert {"natural_history", "serology", "kinetics"} <= set(found.to_json()["by_class"])
    assert dict(found.status_counts)["completed"] == 30 * 8 + 240


def test_a_protocol_without_targets_is_not_run() -> None:
    runner = Runner()
    found = qualify(10, 1, targets=[TARGET], protocols=THREE, with_predictors=False, run=runner)
    assert [name for name, *_ in runner.runs] == ["lau2005"]
    assert [row.target_id for row in found.rows] == [TARGET.target_id]
    assert found.not_run == ()


def test_a_target_without_a_protocol_is_told() -> None:
    other = replace(TARGET, target_id="x", trial="NONE", parent="NONE")
    found = qualify(
        10, 1, targets=[other, TARGET], protocols=THREE, with_predictors=False, run=Runner()
    )
    assert [(each.target_id, each.why) for each in found.not_run] == [
        ("x", "no built-in protocol for this trial yet")
    ]


def test_nothing_to_compare_is_an_error() -> None:
    other = replace(TARGET, trial="NONE", parent="NONE")
    with pytest.raises(UserInputError, match="no target has a protocol"):
        qualify(10, 1, targets=[other], protocols=THREE, run=Runner())


def test_two_parameter_sets_are_not_mixed() -> None:
    with pytest.raises(UserInputError, match="lau2005 was run with cd34, others with ab12"):
        qualify(10, 1, protocols=THREE, run=Runner(("ab12", "cd34")))


def test_predictors_use_a_trial_of_equal_genotypes() -> None:
    runner = Runner()
    found = qualify(200, 1, protocols=THREE, run=runner)
    assert ("janssen2005", 400, 1, None) in runner.runs
    # Regressions ask for four times the patients.
    assert runner.runs[-1][:2] == ("marcellin2004", 800)
    assert found.predictors is not None
    assert [name for name, _ in found.predictors.order] == ["hbeag_loss", "hbsag_loss"]
    assert len(found.predictors.genotypes) == 8
    assert {row.regression for row in found.predictors.ratios} <= {
        "bonino2007",
        "buster2009",
        "baseline_hbsag",
    }
    assert set(found.to_json()["predictors"]) == {"genotype_order", "genotypes", "odds_ratios"}


def test_predictors_without_their_trials_are_empty() -> None:
    found = qualify(10, 1, targets=[TARGET], protocols=[load_protocol("lau2005")], run=Runner())
    assert found.predictors is not None
    assert found.predictors.genotypes == ()
    assert found.predictors.order == ()


class Watch(Silent):
    def __init__(self) -> None:
        self.labels: list[str] = []
        self.steps = 0

    def begin(self, label: str, total: int) -> None:
        self.labels.append(label)

    def advance(self, n: int = 1) -> None:
        self.steps += n


def test_whoever_watches_hears_of_trials_not_of_their_stages() -> None:
    watch = Watch()
    qualify(10, 1, None, watch, targets=[TARGET], protocols=THREE, run=Runner())
    assert watch.labels == ["lau2005 (1 of 3)", "janssen2005 (2 of 3)", "lau2005 (3 of 3)"]
    assert watch.steps == 10 + 20 + 40


def test_rates_count_first_events_over_years_at_risk() -> None:
    rates, _ = load_rates()
    cohort = load_cohorts()[0]
    result = run(cohort, 4)
    panel = result.arms[0].panel
    panel.hbeag[:] = 100.0
    panel.hbsag[:] = 1000.0
    panel.hbeag[0, 4:] = 0.5  # lost in week 52, stays lost
    panel.hbeag[1, 0] = 0.5  # never at risk
    rows = {row.target_id: row for row in judge_cohort(result, rates)}
    assert set(rows) == {"NH001", "NH007"}
    years = (52 + 2 * 364) * 7 / 365.25
    assert rows["NH001"].simulated == pytest.approx(100 / years)
    assert rows["NH001"].patients == round(years)
    assert rows["NH007"].simulated == 0.0
    assert not rows["NH007"].inside
    assert rows["NH001"].endpoint_class == "natural_history"


def test_the_cohorts_are_untreated_and_nobody_is_lost() -> None:
    for cohort in load_cohorts():
        (arm,) = cohort.arms
        assert arm.regimen.courses == ()
        assert cohort.attendance.lost_per_year == 0.0
        assert cohort.visit_weeks[-1] == 364


def test_the_shape_of_an_arm_is_that_of_whoever_is_seen() -> None:
    result = run(load_protocol("lau2005"), 50)
    outcome = result.arms[0]
    outcome.panel.hbv_dna[:10, -1] = np.nan
    outcome.panel.hbsag[:10, 14:] = np.nan
    shape = shape_of(result, outcome)
    lloq = result.laboratory.dna_lloq
    dna = np.log10(np.maximum(outcome.panel.hbv_dna, lloq))
    change = (dna - dna[:, :1])[10:, -1]
    assert shape.hbv_dna.mean[-1] == pytest.approx(change.mean())
    assert shape.hbv_dna.low[-1] == pytest.approx(np.quantile(change, 0.05))
    assert shape.hbv_dna.mean[0] == 0.0
    assert len(shape.hbsag_waterfall) == 40
    assert (np.diff(shape.hbsag_waterfall) >= 0).all()
    assert shape.interferon
    assert not shape_of(result, result.arms[2]).interferon
